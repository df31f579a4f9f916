from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.vault.conftest import pair
from tests.vault.deleting import delete
from vault import Account, Ask, Limit, Paces, Vault
from vault.database import Database
from vault.pace import LEAD, SECOND

LIMIT = Limit.per_second(50, burst=2)
SLOW = Limit(30 * SECOND, burst=2)
ANY = Ask(within=3_600 * SECOND)
QUEUES = Ask(within=SECOND // 10, queues=True)


@pytest.fixture
def paces(database: Database) -> Paces:
    return Paces(database)


async def test_the_first_calls_of_an_idle_connection_leave_at_once_and_the_others_in_turn(paces: Paces) -> None:
    turns = [await paces.take("my-notion", SLOW, ANY) for _ in range(20)]
    assert [turn.wait for turn in turns[:2]] == [0, 0]
    assert [round(turn.wait / SLOW.interval) for turn in turns[2:]] == list(range(1, 19))


async def test_tasks_that_take_at_once_get_different_slots(database_url: str) -> None:
    workers = [Database(database_url) for _ in range(3)]
    turns = await asyncio.gather(*(Paces(worker).take("my-notion", SLOW, ANY) for worker in workers for _ in range(20)))
    assert sorted(round(turn.wait / SLOW.interval) for turn in turns) == [0, *range(59)]
    for worker in workers:
        await worker.close()


def test_processes_that_take_at_once_get_different_slots(database_url: str) -> None:
    code = "import asyncio, sys; from tests.vault.test_paces import take_some; asyncio.run(take_some(sys.argv[1]))"
    command, root = [sys.executable, "-c", code, database_url], Path(__file__).parents[2]
    started = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in started]
    slots = sorted(int(line) for text in said for line in text.split())
    assert len(slots) == 100
    assert round((max(slots) - min(slots)) / SLOW.interval) == 98


async def take_some(url: str) -> None:
    """Take fifty slots, and print when they are, in microseconds."""
    database = Database(url)
    for _ in range(50):
        turn = await Paces(database).take("my-notion", SLOW, ANY)
        print(time.time_ns() // 1_000 + turn.wait)  # noqa: T201  # what the test reads
    await database.close()


async def test_connections_do_not_slow_each_other(paces: Paces) -> None:
    for _ in range(20):
        await paces.take("busy", LIMIT, ANY)
    assert (await paces.take("idle", LIMIT, ANY)).wait == 0


async def test_who_comes_too_early_has_a_place_in_the_queue(paces: Paces) -> None:
    turns = [await paces.take("my-notion", SLOW, QUEUES) for _ in range(20)]
    assert [turn.taken for turn in turns] == [True] * 2 + [False] * 18
    assert [round((turn.wait + LEAD) / SLOW.interval) for turn in turns[2:]] == list(range(1, 19))


async def test_a_held_connection_sends_nothing_not_even_what_has_its_slot(paces: Paces) -> None:
    await paces.take("my-notion", LIMIT, ANY)
    await paces.take("my-notion", LIMIT, ANY)
    turn = await paces.take("my-notion", LIMIT, ANY)
    await paces.hold("my-notion", LIMIT, 30)
    assert await paces.confirm("my-notion", LIMIT, turn) is None
    assert (await paces.take("my-notion", LIMIT, ANY)).wait > 29 * SECOND
    assert (await paces.take("other", LIMIT, ANY)).wait == 0


async def test_a_call_leaves_when_its_slot_has_come_and_not_before(paces: Paces) -> None:
    limit = Limit(SECOND, burst=2)
    turn = [await paces.take("my-notion", limit, ANY) for _ in range(3)][-1]
    assert 0 < (await paces.confirm("my-notion", limit, turn) or 0) <= turn.wait
    await asyncio.sleep(turn.wait / SECOND)
    assert await paces.confirm("my-notion", limit, turn) == 0


async def test_a_deleted_connection_leaves_nothing(vault: Vault) -> None:
    await vault.connections.save("my-notion", "notion", Account(id="bot"), pair())
    await vault.paces.hold("my-notion", LIMIT, 60)
    await delete(vault, "my-notion")
    assert (await vault.paces.take("my-notion", LIMIT, ANY)).wait == 0
