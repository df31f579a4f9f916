# Steps as authors write them, with few types.
# pyright: basic

"""Workflows that write and find records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from steps import Api, DateRange, File, RecordInvalid, Relation, Workflow

ORDERS = "0a7d5e10-0000-4000-8000-00000000da7a"


class WritesRecords(Workflow):
    """Write a record with values of every kind, change it, find it."""

    async def start(self, data, headers, api: Api):
        notion = api.notion("my-notion", version=data.get("version", "2026-03-11"))
        first = await notion.create_record(
            ORDERS,
            {
                "Name": "é" * 2_500,
                "Total": Decimal("12.50"),
                "Placed": datetime(2026, 11, 22, 10, tzinfo=UTC),
                "Tags": {"b", "a"},
            },
            icon="📦",
        )
        second = await notion.update_record(first.id, {"Placed": DateRange(date(2026, 1, 1), date(2026, 1, 2))})
        found = [row.id async for row in notion.find_records(ORDERS, {"Total": {"greater_than": 12}}, sorts=["Name"])]
        return {"first": first, "second": second, "found": found, "id": second.id, "created": first.created}


class Mismatches(Workflow):
    """Write what does not fit."""

    async def start(self, data, headers, api: Api):
        try:
            await api.notion("my-notion").create_record(ORDERS, data)
        except RecordInvalid as error:
            return {"message": str(error), "problems": error.problems}


class Naive(Workflow):
    """Write what has no JSON form."""

    async def start(self, data, headers, api: Api):
        values = {
            "Placed": datetime(2026, 1, 1),
            "Files": File("https://a.test"),
            "Related": Relation("x"),
            "X": object(),
        }
        await api.notion("my-notion").create_record(ORDERS, values)


class Upserts(Workflow):
    """Write one record, by its key."""

    async def start(self, data, headers, api: Api):
        notion = api.notion("my-notion", version=data.get("version", "2026-03-11"))
        for _ in range(data.get("times", 1)):
            page = await notion.upsert_record(data.get("database", ORDERS), data["values"], key=data.get("key", "Name"))
        return {"id": page.id, "created": page.created}


RECORD_FLOWS: list[type[Workflow]] = [WritesRecords, Mismatches, Naive, Upserts]
