"""A rotation of the master key on the real Temporal server, while the vault is in use."""

from __future__ import annotations

import asyncio
import base64
import secrets
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, update
from temporalio import workflow
from temporalio.client import Client

from commands.rotating import begin, follow, rotator, under_way
from steps.key_rotation import MASTER, KeyRotation, Order, Progress, id_of, queue_of
from temporal import plugin
from tests.conftest import eventually
from tests.rotation.conftest import CONNECTIONS, SEALED, Place, handle_of, tokens_of
from vault import Envelope, LocalKeys, Vault, VaultUnavailable, WrappedKey, WrongKey
from vault.database import Database
from vault.key_errors import RotationFailed
from vault.opening import open_rotations
from vault.rotation import Rotation
from vault.sealed_columns import SEALED_COLUMNS
from vault.tables import connections

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]
ID = id_of(MASTER)
QUICK = Order(grace_seconds=1, page=20, pages=2)


@asynccontextmanager
async def in_use(place: Place, saved: dict[int, str]) -> AsyncGenerator[list[int]]:
    """Eight readers and one who refreshes, in two processes' worth of vaults; whatever is refused is raised."""
    vaults = [await place.vault() for _ in range(2)]
    reads, over = [0], asyncio.Event()

    async def read(reader: int) -> None:
        while not over.is_set():
            number = secrets.randbelow(CONNECTIONS)
            opened = await vaults[reader % 2].connections.open(handle_of(number))
            assert opened.tokens.access.reveal().startswith(f"access-{number}-")
            reads[0] += 1
            await asyncio.sleep(0.02)  # some hundred a second, by all eight, and air for the rotator

    async def refresh() -> None:
        turn = 0
        while not over.is_set():
            number, turn = secrets.randbelow(CONNECTIONS), turn + 1
            vault = vaults[turn % 2]
            version = (await vault.connections.open(handle_of(number))).version
            tokens = tokens_of(number, f"turn{turn}")
            assert await vault.connections.replace_tokens(handle_of(number), version=version, tokens=tokens)
            saved[number] = f"turn{turn}"
            await asyncio.sleep(0.005)

    tasks = [asyncio.create_task(read(reader)) for reader in range(8)] + [asyncio.create_task(refresh())]
    try:
        yield reads
    finally:
        over.set()
        await asyncio.gather(*tasks)
        for vault in vaults:
            await vault.close()


async def check_all(vault: Vault, saved: dict[int, str]) -> None:
    for number in range(CONNECTIONS):
        opened = await vault.connections.open(handle_of(number))
        wanted = tokens_of(number, saved.get(number, "first"))
        assert opened.tokens.access.reveal() == wanted.access.reveal()
        assert opened.tokens.refresh
        assert wanted.refresh
        assert opened.tokens.refresh.reveal() == wanted.refresh.reveal()


async def test_under_load_nothing_is_refused_and_the_old_key_opens_nothing_more(place: Place, tmp_path: Path):
    aside = Path(shutil.copy(place.key_file, tmp_path / "aside.key"))
    (old,) = await place.counted()
    saved: dict[int, str] = {}
    async with in_use(place, saved) as reads:
        ended = await place.rotate(QUICK)
        during = reads[0]
    assert during > 50
    assert saved
    assert (ended.stage, ended.old_key, ended.left) == ("retired", old, 0)
    assert await place.counted() == {ended.new_key: SEALED}
    assert LocalKeys.from_existing(place.key_file).key_ids == (ended.new_key,)
    vault = await place.vault()
    await check_all(vault, saved)
    await vault.close()
    database, envelope = Database(place.url), Envelope(LocalKeys.from_existing(aside))
    for column in SEALED_COLUMNS:
        [rows] = await database.rows(select(column.table).where(column.column.is_not(None)))
        assert rows
        for row in rows:
            with pytest.raises(WrongKey):
                await envelope.open(getattr(row, column.column.key), column.context(row))
    await database.close()
    with pytest.raises(WrongKey):
        await Vault.open(place.url, LocalKeys.from_existing(aside))


async def test_two_rotations_that_start_at_once_are_one(place: Place):
    # The second has a connection of its own, as another process has.
    other = Place(await Client.connect(place.env["TEMPORAL_ADDRESS"], plugins=[plugin()]), place.folder)
    first, second = await asyncio.gather(place.rotate(QUICK), other.rotate(QUICK))
    assert first == second
    assert await place.counted() == {first.new_key: SEALED}
    assert len(LocalKeys.from_existing(place.key_file).key_ids) == 1


async def test_the_next_rotation_is_another_one(place: Place):
    first, second = await place.rotate(QUICK), await place.rotate(QUICK)
    assert second.old_key == first.new_key != second.new_key
    assert await place.counted() == {second.new_key: SEALED}


async def test_while_a_process_still_seals_with_the_old_key_it_is_not_given_up(place: Place):
    text = place.key_file.read_text(encoding="ascii")
    stale = await Vault.open(place.url, LocalKeys.from_text(text))  # it never looks at the file again
    (old,) = await place.counted()
    rotating = asyncio.create_task(place.rotate(Order(grace_seconds=5)))
    try:
        for number in range(6):
            await stale.variables.set("late", f"KEY_{number}", "secret", secret=True, hosts=["a.example"])
            await asyncio.sleep(1)
            assert old in LocalKeys.from_existing(place.key_file).key_ids
            assert not rotating.done()
    finally:
        await stale.close()
    ended = await asyncio.wait_for(rotating, 60)
    assert await place.counted() == {ended.new_key: SEALED + 6}
    vault = await place.vault()
    assert (await vault.variables.open("late", "KEY_3")).reveal() == "secret"
    await vault.close()


async def test_after_the_last_rewrap_the_old_key_is_kept_for_the_grace(place: Place):
    """Whoever read a row before it was rewrapped must still be able to open what it read."""
    order = Order(grace_seconds=4)
    rotating = asyncio.create_task(place.rotate(order))

    async def waiting() -> bool:
        progress = await under_way(place.client)
        return progress is not None and progress.stage == "waiting"

    await eventually(waiting)
    assert set(await place.counted()) == {(await under_way(place.client) or Progress()).new_key}
    assert len(LocalKeys.from_existing(place.key_file).key_ids) == 2
    ended = await asyncio.wait_for(rotating, 60)
    handle = place.client.get_workflow_handle(ID)
    times = {event.event_type: event.event_time.ToSeconds() async for event in handle.fetch_history_events()}
    assert max(times.values()) - min(times.values()) >= 4
    assert ended.stage == "retired"


async def test_where_a_value_opens_with_no_key_the_old_keys_are_kept(place: Place):
    vault = await place.vault()
    row_id = (await vault.connections.get(handle_of(7))).id
    await vault.close()
    database = Database(place.url)
    async with database.write() as connection:
        moved = select(connections.c.refresh).where(connections.c.id == row_id).scalar_subquery()
        await connection.execute(update(connections).where(connections.c.id == row_id).values(access=moved))
    await database.close()
    ended = await place.rotate(QUICK)
    assert (ended.stage, ended.left, ended.unreadable) == ("unreadable", 1, [f"connections.access of {row_id}"])
    assert len(LocalKeys.from_existing(place.key_file).key_ids) == 2
    assert sum((await place.counted()).values()) == SEALED


async def test_with_a_wrong_key_it_ends_and_nothing_has_changed(place: Place, tmp_path: Path):
    wrong, before = tmp_path / "wrong.key", await place.counted()
    LocalKeys.from_file(wrong)
    content = wrong.read_bytes()
    with pytest.raises(RotationFailed, match="wrong-key"):
        await place.rotate(QUICK, path=wrong)
    assert (wrong.read_bytes(), await place.counted()) == (content, before)


async def test_a_key_given_as_text_is_made_by_the_operator(place: Place):
    text = place.key_file.read_text(encoding="ascii").strip()
    with pytest.raises(RotationFailed, match=r"openssl rand.*key-not-rotatable"):
        await place.rotate(QUICK, text=text)
    new = base64.b64encode(secrets.token_bytes(32)).decode()
    ended = await place.rotate(QUICK, text=f"{new} {text}")
    assert await place.counted() == {LocalKeys.from_text(new).key_ids[0]: SEALED}
    vault = await Vault.open(place.url, LocalKeys.from_text(new))
    await check_all(vault, {})
    await vault.close()
    assert ended.stage == "retired"


class Flickering(LocalKeys):
    """A provider that does not answer every other time."""

    calls = 0

    async def rewrap(self, items: Sequence[tuple[WrappedKey, bytes]]) -> list[WrappedKey]:
        self.calls += 1
        if self.calls % 2:
            raise VaultUnavailable("The key provider does not answer.")
        return await super().rewrap(items)


async def test_an_outage_of_the_key_provider_is_waited_for_and_told(place: Place, caplog: pytest.LogCaptureFixture):
    database = Database(place.url)
    await begin(place.client, Order(grace_seconds=0, page=200))
    async with rotator(place.client, Rotation(database, Flickering.from_existing(place.key_file))):
        ended = await follow(place.client, lambda _: None)
    await database.close()
    assert await place.counted() == {ended.new_key: SEALED}
    assert "The key provider does not answer. It is tried again." in caplog.messages


async def test_it_goes_on_when_its_history_is_long(place: Place, monkeypatch: pytest.MonkeyPatch):
    def long(_: workflow.Info) -> bool:
        return True

    monkeypatch.setattr(workflow.Info, "is_continue_as_new_suggested", long)
    shown: list[Progress] = []
    async with open_rotations(place.url, None, place.key_file) as rotations:
        first = await place.client.start_workflow(KeyRotation.run, QUICK, id=ID, task_queue=queue_of(MASTER))
        async with rotator(place.client, rotations["master"]):
            ended = await follow(place.client, shown.append)
    last = await place.client.get_workflow_handle(ID).describe()
    assert last.run_id != first.first_execution_run_id
    assert (ended.stage, ended.rewrapped) == ("retired", SEALED)
    assert await place.counted() == {ended.new_key: SEALED}
    assert len(LocalKeys.from_existing(place.key_file).key_ids) == 1
