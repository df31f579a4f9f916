from __future__ import annotations

import html
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.browsing import sign_in
from tests.api.conftest import QUEUE, Place
from tests.api.planned import DECLARED, planned
from tests.conftest import eventually

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

FORM = {
    "workflow": "Planned", "kind": "every", "amount": "6", "unit": "hours", "cron": "", "time_zone": "UTC",
    "data": '{"region": "eu"}', "overlap": "skip",
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(running: Place) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in browser; the declared schedule is there, and what a test makes is deleted."""
    async with planned(running), running.signed_in() as browser:
        yield browser


async def make(visitor: httpx.AsyncClient, **fields: str) -> str:
    """Send the form and return the new schedule's id."""
    name = f"n{uuid.uuid4().hex[:8]}"
    answer = await visitor.post("/schedules/add", data=FORM | {"name": name} | fields)
    assert answer.status_code == 303, answer.text
    workflow = (FORM | fields)["workflow"].lower()
    schedule_id = f"{QUEUE}/{workflow}/{name}"
    assert answer.headers["location"] == f"/schedules?done=made&id={schedule_id.replace('/', '%2F')}"
    return schedule_id


async def test_a_schedule_is_made_paused_resumed_run_and_deleted(visitor: httpx.AsyncClient) -> None:
    made = await make(visitor)
    page = (await visitor.get(f"/schedules?done=made&id={made}")).text
    assert "is made. It runs for the first time on" in page
    assert "every 6 hours" in page
    answer = await visitor.post(f"/schedules/{made}/pause")
    page = (await visitor.get(answer.headers["location"])).text
    assert "It starts nothing until it is resumed" in page
    assert f'action="/schedules/{made}/resume"' in page

    answer = await visitor.post(f"/schedules/{made}/run")
    assert (answer.status_code, answer.headers["location"].rsplit("-20")[0]) == (303, f"/runs/{made[len(QUEUE) + 1 :]}")
    run = answer.headers["location"]

    async def completed() -> bool:
        page = (await visitor.get(f"/schedules?id={made}")).text
        return bool(re.search(rf'href="{run}">.*</a>\s*<span class="state completed">completed<', page))

    await eventually(completed)
    answer = await visitor.post(f"/schedules/{made}/resume")
    assert "goes on. It runs next on" in (await visitor.get(answer.headers["location"])).text
    answer = await visitor.post(f"/schedules/{made}/delete")
    page = (await visitor.get(answer.headers["location"])).text
    assert "The schedule is deleted. Its runs go on." in page
    assert made not in page


async def test_the_form_begins_with_the_workflow_that_the_link_names(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/schedules/add?workflow=Planned")).text
    assert "<option selected>Planned</option>" in page
    assert 'id="kind-every" name="kind" value="every" checked' in page


async def test_every_option_of_the_form_reaches_temporal(visitor: httpx.AsyncClient) -> None:
    made = await make(
        visitor, kind="cron", amount="", cron="0 3 * * mon-fri", time_zone="Europe/Berlin", start="2030-01-01T00:00",
        end="2031-01-01T00:00", count="5", overlap="allow", catch_up="2 hr", jitter="60", paused="on",
    )  # fmt: skip
    shown: dict[str, Any] = (await visitor.get(f"/api/v1/schedules/{made}")).json()
    assert shown["when"] == (
        "at 0 3 * * MON-FRI (Europe/Berlin), from 2030-01-01 00:00:00 CET, until 2031-01-01 00:00:00 CET, "
        "5 runs in all, up to 1 minute later"
    )
    assert (shown["paused"], shown["remaining"], shown["overlap"], shown["data"]) == (
        True,
        5,
        "allow",
        {"region": "eu"},
    )


async def test_what_a_class_declares_is_not_deleted_and_says_so(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/schedules")).text
    assert "declared by the class" in page
    assert f'action="/schedules/{DECLARED}/pause"' in page
    assert f'action="/schedules/{DECLARED}/delete"' not in page
    answer = await visitor.post(f"/schedules/{DECLARED}/delete")
    assert answer.status_code == 409
    assert "Take <code>schedule</code> out of the class Planned" in answer.text


async def test_run_now_names_the_run_that_is_in_the_way(visitor: httpx.AsyncClient) -> None:
    made = await make(visitor, workflow="Standing")
    first = (await visitor.post(f"/schedules/{made}/run")).headers["location"]
    assert first.startswith(f"/runs/{made[len(QUEUE) + 1 :]}-20")

    async def refused() -> httpx.Response:
        answer = await visitor.post(f"/schedules/{made}/run")
        assert answer.status_code == 409
        return answer

    assert f'<a href="{first}">Show that run</a>' in (await eventually(refused)).text
    await visitor.post(f"{first}/cancel")


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"workflow": "Plannd"}, "workflow", "Did you mean Planned?"),
    ({"workflow": ""}, "workflow", "There is no such workflow"),
    ({"name": "Not So"}, "name", "lower-case letters, digits and hyphens"),
    ({"amount": ""}, "amount", "needs a distance"),
    ({"amount": "six"}, "amount", "Write a number"),
    ({"amount": "0.5", "unit": "minutes"}, "amount", "at least 1 minute apart"),
    ({"unit": "years"}, "unit", "Choose a unit"),
    ({"kind": "cron"}, "cron", ""),
    ({"kind": "cron", "cron": "0 25 * * *"}, "cron", "25 is no hour"),
    ({"time_zone": "Europe/Berln"}, "time_zone", "Did you mean 'Europe/Berlin'?"),
    ({"data": "{"}, "data", "Expecting property name"),
    ({"data": "[1]"}, "data", "Send a JSON object"),
    ({"data": "{}"}, "data", "region"),
    ({"data": '{"region": "x", "counter": 1}'}, "data", "each run is told its own"),
    ({"start": "soon"}, "start", "Write a day and a time"),
    ({"start": "2030-01-02T00:00", "end": "2030-01-01T00:00"}, "end", "must come after"),
    ({"count": "many"}, "count", "a whole number"),
    ({"overlap": "maybe"}, "overlap", "one of skip, buffer, allow, cancel-running"),
    ({"catch_up": "2 fortnights"}, "catch_up", ""),
]


@pytest.mark.parametrize(("change", "field", "says"), WRONG)
async def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    running: Place, change: dict[str, str], field: str, says: str
) -> None:
    form = FORM | {"jitter": "7 min"} | change
    async with running.signed_in() as visitor:
        answer = await visitor.post("/schedules/add", data=form)
    assert answer.status_code == 422
    (told,) = re.findall(rf'id="{field}-error">(.*)</p>', answer.text)
    assert says in html.unescape(told)
    kept = html.unescape(answer.text)
    assert 'value="7 min"' in kept
    assert f"\n{form['data']}</textarea>" in kept


async def test_a_name_that_is_taken_is_told_at_the_name(visitor: httpx.AsyncClient) -> None:
    name = (await make(visitor)).rsplit("/", 1)[1]
    answer = await visitor.post("/schedules/add", data=FORM | {"name": name})
    (told,) = re.findall(r'id="name-error">(.*)</p>', answer.text)
    assert (answer.status_code, "is there already" in told) == (422, True)


@pytest.mark.parametrize(
    ("scope", "shown"),
    [("read", [False, False, False]), ("operate", [True, False, False]), ("admin", [True, True, True])],
)
@pytest.mark.usefixtures("visitor")
async def test_a_page_leaves_out_what_the_visitor_may_not_do(running: Place, scope: str, shown: list[bool]) -> None:
    _, text = await running.vault.api_keys.create("eyes", [scope])
    async with running.browser() as somebody:
        await sign_in(somebody, text.reveal())
        page = (await somebody.get("/schedules")).text
    assert ["/pause" in page, "Delete …" in page, "/schedules/add" in page] == shown


async def test_an_unknown_schedule_and_a_temporal_that_is_away_are_told(running: Place, place: Place) -> None:
    async with running.signed_in() as visitor:
        for action in ("pause", "resume", "run", "delete"):
            assert (await visitor.post(f"/schedules/{QUEUE}/nothing/{action}")).status_code == 404
    async with place.signed_in() as visitor:
        assert (await visitor.get("/schedules")).status_code == 503
