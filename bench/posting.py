"""The activity of the hand-written side: the same request by httpx, with the token from the environment."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import httpx
from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError


class NewPage(BaseModel):
    """What the page says of the order."""

    order_id: str
    total: str
    currency: str


@cache
def _client() -> httpx.AsyncClient:
    token = os.environ["NOTION_TOKEN"]
    headers = {"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"}
    return httpx.AsyncClient(base_url=os.environ["NOTION_ORIGIN"], headers=headers, timeout=30, trust_env=False)


@activity.defn
async def post_page(page: NewPage) -> dict[str, Any]:
    """Create the page."""
    response = await _client().post(
        "/v1/pages",
        json={
            "parent": {"database_id": os.environ["NOTION_DATABASE_ID"]},
            "properties": {
                "Name": {"title": [{"text": {"content": page.order_id}}]},
                "Total": {"number": float(page.total)},
                "Currency": {"rich_text": [{"text": {"content": page.currency}}]},
            },
        },
    )
    if not response.is_success:
        raise ApplicationError(f"Notion API {response.status_code}: {response.text}")
    return response.json()
