"""Recorded histories: what a run did, kept in a file, and replayed against the code that there is now."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from google.protobuf.message import Message
from temporalio.api.enums.v1 import TaskQueueKind
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from steps import Workflow
from temporal import plugin

# Who did it and on which lines: replay reads neither, and both tell of the machine.
_PLACES = {"identity", "stack_trace", "last_worker_identity", "worker_instance_key", "control_queue"}


@dataclass(frozen=True)
class Replayed:
    """What the replay of one file said; `problem` is why its run would park, or why the file tells nothing."""

    path: Path
    problem: str | None


async def chain(client: Client, run: str) -> AsyncIterator[WorkflowHistory]:
    """Give the history of each Temporal run that a run has rolled over to, the oldest that is kept first.

    Raises:
        SystemExit: there is no such run.
    """
    try:
        description = await client.get_workflow_handle(run).describe()
        first = description.raw_description.workflow_execution_info.first_run_id or description.run_id
        run_id = first if await _kept(client, run, first) else description.run_id
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise SystemExit(f"No run has the id {run!r}, or its retention is over.") from None
    while run_id:
        history = await client.get_workflow_handle(run, run_id=run_id).fetch_history()
        yield history
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id


async def _kept(client: Client, run: str, run_id: str) -> bool:
    try:
        await client.get_workflow_handle(run, run_id=run_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:  # retention has taken the beginning of a run that still goes on
            return False
        raise
    return True


def save(histories: Sequence[WorkflowHistory], name: str, folder: Path) -> list[Path]:
    """Write the histories of one run, without what tells where they were recorded; return the files.

    Payloads are kept as they are: they are what a step decides by.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for number, history in enumerate(histories, start=1):
        for event in history.events:
            _clean(event)
        path = folder / f"{name}{f'.{number}' if len(histories) > 1 else ''}.json"
        path.write_text(history.to_json() + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def file_name(history: WorkflowHistory) -> str:
    """Return a name for the file of a run: its workflow and its id, as far as a file's name can hold it."""
    started = history.events[0].workflow_execution_started_event_attributes
    return f"{started.workflow_type.name}.{re.sub(r'[^A-Za-z0-9_-]+', '-', started.workflow_id)[-100:]}"


def read(path: Path) -> WorkflowHistory:
    """Return a recorded history under the id of its run."""
    text = path.read_text(encoding="utf-8")
    events = WorkflowHistory.from_json("", text).events
    run = events[0].workflow_execution_started_event_attributes.workflow_id
    return WorkflowHistory(run or path.stem, events)


async def replay(paths: Iterable[Path], workflows: Iterable[type[Workflow]]) -> list[Replayed]:
    """Replay recorded histories; one of a run that was still under way is replayed as far as it goes."""
    classes = list(workflows)
    found: list[Replayed] = []
    for path in paths:
        try:
            result = await Replayer(workflows=classes, plugins=[plugin()]).replay_workflow(
                read(path), raise_on_replay_failure=False
            )
        except (ValueError, IndexError) as error:  # no JSON, no history, a workflow that is not there
            found.append(Replayed(path, _line(error)))
        else:
            found.append(Replayed(path, _line(result.replay_failure) if result.replay_failure else None))
    return found


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _clean(message: Message) -> None:
    if isinstance(message, TaskQueue) and message.kind == TaskQueueKind.TASK_QUEUE_KIND_STICKY:
        message.name = "sticky"  # the worker's own queue has the name of its machine
        return
    for descriptor, value in message.ListFields():
        if descriptor.name in _PLACES:
            cast("Any", message).ClearField(descriptor.name)  # the stub knows the names of the type above only
        elif isinstance(value, Message):
            _clean(value)
        elif descriptor.is_repeated and descriptor.message_type and not descriptor.message_type.GetOptions().map_entry:
            for item in value:
                _clean(item)
