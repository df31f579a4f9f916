# Steps as authors write them, with few types.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class Fetches(Workflow):
    async def start(self, data, headers, api: Api):
        token = await api.get_oauth_token("my-notion")
        return (await api.fetch(data, headers={"Authorization": f"Bearer {token}"}, retry=1)).status


class Calls(Workflow):
    async def start(self, data, headers, api: Api):
        return await api.notion(data["handle"]).request("GET", f"/v1/pages/{data['page']}")


class Prefers(Workflow):
    """Make a call as urgent as its data says."""

    async def start(self, data, headers, api: Api):
        return await api.notion("my-notion", interactive=data["interactive"]).users.me()


class AskedPrefers(Prefers):
    respond = "start"


class AskedCalls(Workflow):
    respond = "start"

    async def start(self, data, headers, api: Api):
        return await api.notion(data["handle"]).request("GET", f"/v1/pages/{data['page']}")


PACE_FLOWS: list[type[Workflow]] = [Fetches, Calls, AskedCalls, Prefers, AskedPrefers]
