# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from steps import Api, Shopify, Workflow


class SignedOrder(Workflow):
    """The main job, from a signed delivery: sleep, then record the order as a page."""

    signed = Shopify()

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(delay=data["delay"], action=self.write, payload=data)

    async def write(self, data, headers, api: Api):
        body = {
            "parent": {"database_id": api.env["NOTION_DATABASE_ID"]},
            "properties": {"Name": {"title": [{"text": {"content": data["name"]}}]}},
        }
        if data["plain"]:
            token = await api.get_oauth_token("my-notion")
            response = await api.fetch(
                "https://api.notion.com/v1/pages",
                method="POST",
                headers={"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"},
                json=body,
            )
            if not response.ok:
                raise RuntimeError(f"Notion API {response.status}: {response.text}")
        else:
            await api.notion("my-notion", version="2022-06-28").pages.create(**body)
        api.log("Recorded")
