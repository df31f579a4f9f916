"""`OrderToNotion` written by hand in Temporal's Python SDK: a workflow with one activity, which posts the page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from bench.posting import NewPage, post_page

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1), maximum_attempts=5)


@workflow.defn
class HandOrder:
    """Record an order as a page in a Notion database."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> str:
        """Post the page; return its id."""
        page = await workflow.execute_activity(
            post_page,
            NewPage(order_id=order["name"], total=order["total_price"], currency=order["currency"]),
            start_to_close_timeout=timedelta(seconds=45),
            heartbeat_timeout=timedelta(seconds=10),
            retry_policy=_RETRY,
            summary="POST api.notion.com/v1/pages",
        )
        return f"Created page {page['id']}"
