from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from local.demo import HANDLE
from local.notion import ORDERS_DATA_SOURCE_ID
from tests.conftest import eventually
from tests.end_to_end.conftest import Shop
from tests.end_to_end.events import shown_token
from tests.end_to_end.row_changed import RowChanged
from tests.end_to_end.test_commands import command
from vault.opening import open_vault

pytestmark = pytest.mark.server


async def change(shop: Shop, page_id: str, total: int) -> None:
    """Change a row as a program with the connection's token does."""
    settings = shop.stack.settings
    vault = await open_vault(settings.vault_url, settings.master_key_text, settings.master_key_path)
    token = (await vault.connections.open(HANDLE)).tokens.access.reveal()
    await vault.close()
    headers = {"Authorization": f"Bearer {token}", "Notion-Version": "2026-03-11"}
    body = {"properties": {"Total": {"number": total}}}
    answer = await shop.notion.patch(f"/v1/pages/{page_id}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def test_each_event_of_notion_starts_one_run_however_often_and_in_whatever_order_it_comes(shop: Shop):
    assert RowChanged.on
    assert RowChanged.on.data_source == ORDERS_DATA_SOURCE_ID.replace("-", "")
    address = (await shop.visitor.get("/api/v1/webhooks/notion"))["address"]
    made = (await shop.notion.post("/_local/webhooks", json={"url": address})).json()
    assert made["status"] == 200
    # As the operator does, who pastes it into Notion's page.
    assert await shown_token(shop) == made["verification_token"]
    try:
        delivery = {"repeat": True, "shuffle": True}
        assert (await shop.notion.put("/_local/webhooks", json=delivery)).status_code == 200
        before = {page["id"] for page in (await shop.notion.get("/_local/pages")).json()}
        assert (await shop.notion.post("/_local/pages/3")).status_code == 200
        added = [page["id"] for page in (await shop.notion.get("/_local/pages")).json() if page["id"] not in before]
        for number, page_id in enumerate(added):
            await change(shop, page_id, 100 + number)

        async def delivered() -> list[dict[str, Any]]:
            found = (await shop.notion.get("/_local/webhooks")).json()
            assert {one["status"] for one in found} == {200}
            times = Counter(one["event"]["id"] for one in found)
            assert len(times) == 6
            assert set(times.values()) == {2}
            return [one["event"] for one in found]

        events = await eventually(delivered)
    finally:
        await shop.notion.delete("/_local/webhooks")
    assert Counter(event["type"] for event in events) == {"page.created": 6, "page.properties_updated": 6}
    for event in events:
        run = await shop.until(f"row-changed/notion-{event['id']}-{HANDLE}", "completed")
        assert (run["result"], run["trigger"]) == (event["entity"]["id"], "notion")
    client = await shop.stack.client()

    async def all_started() -> bool:
        return await _count(client) == 6

    await eventually(all_started)
    assert "verified" in await command(shop, "webhooks", "notion")


async def _count(client: Any) -> int:
    return (await client.count_workflows("WorkflowType = 'RowChanged'")).count
