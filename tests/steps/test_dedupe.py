"""`api.dedupe`: which run is the first to see a key."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, WorkerDeploymentConfig

from steps.branch import Branch, Carried
from steps.claims import Claim
from steps.dedupe import _digest  # pyright: ignore[reportPrivateUsage]  # what it tests
from temporal import plugin
from tests.conftest import binary, eventually
from tests.steps.dedupe_flows import DEDUPE_FLOWS
from tests.steps.harness import ended, run, runs_of, start, working


@pytest_asyncio.fixture(loop_scope="session")
async def skipping() -> AsyncIterator[Client]:
    """A server of virtual time for one test: its time stands still once a window ends after the run that opened it."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=binary("temporal-test-server"), plugins=[plugin()]
    ) as environment:
        yield environment.client


def new_key() -> str:
    return f"order {uuid.uuid4()}"


async def asked(client: Client, queue: str, *keys: Any, name: str = "Dedupes", **data: Any) -> Any:
    return (await ended(await start(client, queue, name, {"keys": keys, **data}))).result


def child_id(key: str, slug: str = "dedupes") -> str:
    return f"seen/{slug}/{_digest(key)}"


@pytest.mark.server
async def test_the_first_to_ask_is_told_so_and_the_second_is_not(dev_server: WorkflowEnvironment, served: str):
    key, other = new_key(), new_key()
    assert await asked(dev_server.client, served, key, key, other, key) == [True, False, True, False]
    assert await asked(dev_server.client, served, other, key) == [False, False]


@pytest.mark.server
async def test_each_workflow_has_keys_of_its_own(dev_server: WorkflowEnvironment, served: str):
    key = new_key()
    assert await asked(dev_server.client, served, key) == [True]
    assert await asked(dev_server.client, served, key, name="DedupesElsewhere") == [True]


@pytest.mark.server
async def test_of_fifty_runs_at_once_exactly_one_is_the_first(dev_server: WorkflowEnvironment):
    client, key = dev_server.client, new_key()
    async with working(client, max_cached_workflows=200) as queue:
        answers = await asyncio.gather(*(asked(client, queue, key) for _ in range(50)))
    assert sorted(answers) == [[False]] * 49 + [[True]]


@pytest.mark.server
async def test_a_claim_survives_the_worker(dev_server: WorkflowEnvironment):
    key = new_key()
    for answer in (True, False):
        async with working(dev_server.client) as queue:
            assert await asked(dev_server.client, queue, key) == [answer]


@pytest.mark.server
async def test_a_claim_survives_the_server(tmp_path: Path):
    key = new_key()
    for answer in (True, False):
        async with (
            await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
                dev_server_existing_path=binary("temporal"),
                dev_server_log_level="error",
                dev_server_database_filename=str(tmp_path / "temporal.db"),
                plugins=[plugin()],
            ) as environment,
            working(environment.client) as queue,
        ):
            assert await asked(environment.client, queue, key) == [answer]


@pytest.mark.server
async def test_the_key_stands_in_no_id_and_the_claim_outlives_a_cancelled_run(
    dev_server: WorkflowEnvironment, served: str
):
    client, key = dev_server.client, new_key()
    handle = await start(client, served, "Dedupes", {"keys": [key], "again": "1 hour"})
    child = client.get_workflow_handle(child_id(key))

    async def opened() -> bool:
        return (await child.describe()).status is WorkflowExecutionStatus.RUNNING

    await eventually(opened)
    await handle.cancel()
    await asyncio.gather(handle.result(), return_exceptions=True)
    assert await opened()
    assert key not in child.id
    description = await child.describe()
    assert description.workflow_type == "steps.dedupe"
    assert await asked(client, served, key) == [False]


async def test_when_the_window_is_over_the_key_is_new_again(skipping: Client):
    record = await run(skipping, "Dedupes", {"keys": [new_key(), new_key()], "window": "2 days", "again": "3 days"})
    assert [line.fields["first"] for line in record.log[:4]] == [True] * 4


async def test_within_the_window_it_is_not(skipping: Client):
    record = await run(skipping, "Dedupes", {"keys": [new_key()], "window": "2 days", "again": "1 day"})
    assert [line.fields["first"] for line in record.log[:2]] == [True, False]


@pytest.mark.server
@pytest.mark.parametrize(
    ("key", "window", "type", "says"),
    [
        ("", "1 day", "request-invalid", "1 to 1000 characters"),
        ("k" * 1_001, "1 day", "request-invalid", "1 to 1000 characters"),
        (7, "1 day", "request-invalid", "is a text"),
        (None, "1 day", "request-invalid", "is a text"),
        ("k", 0, "delay-invalid", "longer than 0"),
        ("k", -1, "delay-invalid", "negative"),
        ("k", "401 days", "delay-invalid", "longer than 400 days"),
        ("k", "a while", "delay-invalid", "not understood"),
    ],
)
async def test_what_cannot_be_asked_fails_the_step(
    dev_server: WorkflowEnvironment, served: str, key: Any, window: Any, type: str, says: str
):
    record = await ended(await start(dev_server.client, served, "Dedupes", {"keys": [key], "window": window}))
    [failure] = record.failures
    assert failure.type == type
    assert says in failure.message


@pytest.mark.server
async def test_any_text_can_be_a_key(dev_server: WorkflowEnvironment, served: str):
    keys = [f"{new_key()}/..%\n", f"é {new_key()}", "k" * 960 + new_key()[:40]]
    assert await asked(dev_server.client, served, *keys) == [True, True, True]


@pytest.mark.server
async def test_hooks_may_ask_too(dev_server: WorkflowEnvironment):
    async with working(dev_server.client) as queue:
        record = await ended(await start(dev_server.client, queue, "Dedupes", {"keys": [], "window": 1}))
        assert record.log[-1].message == "hook"
        again = await ended(await start(dev_server.client, queue, "Dedupes", {"keys": [], "fail": True}))
    assert record.log[-1].fields["first"] in ([True, False], [False, False])
    assert again.log[-1].fields == {"first": False}


@pytest.mark.server
@pytest.mark.parametrize(("attempt", "first"), [(1, False), (2, True), (5, True)])
async def test_a_later_attempt_of_the_step_that_claimed_is_the_first_again(
    dev_server: WorkflowEnvironment, served: str, attempt: int, first: bool
):
    key, now = new_key(), datetime.now(UTC)
    assert await asked(dev_server.client, served, key) == [True]
    branch = Branch(id=4, action="ask", due=now, payload={"keys": [key, key]}, attempt=attempt)
    claim = Claim(4, 1, _digest(key)[:16], int((now + timedelta(days=1)).timestamp()))
    carried = Carried(branches=[branch], next_id=5, claims=[claim]).model_dump(mode="json")
    handle = await start(dev_server.client, served, "Dedupes", carried=carried)
    assert (await ended(handle)).result == [first, False]


@pytest.mark.server
async def test_what_a_failed_step_claimed_stays_for_its_retry_over_roll_overs(
    dev_server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("steps.claims.ROLL_AT", 5)
    async with working(dev_server.client) as queue:
        handle = await start(dev_server.client, queue, "DedupesEachStep", {"left": 12})
        record = await ended(handle)
        assert len(await runs_of(dev_server.client, handle)) > 2, "open windows are pending children of a Temporal run"
    assert record.result is False
    [failure] = record.failures
    assert [(claim.branch, claim.attempt) for claim in record.claims] == [(failure.branch, 1)]


@pytest.mark.server
async def test_a_worker_without_a_cache_and_a_replay_get_the_same_answers(dev_server: WorkflowEnvironment):
    key = new_key()
    async with working(dev_server.client, max_cached_workflows=0) as queue:
        handle = await start(dev_server.client, queue, "Dedupes", {"keys": [key, key], "window": 1, "again": 3})
        record = await ended(handle)
    assert [line.fields["first"] for line in record.log[:4]] == [True, False, True, False]
    await Replayer(workflows=DEDUPE_FLOWS, plugins=[plugin()]).replay_workflow(await handle.fetch_history())


@pytest.mark.server
async def test_where_runs_are_pinned_to_builds_an_open_window_is_not(dev_server: WorkflowEnvironment):
    client, key, name = dev_server.client, new_key(), f"deployment-{uuid.uuid4().hex}"
    deployment = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=name, build_id="one"),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )
    async with working(client, deployment_config=deployment) as queue:

        async def current() -> bool:
            await client.workflow_service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(namespace="default", deployment_name=name, build_id="one")
            )
            return True

        await eventually(current)
        assert await asked(client, queue, key, key) == [True, False]

        async def upgrades() -> bool:
            info = (await client.get_workflow_handle(child_id(key)).describe()).raw_info.versioning_info
            return info.behavior == VersioningBehavior.AUTO_UPGRADE.value

        await eventually(upgrades)
