# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class CallNow(Workflow):
    """Record an order with Notion's own client, at once."""

    async def start(self, data, headers, api: Api):
        title = [{"text": {"content": data["name"]}}]
        await api.notion("my-notion", version="2022-06-28").pages.create(
            parent={"database_id": api.env["NOTION_DATABASE_ID"]}, properties={"Name": {"title": title}}
        )
