# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class PostSoon(Workflow):
    """Write a page three seconds after the order: time to kill the worker that has it."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(delay=3, action="create_record", payload={"name": data["name"]})

    async def create_record(self, data, headers, api: Api):
        token = await api.get_oauth_token("my-notion")
        response = await api.fetch(
            "https://api.notion.com/v1/pages",
            method="POST",
            headers={"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"},
            json={
                "parent": {"database_id": api.env["NOTION_DATABASE_ID"]},
                "properties": {"Name": {"title": [{"text": {"content": data["name"]}}]}},
            },
        )
        if not response.ok:
            raise RuntimeError(f"Notion answered {response.status}")
