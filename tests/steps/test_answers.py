"""The one answer of a run, through its roll-overs and its end."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from steps.answer import Answer, Answered
from steps.answers import NO_ANSWER
from steps.branch import Branch, Carried
from temporal import plugin
from tests.conftest import eventually
from tests.steps.answer_flows import ANSWER_FLOWS
from tests.steps.harness import ended, runs_of, start, working

pytestmark = pytest.mark.server


async def ask(handle: WorkflowHandle[Any, Any]) -> Answer | None:
    return (await handle.execute_update("answer", id="answer", result_type=Answered)).answer  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap


async def test_a_caller_that_starts_the_run_gets_the_answer_and_a_replay_gets_there_too(
    dev_server: WorkflowEnvironment,
):
    client = dev_server.client
    async with working(client, max_cached_workflows=0) as queue:
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            "AnswersAndGoesOn", {"data": {"left": 2}}, id=f"answers/{uuid.uuid4()}", task_queue=queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        )  # fmt: skip
        answered = await client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
            "answer", id="answer", start_workflow_operation=operation, result_type=Answered
        )
        handle = await operation.workflow_handle()
        record = await ended(handle)
    assert answered.answer == record.answer == Answer(value={"answer": 2})
    assert record.result == "went on"
    await Replayer(workflows=ANSWER_FLOWS, plugins=[plugin()]).replay_workflow(await handle.fetch_history())


async def test_an_answer_is_kept_over_roll_overs(dev_server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("steps.journal.MAX_ROWS", 3)
    async with working(dev_server.client) as queue:
        handle = await start(dev_server.client, queue, "AnswersAndGoesOn", {"left": 10})
        record = await ended(handle)
        assert len(await runs_of(dev_server.client, handle)) > 2
    assert record.answer == Answer(value={"answer": 10})


async def test_a_run_that_rolls_over_before_its_start_sends_the_caller_to_its_next_part(
    dev_server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("steps.journal.MAX_ROWS", 1)
    now = datetime.now(UTC)
    first = Branch(id=1, action="go_on", due=now + timedelta(seconds=1), payload={"left": 0})
    retried = Branch(id=0, action="start", due=now + timedelta(seconds=3), payload={"left": 0}, attempt=2)
    carried = Carried(branches=[first, retried], next_id=2).model_dump(mode="json")
    async with working(dev_server.client) as queue:
        handle = await start(dev_server.client, queue, "AnswersAndGoesOn", carried=carried)
        assert await ask(handle) is None, "it must not keep the run from rolling over"

        async def answered() -> Answer | None:
            return await ask(handle)

        assert await eventually(answered) == Answer(value={"answer": 0})
        assert (await ended(handle)).answer == Answer(value={"answer": 0})


async def test_a_run_that_cannot_be_read_has_failed_to_answer(dev_server: WorkflowEnvironment, served: str):
    handle = await start(dev_server.client, served, "AnswersAndGoesOn", unknown=1)
    record = await ended(handle)
    assert record.failures[0].type == "payload-invalid"
    assert record.answer == Answer(status=500, failed=True)


async def refused(client: Client, queue: str, name: str, carried: Any) -> str | None:
    handle = await start(client, queue, name, carried=carried)
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await ask(handle)
    await handle.terminate()
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause.type


@pytest.mark.parametrize(("name", "action"), [("AnswersAndGoesOn", "go_on"), ("AnswersNobody", "start")])
async def test_nobody_waits_for_an_answer_that_will_not_come(
    dev_server: WorkflowEnvironment, served: str, name: str, action: str
):
    later = Branch(id=3, action=action, due=datetime.now(UTC) + timedelta(hours=1))
    carried = Carried(branches=[later], next_id=4).model_dump(mode="json")
    assert await refused(dev_server.client, served, name, carried) == NO_ANSWER


async def test_a_workflow_that_does_not_answer_keeps_none(dev_server: WorkflowEnvironment, served: str):
    record = await ended(await start(dev_server.client, served, "AnswersNobody"))
    assert (record.result, record.answer) == ("nothing to tell", None)
    assert "answer" not in record.model_dump()
