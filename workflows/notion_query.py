from __future__ import annotations

from pydantic import BaseModel, Field

from steps import Api, Workflow


class Query(BaseModel):
    """What to ask: Notion's own filter and sorts, and how many rows to return at most."""

    filter: dict[str, object] | None = None
    sorts: list[dict[str, object]] | None = None
    page_size: int = Field(default=25, ge=1, le=100)


class NotionQuery(Workflow):
    """Query a Notion database, and answer with the rows that match."""

    respond = "start"

    async def start(self, data: Query | None, headers, api: Api):
        query = data or Query()
        notion = api.notion("my-notion")
        answer = await notion.query(
            api.env["NOTION_DATABASE_ID"], filter=query.filter, sorts=query.sorts, page_size=query.page_size
        )
        rows = [{"id": row["id"], "url": row["url"], "properties": row["properties"]} for row in answer["results"]]
        api.log(f"Found {len(rows)} rows", has_more=answer["has_more"])
        return rows
