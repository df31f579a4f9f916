from __future__ import annotations

from typing import Any

from steps import Api, Retry, Workflow, step


class Branching(Workflow):
    """Make a call in each of many branches; a few fail, and one is tried twice."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        bad = set(data.get("bad", []))
        for number in range(data["branches"]):
            await api.schedule_next_step(action=self.branch, payload={"number": number, "bad": number in bad})
        if data.get("again"):
            await api.schedule_next_step(action=self.again)

    async def branch(self, data: Any, headers: dict[str, str], api: Api) -> None:
        if data["bad"]:
            raise ValueError("<b>a bad branch</b>")
        if data["number"] < 2:
            await api.fetch(f"https://example.com/items/{data['number']}?key=hidden", method="POST", json={"a": 1})

    @step(retry=Retry(attempts=2, backoff=0.01))
    async def again(self, data: Any, headers: dict[str, str], api: Api) -> None:
        await api.call("shout", "loud")
        raise RuntimeError("not yet")
