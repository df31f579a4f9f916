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
    """Record every line of an order as a page of its own, all at the same time, then sum up."""

    async def start(self, data: Order, headers, api: Api):
        for line in data.line_items:
            line.title = f"{data.name} · {line.title}"
        await api.store.set("order", data.name)
        await api.fan_out(self.record_line, data.line_items, then=self.summarise)

    async def record_line(self, data: Line, headers, api: Api):
        total = round(data.quantity * data.price, 2)
        page = await api.notion("my-notion").pages.create(
            parent={"database_id": api.env["NOTION_DATABASE_ID"]},
            properties={"Name": {"title": [{"text": {"content": data.title}}]}, "Total": {"number": total}},
        )
        api.log(f"Created page {page['id']}", line=data.title)
        return {"page": page["id"], "total": total}

    async def summarise(self, data, headers, api: Api):
        total = round(sum(line["total"] for line in data), 2)
        api.log(f"Every line of order {await api.store.get('order')} is in Notion", lines=len(data), total=total)
        return {"pages": [line["page"] for line in data], "total": total}

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log.error(f"{len(error.failures)} lines are missing", lines=[failure.message for failure in error.failures])
