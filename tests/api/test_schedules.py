from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.conftest import QUEUE, Place
from tests.api.planned import DECLARED, planned
from tests.conftest import eventually

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]
ROOT = "/api/v1/schedules"


@pytest_asyncio.fixture(loop_scope="session")
async def caller(running: Place) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a key; the declared schedule is there, and what a test makes is deleted."""
    async with planned(running), running.program() as program:
        yield program


async def make(caller: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = {"workflow": "Planned", "name": f"n{uuid.uuid4().hex[:8]}", "every": {"days": 1}} | fields
    answer = await caller.post(ROOT, json={key: value for key, value in body.items() if value is not None})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{ROOT}/{answer.json()['id']}"
    return answer.json()


async def test_a_declared_schedule_is_listed_shown_paused_resumed_and_run(caller: httpx.AsyncClient) -> None:
    (listed,) = (await caller.get(ROOT, params={"workflow": "Planned"})).json()
    assert (listed["id"], listed["made_by"], listed["when"]) == (DECLARED, "class", "every 6 hours")
    assert (listed["data"], listed["overlap"], listed["remaining"]) == ({"region": "eu"}, "skip", None)
    assert len(listed["next_times"]) == 5
    paused = (await caller.post(f"{ROOT}/{DECLARED}/pause")).json()
    assert (paused["paused"], paused["next_times"], paused["note"]) == (True, [], "Paused by an operator")
    counter = paused["counter"]
    assert (await caller.post(f"{ROOT}/{DECLARED}/run")).status_code == 202

    async def counted() -> dict[str, Any]:
        shown = (await caller.get(f"{ROOT}/{DECLARED}")).json()
        assert shown["counter"] == counter + 1
        return shown

    run = (await eventually(counted))["last_runs"][0]["id"]
    assert run.startswith("planned/scheduled-20")

    async def ended() -> bool:
        return (await caller.get(f"/api/v1/runs/{run}")).json()["result"] == "eu 7"

    await eventually(ended)
    resumed = (await caller.post(f"{ROOT}/{DECLARED}/resume")).json()
    assert (resumed["paused"], len(resumed["next_times"])) == (False, 5)


async def test_what_a_class_declares_is_not_deleted(caller: httpx.AsyncClient) -> None:
    answer = await caller.delete(f"{ROOT}/{DECLARED}")
    assert (answer.status_code, answer.json()["type"]) == (409, "schedule-declared")
    assert "Take `schedule` out of the class Planned" in answer.json()["detail"]


async def test_a_schedule_is_made_with_every_option_and_deleted(caller: httpx.AsyncClient) -> None:
    made = await make(
        caller, name="for-berlin", every=None, cron="0 3 * * mon-fri", time_zone="Europe/Berlin", count=5, paused=True,
        start="2030-01-01T00:00:00", end="2031-01-01T00:00:00+01:00", overlap="allow", data={"region": "de"},
        catch_up="2 hr", jitter=60,
    )  # fmt: skip
    assert made["id"] == f"{QUEUE}/planned/for-berlin"
    assert made["when"] == (
        "at 0 3 * * MON-FRI (Europe/Berlin), from 2030-01-01 00:00:00 CET, until 2031-01-01 00:00:00 CET, "
        "5 runs in all, up to 1 minute later"
    )
    assert (made["made_by"], made["remaining"], made["counter"], made["paused"]) == ("api", 5, 0, True)
    assert (await caller.post(f"{ROOT}/{made['id']}/resume")).json()["next_times"][0].startswith("2030-01-01T02:00")
    body = {"workflow": "Planned", "name": "for-berlin", "cron": "0 3 * * *", "data": {"region": "x"}}
    again = await caller.post(ROOT, json=body)
    assert (again.status_code, again.json()["type"]) == (409, "schedule-conflict")
    assert (await caller.delete(f"{ROOT}/{made['id']}")).status_code == 204

    async def gone() -> bool:
        return (await caller.get(f"{ROOT}/{made['id']}")).status_code == 404

    await eventually(gone)


async def test_a_new_schedule_comes_into_the_list(caller: httpx.AsyncClient) -> None:
    made = await make(caller, data={"region": "us"})

    async def listed() -> bool:
        return made["id"] in {one["id"] for one in (await caller.get(ROOT)).json()}

    await eventually(listed)


async def test_run_now_says_that_a_run_is_in_the_way(caller: httpx.AsyncClient) -> None:
    made = await make(caller, workflow="Standing")
    assert (await caller.post(f"{ROOT}/{made['id']}/run")).status_code == 202

    async def refused() -> httpx.Response:
        answer = await caller.post(f"{ROOT}/{made['id']}/run")
        assert answer.status_code == 409
        return answer

    problem = (await eventually(refused)).json()
    assert problem["type"] == "schedule-conflict"
    assert (await caller.post(f"/api/v1/runs/{problem['run']}/cancel")).status_code == 202


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "every", "Send either `every`"),
    ({"every": {"hours": 1}, "cron": "0 3 * * *"}, "every", "Send either `every`"),
    ({"every": {"minutes": 0.5}}, "every", "at least 1 minute apart"),
    ({"every": {"months": 1}}, "every.months", "Extra inputs"),
    ({"cron": "0 25 * * *"}, "cron", "25 is no hour"),
    ({"cron": "0 3 * * *", "time_zone": "Europe/Berln"}, "time_zone", "Did you mean 'Europe/Berlin'?"),
    ({"cron": "0 3 * * *", "start": "2030-01-02T00:00", "end": "2030-01-01T00:00"}, "end", "must come after"),
    ({"cron": "0 3 * * *", "count": 0}, "count", "a whole number from 1"),
    ({"cron": "0 3 * * *", "overlap": "maybe"}, "overlap", "one of skip, buffer, allow, cancel-running"),
    ({"cron": "0 3 * * *", "data": {"counter": 1}}, "data", "each run is told its own"),
    ({"cron": "0 3 * * *", "name": "Not So"}, "name", "should match pattern"),
    ({"cron": "0 3 * * *", "data": [1]}, "data", "valid dictionary"),
]


@pytest.mark.parametrize(("fields", "field", "says"), BAD)
async def test_a_schedule_that_cannot_be_is_refused_with_its_field(
    caller: httpx.AsyncClient, fields: dict[str, Any], field: str, says: str
) -> None:
    answer = await caller.post(ROOT, json={"workflow": "Planned", **fields})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "request-invalid")
    assert problem["errors"][0]["field"] == field
    assert says in problem["errors"][0]["message"]


async def test_data_that_start_does_not_take_is_refused(caller: httpx.AsyncClient) -> None:
    answer = await caller.post(ROOT, json={"workflow": "Planned", "cron": "0 3 * * *"})
    assert (answer.status_code, answer.json()["type"]) == (422, "payload-invalid")
    assert "region" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/run")],
)
async def test_an_unknown_schedule_is_a_problem_of_its_own(caller: httpx.AsyncClient, method: str, path: str) -> None:
    for name in (f"{QUEUE}/nothing", "other-queue/planned", f"{QUEUE}/planned/none"):
        answer = await caller.request(method, f"{ROOT}/{name}{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "schedule-unknown")


async def test_an_unknown_workflow_is_named(caller: httpx.AsyncClient) -> None:
    assert (await caller.get(ROOT, params={"workflow": "Nothing"})).json()["type"] == "workflow-unknown"
    answer = await caller.post(ROOT, json={"workflow": "Nothing", "cron": "0 3 * * *"})
    assert answer.json()["type"] == "workflow-unknown"


async def test_without_a_key_nothing_is_told(running: Place) -> None:
    async with running.browser() as visitor:
        assert (await visitor.get(ROOT)).status_code == 401


async def test_without_temporal_it_says_so(place: Place) -> None:
    async with place.program() as program:
        answer = await program.get(ROOT)
    assert (answer.status_code, answer.json()["type"]) == (503, "temporal-unavailable")
