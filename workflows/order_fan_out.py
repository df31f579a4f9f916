from __future__ import annotations

from pydantic import BaseModel, Field

from steps import Api, Cancelled, RunFailed, Workflow


class Line(BaseModel):
    """One line of an order."""

    title: str
    quantity: int = Field(ge=1)
    price: float


class Order(BaseModel):
    """An order, as much of it as this workflow needs."""

    name: str
    line_items: list[Line]


class OrderFanOut(Workflow):
    """Record every line of an order as a page of its own, all at the same time."""

    async def start(self, data: Order, headers, api: Api):
        for line in data.line_items:
            line.title = f"{data.name} · {line.title}"
            await api.schedule_next_step(action=self.record_line, payload=line)

    async def record_line(self, data: Line, headers, api: Api):
        page = await api.notion("my-notion").create_page(
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
