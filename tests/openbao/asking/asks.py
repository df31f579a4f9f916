# Steps as authors write them, with few types.
# pyright: basic

"""A workflow whose second step needs a token."""

from __future__ import annotations

from steps import Api, Workflow


class Asks(Workflow):
    """Wait for a word, then ask Notion by `fetch` and by its client."""

    async def start(self, data, headers, api: Api):
        token = await api.get_oauth_token("my-notion")
        answer = await api.fetch(
            data["url"], headers={"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"}
        )
        me = await api.notion("my-notion").users.me()
        return {"status": answer.status, "same": answer.json()["id"] == me["id"]}
