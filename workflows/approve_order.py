from __future__ import annotations

from pydantic import BaseModel

from steps import Api, Workflow

FREE_UP_TO = 100


class Order(BaseModel):
    """An order, as much of it as this workflow needs."""

    name: str
    total_price: float


class ApproveOrder(Workflow):
    """Record an order in Notion; above 100, ask a person first."""

    async def start(self, data: Order, headers, api: Api):
        if data.total_price <= FREE_UP_TO:
            return await api.schedule_next_step(action=self.record_order, payload=data)
        question = f"Approve order {data.name} over {data.total_price:.2f}?"
        wait = await api.wait_for_event(
            action=self.answered,
            payload={**data.model_dump(), "question": question},
            timeout="3 days",
            on_timeout=self.decline,
        )
        if chat := api.env.get("APPROVAL_WEBHOOK"):
            text = f"{question} Yes: {wait.resume_url} No: {wait.resume_url}?decision=decline"
            await api.fetch(chat, method="POST", json={"text": text})

    async def answered(self, data, headers, api: Api):
        declined = data["event"].get("decision") == "decline"
        await api.schedule_next_step(action=self.decline if declined else self.record_order, payload=data)

    async def decline(self, data, headers, api: Api):
        api.log(f"Order {data['name']} was not approved")

    async def record_order(self, data: Order, headers, api: Api):
        page = await api.notion("my-notion").pages.create(
            parent={"database_id": api.env["NOTION_DATABASE_ID"]},
            properties={
                "Name": {"title": [{"text": {"content": data.name}}]},
                "Total": {"number": data.total_price},
            },
        )
        api.log(f"Created page {page['id']}")
