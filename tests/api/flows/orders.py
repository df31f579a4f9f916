from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from steps import Api, Workflow


class Order(BaseModel):
    name: str
    total: float


class Echo(Workflow):
    """Give back what it was started with."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        api.log("Started <b>now</b>", source=headers.get("x-source"))
        return {"data": data, "headers": headers}


class LongWait(Workflow):
    """Wait for a day."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        api.log("Waiting")
        await api.schedule_next_step(action=self.later, delay="1 day")

    async def later(self, data: Any, headers: dict[str, str], api: Api) -> None:
        api.log("Done")


class Failing(Workflow):
    """Fail."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        api.log("About to fail")
        raise RuntimeError("the stock is empty <script>")


class TypedOrder(Workflow):
    """Take an order and nothing else."""

    async def start(self, data: Order, headers: dict[str, str], api: Api) -> str:
        return data.name
