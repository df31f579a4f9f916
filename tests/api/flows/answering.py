from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from steps import Api, Response, Workflow


class Reply(BaseModel):
    total: float
    name: str


class Answering(Workflow):
    """Answer what the test says."""

    respond = "start"
    respond_within = "20 sec"

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        await api.store.increment("started")
        if data.get("later"):
            await api.schedule_next_step(action=self.later, delay=data["later"])
        match data["kind"]:
            case "value":
                return data["value"]
            case "model":
                return Reply(total=1.5, name="é")
            case "response":
                return Response(**data["response"])
            case "fetched":
                return (await api.fetch("https://example.com/")).text
            case "token":
                return {"nested": [{await api.get_oauth_token("my-notion"): 1}]}
            case "header":
                return Response(status=200, headers={"x-token": await api.get_oauth_token("my-notion")})
            case "hang":
                await api.call("hang")
            case "nothing":
                return None
            case _:
                raise RuntimeError("the stock is empty")

    async def later(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        return "later"


class AnsweringLate(Workflow):
    """Answer when its activity ends, which may be never."""

    respond = "start"
    respond_within = 0.5

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        if data.get("park"):
            return datetime.now().isoformat()
        if data.get("hang"):
            await api.call("hang")
        return "at last"
