"""The page of all runs: its filters, its pages and what it says when there is nothing."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client

from api.starting import start_run
from steps.branch import Trigger
from steps.handles import handles_of
from tests.api.browsing import sign_in
from tests.api.conftest import FLOWS, QUEUE, Place, discover_once
from tests.api.runs import start
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMES = {"Echo": "completed", "Failing": "failed", "LongWait": "running"}
HOSTILE = ["x' OR '1'='1", "\\", "\\'", "'", "a\\' OR 1=1 --", "%", "_", "!", '"', "`Trigger`", "😀", "</option><b>"]
WRONG = [
    "text=%00", "workflow=a%0A", "connection=%7F", f"text={'x' * 201}", "status=odd", "within=year", "from=0",
    "from=0001-01-01", "to=tomorrow", "cursor=made-up",
]  # fmt: skip


async def listed(visitor: httpx.AsyncClient, **filters: str) -> list[str]:
    """Return the ids that the page shows."""
    answer = await visitor.get("/runs", params=filters)
    assert answer.status_code == 200, answer.text
    return [unescape(found) for found in re.findall(r'<td><a id="run:([^"]*)"', answer.text)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def started(worker: Client) -> dict[str, str]:
    """One run that completed, one that failed and one that waits, all in Temporal's lists."""
    mark = uuid4().hex[:10]
    found = discover_once(FLOWS).workflows
    runs = {
        name: await start_run(worker, QUEUE, name, found[name], Trigger(), key=f"{mark}-{name}", origin="api")
        for name in NAMES
    }

    async def all_listed() -> bool:
        seen = worker.list_workflows(" OR ".join(f"WorkflowId = '{run.id}'" for run in runs.values()))
        statuses = {one.workflow_type: one.status.name.lower() async for one in seen if one.status}
        return statuses == NAMES

    await eventually(all_listed)
    return {**{name: run.id for name, run in runs.items()}, "mark": mark}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"workflow": "Echo"}, {"Echo"}),
        ({"status": "failed"}, {"Failing"}),
        ({"status": "running"}, {"LongWait"}),
        ({"workflow": "Echo", "status": "failed"}, set[str]()),
        (dict.fromkeys(("workflow", "status", "connection", "within", "from", "to"), ""), set(NAMES)),
        ({"within": "hour"}, set(NAMES)),
        ({"from": "2999-01-01T00:00"}, set[str]()),
        ({"to": "2001-01-01T00:00"}, set[str]()),
        ({"from": "2001-01-01T00:00", "to": "2999-01-01T00:00:00+02:00"}, set(NAMES)),
        ({"connection": "nobodys"}, set[str]()),
    ],
)  # fmt: skip
async def test_each_filter_leaves_what_fits_it(
    running: Place, started: dict[str, str], filters: dict[str, str], found: set[str]
) -> None:
    async with running.signed_in() as visitor:
        ids = set(await listed(visitor, text=started["mark"], **filters))
    assert ids == {started[name] for name in found}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("echo/{mark}", {"Echo"}),  # the beginning of an id
        ("{mark}", set(NAMES)),  # the beginning of a key
        ("{mark}-Fa", {"Failing"}),
        (" {mark}-Fa ", {"Failing"}),  # as it was pasted
        ("ongwai", {"LongWait"}),  # a part of a workflow's name
    ],
)
async def test_a_text_finds_ids_keys_and_workflows(
    running: Place, started: dict[str, str], text: str, found: set[str]
) -> None:
    async with running.signed_in() as visitor:
        ids = set(await listed(visitor, text=text.format(mark=started["mark"])))
    assert {started[name] for name in found} <= ids
    assert not {started[name] for name in set(NAMES) - found} & ids


@pytest.mark.parametrize("field", ["text", "workflow", "connection"])
async def test_a_hostile_text_is_a_text(running: Place, started: dict[str, str], field: str) -> None:
    assert started
    async with running.signed_in() as visitor:
        for hostile in HOSTILE:
            answer = await visitor.get("/runs", params={field: hostile})
            assert answer.status_code == 200, hostile
            assert "<td><a" not in answer.text, hostile
            assert "No run fits these filters" in answer.text, hostile
            assert "</option><b>" not in answer.text, hostile


async def test_a_filter_that_is_none_is_refused(running: Place) -> None:
    async with running.signed_in() as visitor:
        for query in WRONG:
            answer = await visitor.get(f"/runs?{query}")
            assert answer.status_code == (400 if "cursor" in query else 422), query
            assert "text/html" in answer.headers["content-type"], query


async def test_a_run_is_found_by_a_connection_that_its_workflow_names_or_it_has_used(running: Place) -> None:
    uses = next(
        (name, handle)
        for name, cls in running.app.state.services.workflows.workflows.items()
        for handle in handles_of(cls)
    )
    run_id = await start(running, uses[0])

    async with running.signed_in() as visitor:

        async def there() -> bool:
            return run_id in await listed(visitor, connection=uses[1])

        await eventually(there)
        page = (await visitor.get("/runs", params={"connection": uses[1]})).text
    assert f'<option value="{uses[1]}" selected>' in page  # though nobody has connected it
    async with running.program() as caller:
        await caller.post(f"/api/v1/runs/{run_id}/cancel")


async def test_the_page_keeps_what_was_chosen_and_leads_on_with_it(
    running: Place, started: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.run_list.PAGE", 1)
    filters = {"text": started["mark"], "from": "2001-01-01T00:00"}
    seen: list[str] = []
    async with running.signed_in() as visitor:
        address: str | None = str(httpx.URL("/runs", params=filters))
        while address:
            page = (await visitor.get(address)).text
            assert f'value="{started["mark"]}"' in page
            assert 'value="2001-01-01T00:00"' in page
            assert ("sse-connect" in page) is (not seen)  # only the first page is live
            assert ("Newest</a>" in page) is bool(seen)
            seen += re.findall(r'<td><a id="run:([^"]*)"', page)
            older = re.search(r'href="([^"]*)">Older', page)
            address = unescape(older[1]) if older else None
        first = (await visitor.get("/runs", params={"text": started["mark"]})).text
        cursor = re.search(r"cursor=([^\"&]*)", first)
        assert cursor
        other = await visitor.get(f"/runs?status=failed&cursor={cursor[1]}")
    assert sorted(seen) == sorted(started[name] for name in ("Echo", "Failing", "LongWait"))
    assert other.status_code == 400


async def test_the_table_says_what_a_run_is(running: Place, started: dict[str, str]) -> None:
    async with running.signed_in() as visitor:
        page = (await visitor.get("/runs", params={"text": started["mark"]})).text
        scripted = await visitor.get("/runs?status=&text=abc&from=", headers={"HX-Request": "true"})
    rows = {name: page[page.index(f"run:{started[name]}") :].partition("</tr>")[0] for name in ("Failing", "LongWait")}
    assert '<td data-name="Trigger">API</td>' in rows["Failing"]
    assert '<span class="state failed">failed</span>' in rows["Failing"]
    assert re.search(r'<time datetime="[^"]*" title="[^"]* UTC" data-relative>just now</time>', rows["Failing"])
    assert re.search(r'data-name="Duration">[\d.]+ m?s<', rows["Failing"])
    assert "not ended" in rows["LongWait"]
    assert '<tr class="bad">' in page
    assert scripted.headers["hx-push-url"] == "/runs?text=abc"


async def test_nothing_at_all_teaches_and_nothing_for_the_filters_offers_to_clear_them(
    running: Place, make_place: Any
) -> None:
    empty = make_place(
        running.settings.model_copy(update={"task_queue": f"nobody-{uuid4()}"}),
        await running.app.state.services.temporal(),
    )
    async with empty.browser() as visitor:
        await sign_in(visitor, empty.key)
        nothing = (await visitor.get("/runs")).text
        filtered = (await visitor.get("/runs?status=failed")).text
    assert "No run yet" in nothing
    assert 'href="/workflows">Choose a workflow' in nothing
    assert "Clear the filters" in filtered


async def test_the_filters_of_the_page_are_those_of_the_json_api(running: Place, started: dict[str, str]) -> None:
    async with running.program() as caller:
        for query, found in [
            ({"text": started["mark"], "status": "failed"}, "Failing"),
            ({"text": started["mark"], "workflow": "Echo", "from": "2001-01-01"}, "Echo"),
        ]:
            (run,) = (await caller.get("/api/v1/runs", params=query)).json()["runs"]
            assert (run["id"], run["trigger"]) == (started[found], "api")
        none = await caller.get("/api/v1/runs", params={"text": started["mark"], "connection": "nobodys"})
        assert none.json()["runs"] == []
        for wrong in ("from=0", "text=%00", "connection=%00", "status="):
            answer = await caller.get(f"/api/v1/runs?{wrong}")
            assert (answer.status_code, answer.json()["type"]) == (422, "request-invalid")
