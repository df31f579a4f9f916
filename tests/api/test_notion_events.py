"""What an event in Notion starts, and through which connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.client import Client

from settings import Settings
from steps.discovery import LoadProblem
from temporal import attributes_known, plugin
from tests.api.conftest import Place
from tests.api.flows.events import ORDERS
from tests.api.notion_sender import WORKSPACE, bot, connect, event, send, set_up
from tests.api.runs import finished
from tests.conftest import eventually
from vault import ConnectionStatus

pytestmark = pytest.mark.asyncio(loop_scope="session")


def ids(one: dict[str, Any], *handles: str, workflow: str = "page-changed") -> list[str]:
    return [f"{workflow}/notion-{one['id']}-{handle}" for handle in handles]


async def test_a_run_gets_the_event_as_it_came_and_the_connection(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)], workspace_name="Bäckerei 🥐")
    answer = await send(running, sent)
    (run_id,) = ids(sent, "first")
    assert answer.json() == {"started": [run_id], "earlier": [], "verification": None}
    run = await finished(running, run_id)
    assert run["result"]["data"] == sent
    assert run["result"]["headers"] == {"connection": "first", "notion-event": "page.properties_updated"}
    assert run["trigger"] == "notion"


async def test_a_run_is_found_by_its_trigger_and_its_connection(
    make_place: Callable[..., Place], settings: Settings, worker: Client
) -> None:
    async def knowing() -> Client:
        """Return a client whose server knows the attributes; each is told of it once in a while."""
        client = await Client.connect(worker.service_client.config.target_host, plugins=[plugin()])
        assert await attributes_known(client)
        return client

    client = await eventually(knowing)
    place = make_place(settings, client)
    await connect(place, "first", 1)
    await set_up(place)
    sent = event(bots=[bot(1)])
    assert (await send(place, sent)).status_code == 200
    (run_id,) = ids(sent, "first")

    async def found() -> list[str]:
        wanted = f"`Trigger` = 'notion' AND Connection = 'first' AND WorkflowId = '{run_id}'"
        return [one.id async for one in client.list_workflows(wanted)]

    assert await eventually(found) == [run_id]


@pytest.mark.parametrize(
    ("parts", "handles"),
    [
        ({"bots": [bot(1)]}, ["first"]),
        ({"bots": [bot(1).replace("-", "")]}, ["first"]),
        ({"bots": [bot(2), bot(1), bot(9)]}, ["first", "second"]),
        ({"bots": [bot(9)]}, []),
        ({"bots": []}, []),
        ({"accessible_by": [None, "x", {"id": 5}, {"id": bot(1), "type": "bot"}]}, ["first"]),
        ({"accessible_by": [{"id": "c7c11cca-1d73-471d-9b6e-bdef51470190", "type": "person"}]}, []),
        ({}, ["first", "second"]),
        ({"accessible_by": None}, ["first", "second"]),
        ({"workspace_id": WORKSPACE.replace("-", "")}, ["first", "second"]),
        ({"workspace_id": bot(7)}, ["elsewhere"]),
        ({"workspace_id": bot(8)}, []),
        ({"workspace_id": None}, []),
        ({"workspace_id": ["x"]}, []),
    ],
)
async def test_an_event_goes_to_the_connections_that_it_is_for(
    running: Place, parts: dict[str, Any], handles: list[str]
) -> None:
    for number, handle in enumerate(("first", "second"), 1):
        await connect(running, handle, number)
    await connect(running, "elsewhere", 3, bot(7))
    await connect(running, "withdrawn", 4)
    await running.vault.connections.mark("withdrawn", ConnectionStatus.REVOKED)
    await set_up(running)
    sent = event(**parts)
    answer = await send(running, sent)
    assert (answer.status_code, answer.json()["started"]) == (200, ids(sent, *handles))


@pytest.mark.parametrize(
    ("kind", "place_of_page", "workflows"),
    [
        ("page.locked", {"data_source_id": ORDERS}, ["order-moved", "page-changed"]),
        ("page.locked", {"id": ORDERS.replace("-", "")}, ["order-moved", "page-changed"]),
        ("page.locked", {"id": bot(5)}, ["page-changed"]),
        ("page.moved", {"data_source_id": ORDERS}, ["order-moved"]),
        ("page.deleted", {"data_source_id": ORDERS}, []),
        ("something.new", {}, []),
    ],
)
async def test_an_event_starts_each_workflow_that_wants_it(
    running: Place, kind: str, place_of_page: dict[str, str], workflows: list[str]
) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(kind, bots=[bot(1)], data={"parent": place_of_page})
    answer = await send(running, sent)
    wanted = [run for workflow in workflows for run in ids(sent, "first", workflow=workflow)]
    assert (answer.status_code, answer.json()["started"]) == (200, wanted)


async def test_an_event_that_comes_again_starts_nothing(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)])
    assert (await send(running, sent)).json()["started"] == ids(sent, "first")
    await connect(running, "second", 2)
    for attempt in range(2, 9):
        again = await send(running, sent | {"attempt_number": attempt})
        assert (again.status_code, again.json()) == (
            200,
            {"started": [], "earlier": ids(sent, "first"), "verification": None},
        )


async def test_an_event_that_comes_fifty_times_at_once_starts_one_run(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)])
    answers = [answer.json() for answer in await asyncio.gather(*(send(running, sent) for _ in range(50)))]
    assert sorted(answer["started"] for answer in answers) == [[]] * 49 + [ids(sent, "first")]
    assert all(answer["started"] or answer["earlier"] for answer in answers)


async def test_a_workflow_that_does_not_take_the_event_does_not_stop_the_others(running: Place) -> None:
    await connect(running, "first", 1)
    await set_up(running)
    sent = event("page.unlocked", bots=[bot(1)])
    answer = await send(running, sent)
    assert (answer.status_code, answer.json()["type"]) == (422, "payload-invalid")
    assert "field `text`" in answer.json()["detail"]
    await finished(running, ids(sent, "first")[0])


async def test_an_event_whose_start_temporal_did_not_store_is_not_confirmed(place: Place) -> None:
    await connect(place, "first", 1)
    await set_up(place)
    answer = await send(place, event(bots=[bot(1)]))
    assert (answer.status_code, answer.json()["type"]) == (503, "temporal-unavailable")


@pytest.mark.parametrize(("text", "status"), [("on = NotionEvent(", 503), ("on = something", 200)])
async def test_an_event_is_not_confirmed_while_a_file_that_may_want_it_is_not_loaded(
    running: Place, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, text: str, status: int
) -> None:
    services = running.app.state.services
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    running.settings.workflows_dir = tmp_path
    monkeypatch.setattr(services.workflows, "problems", [LoadProblem("broken.py", 1, "SyntaxError")])
    await connect(running, "first", 1)
    await set_up(running)
    sent = event(bots=[bot(1)])
    answer = await send(running, sent)
    assert answer.status_code == status
    if status == 503:
        assert answer.json()["type"] == "workflows-unloaded"
        assert "broken.py" in answer.json()["detail"]
    assert (await send(running, event(bots=[bot(9)]))).status_code == 200
    await finished(running, ids(sent, "first")[0])


async def test_the_list_and_the_page_say_what_a_workflow_runs_on(place: Place) -> None:
    async with place.program() as program, place.signed_in() as visitor:
        on = {item["name"]: item["on"] for item in (await program.get("/api/v1/workflows")).json()}
        assert on["Echo"] is None
        assert on["OrderMoved"] == f"page.moved or page.locked in {ORDERS.replace('-', '')} through first"
        page = (await visitor.get("/workflows/PageChanged")).text
        assert "page.unlocked" in page
        assert "Events in Notion" in page
