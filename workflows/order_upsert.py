from __future__ import annotations

from pydantic import BaseModel

from steps import Api, Workflow


class Order(BaseModel):
    """An order, as much of it as this workflow needs."""

    name: str
    total_price: str
    currency: str = "EUR"
    paid: bool = False


class OrderUpsert(Workflow):
    """Keep one record of each order in a Notion database, however often and in whatever order a shop tells of it."""

    async def start(self, data: Order, headers, api: Api):
        record = await api.notion("my-notion").upsert_record(
            api.env["NOTION_DATABASE_ID"],
            {"Name": data.name, "Total": data.total_price, "Currency": data.currency, "Paid": data.paid},
            key="Name",
        )
        api.log(f"{'Created' if record.created else 'Updated'} {record.url}")
        return {"id": record.id, "created": record.created}
