"""The engine at its limits, on the real server: nothing is lost, nothing is doubled, no history grows without bound."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from api.resuming import resume_wait
from steps import RunRecord
from steps.branches import MAX_ARMED
from steps.budget import MAX_STATE_BYTES
from steps.journal import MAX_ROWS
from steps.payload import MAX_PAYLOAD_BYTES
from steps.resume_token import ResumeToken
from tests.conftest import eventually
from tests.scale.conftest import SCALE, Place
from tests.scale.figures import Figures, Stopwatch
from tests.steps.harness import ended, start

pytestmark = [pytest.mark.server, pytest.mark.timeout(3_000)]

BRANCHES, STEPS, WAITS = round(10_000 * SCALE), round(100_000 * SCALE), round(2_000 * SCALE)
# The server suggests a roll-over at 4,096 events. What is under way then ends first: 200 steps, with a call of 3 events
# each and a workflow task of 3 for each answer that comes alone.
MOST_EVENTS = 4_096 + 200 * 6 + 100
# A carried state of 2 MiB, and as much for the events.
MOST_BYTES = 4 * 1024 * 1024
MOST_RECORD = 1024 * 1024


def bounded(found: Figures) -> None:
    """Check what holds for every run, of whatever size."""
    assert found.largest_events <= MOST_EVENTS, found
    assert found.largest_bytes <= MOST_BYTES, found
    assert found.record_bytes <= MOST_RECORD, found


async def test_every_one_of_many_branches_makes_its_call_once_and_their_join_gets_all(
    place: Place, figures: list[Figures]
):
    watch = Stopwatch()
    handle = await start(place.client, place.queue, "ManyCalls", {"branches": BRANCHES})
    record = await ended(handle)
    figures.append(await watch.figures(place.client, handle, "branches with a call", BRANCHES))
    assert place.outside.counted == dict.fromkeys(range(BRANCHES), 1)
    assert record.result == {"branches": BRANCHES, "in_order": True}
    assert (record.steps_done, record.failure_count) == (BRANCHES + 2, 0)
    assert record.steps_before + len(record.steps) == BRANCHES + 2
    bounded(figures[-1])


async def test_a_long_chain_runs_through_in_bounded_history(place: Place, figures: list[Figures]):
    watch = Stopwatch()
    handle = await start(place.client, place.queue, "LongChain", {"left": STEPS, "call_every": 100})
    record = await ended(handle)
    figures.append(await watch.figures(place.client, handle, "steps in a chain", STEPS))
    assert place.outside.counted == dict.fromkeys(range(100, STEPS + 1, 100), 1)
    assert (record.steps_done, record.result) == (STEPS + 1, {"left": 0})
    assert record.log[-1].fields == {"left": 1}
    assert len(record.log) + record.log_dropped == STEPS
    assert figures[-1].temporal_runs == math.ceil((STEPS + 1) / MAX_ROWS)
    bounded(figures[-1])


async def test_waits_survive_roll_overs_and_each_is_resumed_once(place: Place, figures: list[Figures]):
    watch = Stopwatch()
    handle = await start(place.client, place.queue, "ManyWaits", {"branches": WAITS, "churn": 3 * MAX_ROWS})

    async def all_wait() -> bool:
        record = await handle.query("record", result_type=RunRecord)
        return record.waiting_count == WAITS and record.store.get("churned") is True

    await eventually(all_wait, seconds=600)
    assert len(set(place.outside.waits)) == WAITS
    senders = asyncio.Semaphore(10)

    async def send(number: int, wait: str, event: dict[str, Any]) -> bool:
        async with senders:
            link = ResumeToken(run_id=handle.id, wait_id=wait, signature="")
            return (await resume_wait(place.client, link, event)).already

    sent = await asyncio.gather(
        *(send(number, wait, {"number": number}) for number, wait in enumerate(place.outside.waits))
    )
    record = await ended(handle)
    figures.append(await watch.figures(place.client, handle, "waits", WAITS))
    assert not any(sent)
    assert place.outside.counted == dict.fromkeys(range(WAITS), 1)
    assert (record.failure_count, record.waiting_count) == (0, 0)
    bounded(figures[-1])


async def test_sleeping_branches_survive_roll_overs_and_each_wakes_once(place: Place, figures: list[Figures]):
    watch = Stopwatch()
    sleepers = BRANCHES - 1  # the chain beside them is a branch, too
    data = {"branches": sleepers, "delay": 2 + 40 * SCALE, "churn": 3 * MAX_ROWS}
    handle = await start(place.client, place.queue, "ManySleepers", data)
    record = await ended(handle)
    figures.append(await watch.figures(place.client, handle, "sleeping branches", sleepers))
    numbers = range(sleepers)
    assert record.store == {
        "woken_before": 0, "woken": sleepers, "sum": sum(numbers), "squares": sum(number**2 for number in numbers),
    }  # fmt: skip
    assert figures[-1].temporal_runs >= 4
    bounded(figures[-1])


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        ({"branches": 1, "bytes": 262_143}, "payload-too-large", ["262145", str(MAX_PAYLOAD_BYTES)]),
        ({"branches": MAX_ARMED, "bytes": 0}, "branch-limit-exceeded", [str(MAX_ARMED)]),
        ({"branches": 6, "bytes": 250_000}, "payload-too-large", [str(MAX_STATE_BYTES)]),
    ],
    ids=["one payload", "the branches", "all payloads"],
)
async def test_what_does_not_fit_is_refused_with_the_limit_and_nothing_is_armed(
    place: Place, data: dict[str, Any], kind: str, says: list[str]
):
    record = await ended(await start(place.client, place.queue, "TooMuch", data))
    (failure,) = record.failures
    assert failure.type == kind
    assert all(text in failure.message for text in says), failure.message
    assert record.waiting_count == 0
