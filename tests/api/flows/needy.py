from __future__ import annotations

from typing import Any

from steps import Api, Workflow


class Needy(Workflow):
    """Need a connection and a variable, and do without another."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        await api.fan_out(self.load, data["pages"], then=self.report)

    async def load(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        return await api.notion("my-notion").query(api.env["REGION"])

    async def report(self, data: Any, headers: dict[str, str], api: Api) -> None:
        if chat := api.env.get("CHAT"):
            await api.fetch(chat, method="POST", json=data)
