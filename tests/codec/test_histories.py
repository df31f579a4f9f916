"""What Temporal's server keeps of a run whose payloads are encrypted."""

from __future__ import annotations

import asyncio
import base64
import secrets
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from codec.errors import PayloadKeyUnknown
from codec.keys import read_keys
from steps.calls import cut
from temporal import plugin
from tests.codec.surfaced import STEP, scheduled, surfaced
from tests.codec.surfaces import CANARY, Beats, Headers, beats, said
from tests.conftest import binary, eventually
from tests.steps.harness import ALL_FLOWS, Outside, ended, runs_of, start, working
from tests.steps.waiting import armed, opened, resume

pytestmark = pytest.mark.server


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


ONE, TWO = key("one"), key("two")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("encrypted")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(folder: Path) -> AsyncIterator[str]:
    """A server whose whole database is in a file."""
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_database_filename=str(folder / "temporal.db"),
        search_attributes=[STEP],
    ) as environment:
        yield environment.client.service_client.config.target_host


async def connected(address: str, keys: str = "") -> Client:
    return await Client.connect(address, plugins=[plugin(read_keys(keys))], interceptors=[Headers()])


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("temporal.db*"))


async def test_nothing_of_a_run_can_be_read_in_temporals_database(address: str, folder: Path) -> None:
    client = await connected(address, ONE)
    handle = await surfaced(client)
    await scheduled(client)
    for run in await runs_of(client, handle):
        for event in run.events:
            assert CANARY.encode() not in event.SerializeToString(), event
    described = (await client.get_workflow_handle(handle.id).describe()).raw_description
    assert CANARY.encode() not in described.SerializeToString()
    database = stored(folder)
    assert CANARY.encode() not in database
    assert base64.b64encode(CANARY.encode())[:12] not in database
    # What stays readable, as docs/payload-encryption.md says.
    for word in ("readable-id", "Surfaces", "readable-attribute", "Readable", "readable-note", "hangs", "note", "look"):
        assert word == "look" or word.encode() in database, word


async def test_the_look_for_it_finds_it_where_nothing_is_encrypted(address: str, folder: Path) -> None:
    handle = await surfaced(await connected(address))
    found = b"".join(
        event.SerializeToString() for run in await runs_of(await connected(address), handle) for event in run.events
    )
    places = ("a first input", "an input", "a result", "an activity", "an activity's cause", "an activity's details",
              "a last heartbeat", "a timer", "a later memo", "a memo", "a header", "a signal's header",
              "a signal", "an update", "an update's result", "a child's input", "a child's memo", "a child's summary",
              "a next input", "a next memo", "a failed task", "a run", "a run's cause", "a static summary",
              "static details", "a summary")  # fmt: skip
    assert [place for place in places if said(place).encode() not in found] == []
    assert CANARY.encode() in stored(folder)


async def test_an_encrypted_history_replays_with_the_key_alone(address: str) -> None:
    client = await connected(address, ONE)
    async with working(client, Outside({"TABLE": "t1"})) as queue:
        handle = await start(client, queue, "Journey", {"name": "#1"})
        await asyncio.gather(ended(handle), return_exceptions=True)
    history = await handle.fetch_history()
    for text in (ONE, f"{TWO} {ONE}"):
        await Replayer(workflows=ALL_FLOWS, plugins=[plugin(read_keys(text))]).replay_workflow(history)
    for text in ("", TWO):
        with pytest.raises(Exception, match=r"STEPS_PAYLOAD_KEYS"):
            await Replayer(workflows=ALL_FLOWS, plugins=[plugin(read_keys(text))]).replay_workflow(history)


def key_ids(history: WorkflowHistory) -> set[str]:
    """Return the ids of the keys that a history's payloads name."""
    text = history.to_json()
    return {name for name in ("one", "two") if base64.b64encode(name.encode()).decode() in text}


async def failed_tasks(client: Client, run_id: str) -> list[str]:
    """Return why tasks of a run have failed, as somebody with the key reads it."""
    found: list[str] = []
    async for event in client.get_workflow_handle(run_id).fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failure = event.workflow_task_failed_event_attributes.failure
            both = plugin(read_keys(f"{ONE} {TWO}")).data_converter
            assert isinstance(both, DataConverter)
            found.append(str(await both.decode_failure(failure)))
    return found


async def test_the_first_key_can_change_under_a_run_that_goes_on(address: str) -> None:
    old, between, new = [await connected(address, keys) for keys in (ONE, f"{ONE} {TWO}", f"{TWO} {ONE}")]
    queue = f"rotation-{uuid.uuid4()}"
    async with working(old, queue=queue):
        handle, token = await opened(old, queue)
    for client in (between, new):
        async with working(client, queue=queue):
            assert (await armed(client.get_workflow_handle(handle.id))).waiting
    async with working(new, queue=queue):
        handle = new.get_workflow_handle(handle.id)
        await resume(handle, token, {"answer": "yes"})
        assert (await ended(handle)).result == {"resumed": {"event": {"answer": "yes"}}, "step": "resumed"}
    assert key_ids(await handle.fetch_history()) == {"one", "two"}


async def test_a_run_waits_while_no_worker_has_its_key(address: str) -> None:
    """Side by side, for Temporal gives a failed task to another worker after ten seconds."""
    await asyncio.gather(*(_waits_for_its_key(address, other) for other in ("", TWO)))


async def _waits_for_its_key(address: str, keys: str) -> None:
    client, other = await connected(address, ONE), await connected(address, keys)
    queue = f"keyless-{uuid.uuid4()}"
    async with working(client, queue=queue):
        handle, token = await opened(client, queue)
    async with working(other, queue=queue):
        await handle.signal("checkpoint")
        reasons = await eventually(lambda: failed_tasks(client, handle.id))
        assert "'one', which STEPS_PAYLOAD_KEYS of this process does not hold" in reasons[0]
    payloads = (await handle.fetch_history()).events[0].workflow_execution_started_event_attributes.input.payloads
    with pytest.raises(PayloadKeyUnknown, match="'one'"):
        await other.data_converter.decode(payloads)
    async with working(client, queue=queue):
        await resume(handle, token)
        assert (await ended(handle)).failures == []


async def test_a_call_that_one_worker_cannot_read_is_left_to_another(address: str) -> None:
    client, other = await connected(address, ONE), await connected(address, TWO)
    queue = f"calls-{uuid.uuid4()}"
    async with Worker(client, task_queue=queue, workflows=[Beats]):
        async with Worker(client, task_queue=queue, activities=[beats]):
            handle = await client.start_workflow(Beats.run, said("an input"), id=f"beats/{queue}", task_queue=queue)
            await eventually(lambda: attempt(handle, 2))  # the first one has left a heartbeat's details
        async with Worker(other, task_queue=queue, activities=[beats]):
            await eventually(lambda: attempt(handle, 3))
        async with Worker(client, task_queue=queue, activities=[beats]):
            assert await handle.result() == said("a heartbeat")


async def attempt(handle: WorkflowHandle[Any, Any], number: int) -> bool:
    (pending,) = (await handle.describe()).raw_description.pending_activities
    return pending.attempt >= number


async def test_a_plain_run_goes_on_when_encryption_begins(address: str) -> None:
    plain, client = await connected(address), await connected(address, ONE)
    queue = f"mixed-{uuid.uuid4()}"
    async with working(plain, queue=queue):
        handle, token = await opened(plain, queue)
    async with working(client, queue=queue):
        handle = client.get_workflow_handle(handle.id)
        await resume(handle, token)
        assert (await ended(handle)).failures == []
        # A program that has no key may still start runs.
        other = await start(plain, queue, "Echo", {"name": "#2"})
        assert (await ended(client.get_workflow_handle(other.id))).failures == []


async def test_the_longest_summary_still_fits_when_it_is_encrypted(address: str) -> None:
    client = await connected(address, f"{'i' * 32}:{ONE.partition(':')[2]}")
    text = cut("é" * 200)
    assert len(text.encode()) == 200
    queue = f"summaries-{uuid.uuid4()}"
    async with working(client, queue=queue):
        handle = await client.start_workflow(
            "Echo", {"data": text}, id=f"sums/{uuid.uuid4()}", task_queue=queue, static_summary=text
        )
        assert (await ended(handle)).failures == []
