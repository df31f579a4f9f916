from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.vault.conftest import SERVER, pair
from vault import Account, Ask, Limit, Paces, Vault
from vault.database import Database
from vault.pace import SECOND

LIMIT = Limit.per_second(50, burst=2)
ANY = Ask(within=3_600 * SECOND)
QUEUES = Ask(within=SECOND // 10, queues=True)


@pytest.fixture
def paces(database: Database) -> Paces:
    return Paces(database)


async def test_the_first_calls_of_an_idle_connection_leave_at_once_and_the_others_in_turn(paces: Paces) -> None:
    turns = [await paces.take("my-notion", LIMIT, ANY) for _ in range(20)]
    assert [turn.wait for turn in turns[:2]] == [0, 0]
    assert [later.at - turn.at for turn, later in pairwise(turns[2:])] == [LIMIT.interval] * 17


async def test_tasks_that_take_at_once_get_different_slots(database_url: str) -> None:
    workers = [Database(database_url) for _ in range(3)]
    turns = await asyncio.gather(
        *(Paces(worker).take("my-notion", LIMIT, ANY) for worker in workers for _ in range(20))
    )
    assert len({turn.at for turn in turns if turn.wait}) == sum(turn.wait > 0 for turn in turns) >= 50
    for worker in workers:
        await worker.close()


def test_processes_that_take_at_once_get_different_slots(database_url: str) -> None:
    code = "import asyncio, sys\nfrom tests.vault.test_paces import take_some\nasyncio.run(take_some(sys.argv[1]))\n"
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen([sys.executable, "-c", code, database_url], cwd=root, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in started]
    slots = [int(line) for text in said for line in text.split()]
    assert len(slots) == 100
    ahead = sorted(slots)[2:]
    assert all(later - earlier >= LIMIT.interval for earlier, later in pairwise(ahead))


async def take_some(url: str) -> None:
    """Take fifty slots, and print them."""
    database = Database(url)
    for _ in range(50):
        print((await Paces(database).take("my-notion", LIMIT, ANY)).at)  # noqa: T201
    await database.close()


async def test_connections_do_not_slow_each_other(paces: Paces) -> None:
    for _ in range(20):
        await paces.take("busy", LIMIT, ANY)
    assert (await paces.take("idle", LIMIT, ANY)).wait == 0


async def test_who_comes_too_early_has_a_place_in_the_queue(paces: Paces) -> None:
    turns = [await paces.take("my-notion", LIMIT, QUEUES) for _ in range(200)]
    turned = [turn for turn in turns if not turn.taken]
    assert [turn.taken for turn in turns] == sorted((turn.taken for turn in turns), reverse=True)
    assert len(turned) > 150
    assert {later.at - turn.at for turn, later in pairwise(turned)} == {LIMIT.interval}


async def test_a_held_connection_sends_nothing_not_even_what_has_its_slot(paces: Paces) -> None:
    await paces.take("my-notion", LIMIT, ANY)
    await paces.take("my-notion", LIMIT, ANY)
    turn = await paces.take("my-notion", LIMIT, ANY)
    await paces.hold("my-notion", LIMIT, 30)
    assert not await paces.confirm("my-notion", LIMIT, turn)
    assert (await paces.take("my-notion", LIMIT, ANY)).wait > 29 * SECOND
    assert (await paces.take("other", LIMIT, ANY)).wait == 0


async def test_a_slot_that_was_waited_for_holds(paces: Paces) -> None:
    await paces.take("my-notion", LIMIT, ANY)
    await paces.take("my-notion", LIMIT, ANY)
    turn = await paces.take("my-notion", Limit(SECOND), ANY)
    assert await paces.confirm("my-notion", Limit(SECOND), turn)


@pytest.mark.skipif(SERVER is None, reason="asks the server for its clock")
async def test_the_clock_is_the_servers(paces: Paces) -> None:
    turn = await paces.take("my-notion", LIMIT, ANY)
    assert abs(turn.at / SECOND - time.time()) < 60


async def test_a_deleted_connection_leaves_nothing(vault: Vault) -> None:
    await vault.connections.save("my-notion", "notion", Account(id="bot"), pair())
    await vault.paces.hold("my-notion", LIMIT, 60)
    await vault.connections.delete("my-notion")
    assert (await vault.paces.take("my-notion", LIMIT, ANY)).wait == 0
