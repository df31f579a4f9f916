# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from typing import Any

from steps import Api, NotionError, Workflow
from steps.notion.shapes import content_of


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": {"content": text}}]


def _row(data: Any, name: str, total: float = 1) -> dict[str, Any]:
    return {
        "parent": {"database_id": data["database"]},
        "properties": {"Name": {"title": _text(name)}, "Total": {"number": total}},
    }


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "paragraph": {"rich_text": _text(text)}}


class Tour(Workflow):
    """Do one thing with the client: `data` says what, with which connection, and in which version."""

    async def start(self, data, headers, api: Api):
        notion = api.notion(data["handle"], version=data.get("version"))
        return await getattr(self, f"_{data['do']}")(notion, data)

    async def _pages(self, notion, data):
        page = await notion.pages.create(**_row(data, "#1"), children=[_paragraph("one")])
        await notion.pages.update(page["id"], properties={"Total": {"number": 2}}, icon={"emoji": "🎁"})
        await notion.pages.update(page["id"], icon=None)
        read = await notion.pages.retrieve(page["id"].replace("-", ""))
        total = await notion.pages.property(page["id"], read["properties"]["Total"]["id"]).all()
        title = await notion.pages.property(page["id"], "title").all()
        trashed = await notion.pages.trash(f"https://www.notion.so/Some-title-{page['id'].replace('-', '')}?pvs=4")
        restored = await notion.pages.restore(page["id"])
        moved = await notion.pages.move(page["id"], parent={"page_id": data["page"]})
        back = await notion.pages.move(page["id"], parent={"database_id": data["database"]})
        return {
            "icon": read["icon"],
            "total": total[0]["number"],
            "title": [item["title"]["plain_text"] for item in title],
            "trashed": [bool(each.get("in_trash") or each.get("archived")) for each in (trashed, restored)],
            "moved": [moved["parent"]["type"], back["parent"].get("data_source_id", back["parent"].get("database_id"))],
        }

    async def _rows(self, notion, data):
        for number in range(5):
            await notion.pages.create(**_row(data, f"#{number}", number), key="Name")
        sorts = [{"property": "Total", "direction": "ascending"}]
        some = {"property": "Total", "number": {"less_than": 4}}

        async def totals(**asked):
            return [row["properties"]["Total"]["number"] async for row in notion.query(data["database"], **asked)]

        first = await notion.query(data["database"], sorts=sorts, page_size=2)
        then = await notion.query(data["database"], sorts=sorts, page_size=2, start_cursor=first["next_cursor"])
        return {
            "all": await totals(sorts=sorts, page_size=2),
            "some": await totals(sorts=sorts, filter=some),
            "limited": await totals(sorts=sorts, limit=3, page_size=2),
            "first": [len(first["results"]), first["has_more"], len(then["results"])],
            "pages": [len(p["results"]) async for p in notion.query(data["database"], page_size=3).pages()],
        }

    async def _schemas(self, notion, data):
        made = await notion.databases.create(
            parent={"type": "page_id", "page_id": data["page"]},
            title=_text("Lines"),
            properties={
                "Name": {"title": {}},
                "Order": {"relation": {"database_id": data["database"], "single_property": {}}},
            },
        )
        schema = await notion.data_sources.retrieve(made["id"])
        changed = await notion.data_sources.update(made["id"], properties={"Count": {"number": {}}, "Order": None})
        renamed = await notion.databases.update(made["id"], title=_text("Rows"))
        gone = await notion.databases.update(made["id"], in_trash=True)
        return {
            "before": sorted(schema["properties"]),
            "after": sorted(changed["properties"]),
            "title": renamed["title"][0]["plain_text"],
            "gone": bool(gone.get("in_trash") or gone.get("archived")),
        }

    async def _blocks(self, notion, data):
        added = await notion.blocks.append(data["page"], children=[_paragraph("one"), _paragraph("three")])
        first = added["results"][0]["id"]
        await notion.blocks.append(data["page"], children=[_paragraph("two")], after=first)
        await notion.blocks.append(data["page"], children=[_paragraph("four")], position={"type": "end"})
        await notion.blocks.update(first, paragraph={"rich_text": _text("1")})
        await notion.blocks.delete(added["results"][1]["id"])
        texts = []
        async for block in notion.blocks.children(data["page"], page_size=2):
            if block["type"] == "paragraph":
                texts.append(content_of(block)["rich_text"][0]["plain_text"])
        return [texts, (await notion.blocks.retrieve(first))["type"]]

    async def _comments(self, notion, data):
        first = await notion.comments.create(parent={"page_id": data["page"]}, rich_text=_text("Well?"))
        answer = await notion.comments.create(
            discussion_id=first["discussion_id"], page=data["page"], rich_text=_text("Well.")
        )
        said = [comment["rich_text"][0]["plain_text"] async for comment in notion.comments.list(data["page"])]
        return [said, (await notion.comments.retrieve(answer["id"]))["id"] == answer["id"]]

    async def _users(self, notion, data):
        me = await notion.users.me()
        everybody = await notion.users.list().all()
        return [
            me["type"],
            me["id"] in [user["id"] for user in everybody],
            (await notion.users.retrieve(me["id"]))["id"] == me["id"],
        ]

    async def _search(self, notion, data):
        found = await notion.search("Orders", filter={"property": "object", "value": "data_source"}).all()
        return [each["object"] for each in found]

    async def _uploads(self, notion, data):
        sent = await notion.upload("a.txt", "äöü")
        listed = [upload["id"] async for upload in notion.file_uploads.list(status="uploaded")]
        return [sent["status"], sent["content_type"], sent["content_length"], listed == [sent["id"]]]

    async def _largest(self, notion, data):
        sent = await notion.upload("all.bin", bytes(range(256)) * 3072, content_type="application/octet-stream")
        return [sent["status"], sent["content_length"]]

    async def _cut(self, notion, data):
        totals = []
        try:
            async for row in notion.query(data["database"], page_size=2, limit=data.get("limit")):
                totals.append(row["id"])
        except NotionError as error:
            return [len(totals), error.code, error.advice]
        return [len(totals), None, None]

    async def _query(self, notion, data):
        return len(await notion.query(data["id"]).all())

    async def _create(self, notion, data):
        return (await notion.pages.create(parent=data["parent"], properties={"Name": {"title": _text("#1")}}))["id"]
