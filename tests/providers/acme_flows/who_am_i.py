from __future__ import annotations

from typing import Any

from steps import Api, Workflow


class WhoAmI(Workflow):
    """Ask the provider's API whose token it is."""

    async def start(self, data: Any, headers: Any, api: Api) -> Any:
        token = await api.get_oauth_token(data["handle"])
        answer = await api.fetch("https://api.acme.test/who", headers={"Authorization": f"Bearer {token}"})
        return {"status": answer.status, "name": answer.json()["name"]}


class AsksNotion(Workflow):
    """Take a connection of another provider for one of Notion's."""

    async def start(self, data: Any, headers: Any, api: Api) -> Any:
        return await api.notion(data["handle"]).users.me()
