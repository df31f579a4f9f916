"""Schedules that classes declare, as workers come and go, on the real server."""

from __future__ import annotations

import asyncio

import pytest

from steps import Cron, Every
from tests.conftest import eventually
from tests.schedules.conftest import Room
from tests.schedules.deployment import Deployment

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def test_a_declared_schedule_is_made_once_and_left_alone_while_it_says_the_same(deployment: Deployment):
    await deployment.deploy(Tick=Every(hours=6))
    first = await deployment.seen("Tick")
    assert first
    assert (first.id, await deployment.words("Tick")) == (f"{deployment.queue}/tick", "every 6 hours")
    await deployment.deploy(Tick=Every(hours=6))
    again = await deployment.seen("Tick")
    assert again
    assert again.info.last_updated_at == first.info.last_updated_at


async def test_a_changed_declaration_changes_it_and_keeps_the_counter_and_the_pause_of_a_person(
    deployment: Deployment,
):
    await deployment.deploy(Tick=Every(hours=6))
    async with deployment.room.working():
        await deployment.room.trigger(deployment.handle("Tick"))
    await deployment.handle("Tick").pause(note="it is broken")
    await deployment.deploy(Tick=Cron("0 3 * * *", time_zone="Europe/Berlin", overlap="allow"))
    changed = await deployment.seen("Tick")
    assert changed
    assert (changed.info.num_actions, changed.schedule.state.paused, changed.schedule.state.note) == (
        1, True, "it is broken",
    )  # fmt: skip
    assert changed.schedule.spec.time_zone_name == "Europe/Berlin"
    async with deployment.room.working():
        assert (await deployment.room.trigger(deployment.handle("Tick")))["counter"] == 2


@pytest.mark.parametrize(
    ("before", "by_hand", "after", "paused"),
    [
        (False, False, True, True),
        (True, True, False, False),
        (True, False, True, False),  # resumed by a person: a worker that starts does not pause it again
        (False, True, False, True),
    ],
)
async def test_paused_is_a_beginning_and_only_a_change_of_it_counts_later(
    deployment: Deployment, before: bool, by_hand: bool, after: bool, paused: bool
):
    await deployment.deploy(Tick=Every(hours=6, paused=before))
    handle = deployment.handle("Tick")
    await (handle.pause() if by_hand else handle.unpause())
    await deployment.deploy(Tick=Every(hours=6, paused=after))
    assert (await handle.describe()).schedule.state.paused is paused


@pytest.mark.usefixtures("seconds_apart")
async def test_the_runs_that_are_left_are_given_anew_only_when_the_declaration_changes(deployment: Deployment):
    async def left() -> int:
        return (await deployment.handle("Tick").describe()).schedule.state.remaining_actions

    async def used() -> bool:
        return await left() == 0

    await deployment.deploy(Tick=Every(minutes=1 / 60, count=2, overlap="allow"))
    await eventually(used)
    await deployment.deploy(Tick=Every(minutes=1 / 60, count=2, overlap="allow"))
    assert await left() == 0
    await deployment.deploy(Tick=Every(minutes=1 / 60, count=2, overlap="allow", paused=True))
    assert await left() == 0
    await deployment.deploy(Tick=Every(hours=1, count=2, paused=True))
    assert await left() == 2


async def test_a_schedule_is_deleted_when_its_declaration_or_its_class_is_gone(deployment: Deployment):
    await deployment.deploy(Tick=Every(hours=6), Long=Every(hours=6), Typed=Every(hours=6))
    await deployment.listed("Tick", "Long", "Typed")
    await deployment.deploy(Tick=Every(hours=6), Long=None)
    assert (await deployment.seen("Long"), await deployment.seen("Typed")) == (None, None)
    await deployment.listed("Tick")
    await deployment.deploy(Tick=Every(hours=6))
    assert await deployment.seen("Tick")


async def test_a_file_that_did_not_load_costs_no_schedule_and_neither_does_an_empty_folder(deployment: Deployment):
    await deployment.deploy(Tick=Every(hours=6), Long=Every(hours=6))
    await deployment.listed("Tick", "Long")
    await deployment.deploy(complete=False, Tick=Every(hours=5))
    await deployment.deploy()
    assert (await deployment.words("Tick"), await deployment.words("Long")) == ("every 5 hours", "every 6 hours")


async def test_what_others_made_is_left_alone(deployment: Deployment, room: Room):
    mine = await room.schedule(Every(hours=6))  # without our mark, under the id that the class would have
    other = Deployment(Room(room.client, f"{room.queue}-other"))
    await other.deploy(Tick=Every(hours=6))
    room.made += other.room.made
    await other.listed("Tick")
    await deployment.deploy(Tick=Every(hours=5), Long=None)
    assert await deployment.words("Tick") == "every 6 hours"
    assert await mine.describe()
    assert await other.words("Tick") == "every 6 hours"


async def test_many_workers_that_start_at_once_make_one(deployment: Deployment):
    await asyncio.gather(*(deployment.deploy(Tick=Every(hours=6), Long=Every(hours=1)) for _ in range(6)))
    await asyncio.gather(*(deployment.deploy(Tick=Every(hours=7), Long=Every(hours=1)) for _ in range(6)))
    assert await deployment.words("Tick") == "every 7 hours"
    await deployment.listed("Tick", "Long")
    await asyncio.gather(*(deployment.deploy(Tick=Every(hours=7)) for _ in range(6)))
    assert await deployment.seen("Long") is None


async def test_two_names_that_would_have_one_id_are_told_apart(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
):
    await deployment.deploy(Tick=Every(hours=6), tick=Every(hours=5))
    assert "its id" in caplog.text
    assert await deployment.words("Tick") == "every 6 hours"


async def test_what_temporal_refuses_does_not_keep_the_others(
    deployment: Deployment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    refused = Cron("0 3 * * *")
    monkeypatch.setattr(refused, "cron", "0 99 * * *")
    await deployment.deploy(Long=refused, Tick=Every(hours=6))
    assert "Temporal refuses the schedule of Long" in caplog.text
    assert await deployment.words("Tick") == "every 6 hours"
