# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class AskNow(Workflow):
    """Answer what the database is called, while somebody waits."""

    respond = "start"

    async def start(self, data, headers, api: Api):
        database = await api.notion("my-notion").databases.retrieve(api.env["NOTION_DATABASE_ID"])
        return {"title": database["title"][0]["plain_text"]}
