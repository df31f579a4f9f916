# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class OrderPage(Workflow):
    """Make a page, by the client or by a plain fetch, and write one paragraph under it."""

    async def start(self, data, headers, api: Api):
        body = {
            "parent": {"database_id": data["database"]},
            "properties": {"Name": {"title": [{"text": {"content": data["name"]}}]}},
        }
        if data["plain"]:
            token = await api.get_oauth_token(data["handle"])
            response = await api.fetch(
                "https://api.notion.com/v1/pages",
                method="POST",
                headers={"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"},
                json=body,
            )
            if not response.ok:
                raise RuntimeError(f"Notion API {response.status}: {response.text}")
            page = response.json()
        else:
            page = await api.notion(data["handle"], version="2022-06-28").pages.create(**body)
        if data["paragraph"]:
            await api.schedule_next_step(action=self.describe, payload={**data, "page": page["id"]})
        return page["id"]

    async def describe(self, data, headers, api: Api):
        text = {"rich_text": [{"text": {"content": f"The order {data['name']}"}}]}
        await api.notion(data["handle"], version="2022-06-28").request(
            "PATCH", f"/v1/blocks/{data['page']}/children", body={"children": [{"paragraph": text}]}
        )
        return data["page"]
