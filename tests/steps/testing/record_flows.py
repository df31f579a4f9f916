# Steps as authors write them, with few types.
# pyright: basic

"""Workflows that write and find records in a simulated Notion."""

from __future__ import annotations

from steps import Api, Relation, Workflow


class Books(Workflow):
    """Do with records what the data says."""

    async def start(self, data, headers, api: Api):
        notion = api.notion("my-notion", version=data.get("version"))
        for values in data.get("create", []):
            record = await notion.create_record(data.get("database", "db1"), values)
            api.log("created", created=record.created, id=record.id, url=record.url, **record)
        for page, values in data.get("update", []):
            await notion.update_record(page, values)
        if "link" in data:
            await notion.update_record(data["link"][0], {"Next": Relation(data["link"][1])})
        if "where" in data:
            rows = notion.find_records("db1", data["where"], sorts=data.get("sorts", ()), page_size=2)
            return [record["Name"] async for record in rows]
