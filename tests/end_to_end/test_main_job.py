from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client

from local.order import ORDER, delivery_headers
from tests.conftest import binary, eventually
from tests.end_to_end.conftest import Shop

pytestmark = pytest.mark.server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started(shop: Shop) -> dict[str, Any]:
    """Orders that came in every way there is, at the same time, so that their ten seconds pass together."""
    hook = await shop.hook()
    delivery = {**ORDER, "name": "#2002"}
    client = await Client.connect(shop.stack.addresses.temporal)
    data = {"data": {"name": "#2003", "total_price": "1.00", "currency": "EUR"}}
    await client.start_workflow("OrderToNotion", data, id="order-to-notion/2003", task_queue="steps")
    by_hook = await shop.order("#2001")
    await shop.waits(by_hook, "create_record")
    answers = await asyncio.gather(
        *(shop.visitor.http.post(hook, json=delivery, headers=delivery_headers("delivery-2002")) for _ in range(20))
    )
    process = await asyncio.create_subprocess_exec(
        binary("temporal"), "workflow", "start", "--address", shop.stack.addresses.temporal,
        "--type", "OrderToNotion", "--task-queue", "steps", "--workflow-id", "order-to-notion/2004",
        "--input", json.dumps({"data": {"name": "#2004", "total_price": "1.00", "currency": "EUR"}}),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    runs = [by_hook, "order-to-notion/delivery-2002", "order-to-notion/2003", "order-to-notion/2004"]
    ended = await asyncio.gather(*(shop.until(run_id, "completed") for run_id in runs))
    return {"run": ended[0], "answers": answers, "hook": hook, "delivery": delivery}


async def test_an_order_becomes_a_page_with_the_orders_three_properties(shop: Shop, started: dict[str, Any]):
    (page,) = await shop.pages("#2001")
    assert {name: page["properties"][name] for name in ("Name", "Total", "Currency")} == {
        "Name": "#2001",
        "Total": 128.5,
        "Currency": "EUR",
    }
    assert [line["message"] for line in started["run"]["log"]] == [f"Created page {page['id']}"]
    assert started["run"]["steps_done"] == 2


async def test_the_temporal_ui_shows_the_timer_and_the_calls_with_summaries(shop: Shop, started: dict[str, Any]):
    client = await shop.stack.client()
    handle = client.get_workflow_handle(started["run"]["id"])
    assert handle.id.startswith("order-to-notion/")
    assert await (await handle.describe()).static_summary() == "OrderToNotion, started by its trigger"
    history = json.loads((await handle.fetch_history()).to_json())
    summaries = [_text(event["userMetadata"]["summary"]) for event in history["events"] if "userMetadata" in event]
    assert summaries[1:] == ["create_record", "create_record · POST api.notion.com/v1/pages"]
    # A run that another client started looks up what the API would have given it.
    plain = json.loads((await client.get_workflow_handle("order-to-notion/2003").fetch_history()).to_json())
    summaries = [_text(event["userMetadata"]["summary"]) for event in plain["events"] if "userMetadata" in event]
    assert summaries[:2] == ["variables and connections", "create_record"]


async def test_the_same_delivery_starts_one_run_however_often_it_comes(shop: Shop, started: dict[str, Any]):
    assert sorted(answer.status_code for answer in started["answers"]) == [200] * 19 + [202]
    assert {answer.json()["id"] for answer in started["answers"]} == {"order-to-notion/delivery-2002"}
    late = await shop.visitor.http.post(
        started["hook"], json=started["delivery"], headers=delivery_headers("delivery-2002")
    )
    assert (late.status_code, late.json()["duplicate"]) == (200, True)
    assert len(await shop.pages("#2002")) == 1


@pytest.mark.parametrize("name", ["#2003", "#2004"])
async def test_a_plain_client_and_the_temporal_command_start_runs_by_name(
    shop: Shop, started: dict[str, Any], name: str
):
    assert len(await shop.pages(name)) == 1


async def test_a_query_answers_its_caller_with_the_rows(shop: Shop, started: dict[str, Any]):
    where = {"filter": {"property": "Name", "title": {"equals": "#2001"}}}
    answer = await shop.visitor.http.post(await shop.hook("NotionQuery"), json=where)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    (row,) = answer.json()
    assert [row["id"]] == [page["id"] for page in await shop.pages("#2001")]


async def test_an_operator_tries_a_workflow_out(shop: Shop, started: dict[str, Any]):
    run = await shop.visitor.post("/api/v1/workflows/NotionQuery/test", {"data": {"page_size": 1}})
    assert (run["status"], len(run["result"])) == ("completed", 1)


async def test_every_line_of_an_order_becomes_a_page_at_the_same_time(shop: Shop):
    run_id = await shop.order("#2005", workflow="OrderFanOut")
    run = await shop.until(run_id, "completed")
    assert len(await shop.pages("#2005 · Oak table lamp")) == 1
    assert len(await shop.pages("#2005 · Linen cushion")) == 1
    assert run["log"][-1]["message"] == "Every line of order #2005 is in Notion"
    assert (len(run["result"]["pages"]), run["result"]["total"]) == (2, run["log"][-1]["fields"]["total"])


async def test_a_line_that_notion_refuses_fails_its_branch_alone(shop: Shop):
    lines = [{"title": "fine", "quantity": 1, "price": 2}, {"title": "x" * 2_100, "quantity": 1, "price": 2}]
    run_id = await shop.order("#2006", workflow="OrderFanOut", line_items=lines)
    run = await shop.until(run_id, "failed")
    assert len(await shop.pages("#2006 · fine")) == 1
    (failure,) = run["failures"]
    assert failure["type"] == "notion-error"
    assert "2000" in failure["message"]
    assert run["log"][-1]["message"] == "1 lines are missing"


async def test_data_that_lacks_something_fails_with_its_name(shop: Shop):
    started: Any = await shop.visitor.post("/api/v1/workflows/OrderToNotion/runs", {"data": {"name": "#1"}})
    run = await shop.until(started["id"], "failed")
    failure = run["failures"][0]
    assert (failure["type"], failure["message"]) == ("KeyError", "'total_price'")
    assert failure["where"] == "order_to_notion.py:13"


async def test_data_that_the_workflow_declares_otherwise_starts_nothing(shop: Shop):
    data = {"name": "#1", "line_items": [{"title": "t", "price": 1}]}
    url = f"{shop.stack.addresses.api}/api/v1/workflows/OrderFanOut/runs"
    answer = await shop.visitor.http.post(url, json={"data": data})
    assert (answer.status_code, answer.json()["type"]) == (422, "payload-invalid")
    assert "field `line_items.0.quantity`" in answer.json()["detail"]


async def test_a_cancelled_run_makes_no_page(shop: Shop):
    run_id = await shop.order("#2007")
    await shop.waits(run_id, "create_record")
    assert (await shop.visitor.http.post(f"{shop.stack.addresses.api}/api/v1/runs/{run_id}/cancel")).status_code == 202
    await shop.until(run_id, "cancelled")
    assert await shop.pages("#2007") == []


async def test_a_type_that_no_worker_has_is_a_parked_run_not_a_lost_one(shop: Shop):
    client = await shop.stack.client()
    handle = await client.start_workflow("NoSuchWorkflow", {"data": {}}, id="none/1", task_queue="steps")

    async def reported() -> bool:
        history = json.loads((await handle.fetch_history()).to_json())
        return any(
            "NoSuchWorkflow" in json.dumps(event) and "FAILED" in event["eventType"] for event in history["events"]
        )

    await eventually(reported)
    await handle.terminate()


def _text(payload: dict[str, Any]) -> str:
    return json.loads(base64.b64decode(payload["data"]))
