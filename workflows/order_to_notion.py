from __future__ import annotations

from steps import Api, Workflow


class OrderToNotion(Workflow):
    """Record each paid order as a page in a Notion database."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(
            delay=10,
            action="create_record",
            payload={"order_id": data["name"], "total": data["total_price"], "currency": data["currency"]},
        )

    async def create_record(self, data, headers, api: Api):
        token = await api.get_oauth_token("my-notion")
        response = await api.fetch(
            "https://api.notion.com/v1/pages",
            method="POST",
            headers={"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"},
            json={
                "parent": {"database_id": api.env["NOTION_DATABASE_ID"]},
                "properties": {
                    "Name": {"title": [{"text": {"content": data["order_id"]}}]},
                    "Total": {"number": float(data["total"])},
                    "Currency": {"rich_text": [{"text": {"content": data["currency"]}}]},
                },
            },
        )
        if not response.ok:
            raise RuntimeError(f"Notion API {response.status}: {response.text}")
        api.log(f"Created page {response.json()['id']}")
