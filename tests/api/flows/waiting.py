from __future__ import annotations

from typing import Any

from steps import Api, Workflow


class Waiter(Workflow):
    """Ask a person, and wait for the answer as the test says."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        wait = await api.wait_for_event(action=self.answered, **data["wait"])
        if data.get("withdraw"):
            await api.cancel_wait(wait.token)
        if data.get("stay"):
            await api.schedule_next_step(action=self.later, delay="1 day")

    async def answered(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        await api.store.push("events", data["event"])
        return data

    async def later(self, data: Any, headers: dict[str, str], api: Api) -> None:
        api.log("Done")
