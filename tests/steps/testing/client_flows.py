"""A workflow that uses the Notion client, for the tests of the kit."""

from __future__ import annotations

from typing import Any

from steps import Api, Notion, Workflow

TEXT: list[dict[str, Any]] = [{"text": {"content": "#1"}}]


class UsesNotion(Workflow):
    """Do one thing with the client, as `data` says."""

    async def start(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> Any:
        notion = api.notion("my-notion", interactive=data.get("interactive"))
        return await getattr(self, f"_{data['do']}")(notion)

    async def _pages(self, notion: Notion) -> Any:
        page = await notion.pages.create(
            parent={"data_source_id": "db1"},
            properties={"Name": {"title": TEXT}},
            children=[{"paragraph": {"rich_text": TEXT}}],
            key="Name",
        )
        await notion.pages.update(page["id"], properties={"Total": {"number": 2}}, icon=None)
        before = await notion.query("db1").all()
        await notion.pages.trash(page["id"])
        without = await notion.query("db1").all()
        await notion.pages.restore(page["id"])
        after = await notion.data_sources.query("db1").all()
        read = await notion.pages.retrieve(page["id"])
        blocks = [block["type"] async for block in notion.blocks.children(page["id"])]
        return [[len(before), len(without), len(after)], sorted(read["properties"]), blocks]

    async def _search(self, notion: Notion) -> Any:
        return [found["id"] async for found in notion.search("Orders", limit=1)]

    async def _me(self, notion: Notion) -> Any:
        return (await notion.users.me())["object"]

    async def _fetched(self, notion: Notion) -> Any:
        upload = await notion.upload_from(
            "https://shop.example.com/report", "report.pdf", content_type="application/pdf"
        )
        return [upload["status"], upload["filename"]]

    async def _empty(self, notion: Notion) -> Any:
        await notion.upload("a.txt", "")

    async def _too_large(self, notion: Notion) -> Any:
        await notion.upload("a.bin", b"x" * 786_433)

    async def _too_many(self, notion: Notion) -> Any:
        await notion.blocks.append("page-1", children=[{"paragraph": {"rich_text": TEXT}}] * 101)

    async def _unknown(self, notion: Notion) -> Any:
        await notion.request("GET", "/v1/users/me", version="2026-04-01")
