from __future__ import annotations

from pydantic import BaseModel, Field

from steps import Api, Workflow


class Query(BaseModel):
    """What to ask: Notion's own filter and sorts, and how many rows to return at most."""

    filter: dict[str, object] | None = None
    sorts: list[dict[str, object]] | None = None
    limit: int = Field(default=25, ge=1, le=1000)


class NotionQuery(Workflow):
    """Query a Notion database, and answer with the rows that match."""

    respond = "start"

    async def start(self, data: Query | None, headers, api: Api):
        query = data or Query()
        notion = api.notion("my-notion")
        found = notion.query(api.env["NOTION_DATABASE_ID"], filter=query.filter, sorts=query.sorts, limit=query.limit)
        rows = [{"id": row["id"], "url": row["url"], "properties": row["properties"]} async for row in found]
        api.log(f"Found {len(rows)} rows")
        return rows
