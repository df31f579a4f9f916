from __future__ import annotations

from pydantic import BaseModel

from steps import Api, RunFailed, Workflow
from steps.errors import Cancelled


class Line(BaseModel):
    """One line of an order."""

    title: str
    quantity: int
    price: float


class OrderFanOut(Workflow):
    """Record every line of an order as a page of its own, all at the same time."""

    async def start(self, data, headers, api: Api):
        for line in data["line_items"]:
            await api.schedule_next_step(
                action=self.record_line,
                payload={"title": f"{data['name']} · {line['title']}", "quantity": line["quantity"], "price": line["price"]},
            )

    async def record_line(self, data: Line, headers, api: Api):
        notion = api.notion("my-notion")
        page = await notion.create_page(
            parent={"database_id": api.env["NOTION_DATABASE_ID"]},
            properties={
                "Name": {"title": [{"text": {"content": data.title}}]},
                "Total": {"number": round(data.quantity * data.price, 2)},
            },
        )
        api.log(f"Created page {page['id']}", line=data.title)

    async def on_workflow_complete(self, api: Api):
        api.log("Every line of the order is in Notion")

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log.error(f"{len(error.failures)} lines are missing", lines=[failure.message for failure in error.failures])
