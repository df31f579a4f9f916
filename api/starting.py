"""Starting runs: one delivery, one run."""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from api.problems import BodyTooLarge, IdempotencyKeyReused, WorkflowUnknown
from api.reach import RPC_TIMEOUT, reaching_temporal
from steps.attributes import at_start
from steps.branch import Trigger
from steps.handles import handles_of
from steps.naming import slug
from steps.payload import check
from steps.workflow import Workflow
from telemetry.place import note_run, note_workflow
from temporal import attributes_known

MAX_START_BYTES = 2_000_000  # a little under the 2 MiB at which Temporal refuses a payload
Origin = Literal["api", "hook", "notion", "test"]
_BY: dict[Origin, str] = {
    "hook": "by its trigger", "api": "by the API", "notion": "by an event of Notion", "test": "to try it out",
}  # fmt: skip
_PLAIN_KEY = re.compile(r"(?!\.\.?\Z)[A-Za-z0-9._-]{1,100}")


@dataclass(frozen=True)
class Started:
    """A run, and whether an earlier delivery had started it."""

    id: str
    duplicate: bool


@dataclass(frozen=True)
class Start:
    """A run that is to be started. `token` tells it from another start of the same id."""

    name: str
    trigger: Trigger
    run_id: str
    task_queue: str
    origin: Origin
    connections: Sequence[str] = ()
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    async def options(self, client: Client) -> dict[str, Any]:
        """Return what every way to start it has in common."""
        by = _BY[self.origin]
        return {
            "id": self.run_id,
            "task_queue": self.task_queue,
            "id_reuse_policy": WorkflowIDReusePolicy.REJECT_DUPLICATE,
            "static_summary": f"{self.name}, started {by}",
            "memo": {"digest": body_digest(self.trigger), "trigger": self.origin, "start": self.token},
            **await found_by(client, self.name, self.origin, self.connections),
        }


async def found_by(client: Client, name: str, trigger: str, connections: Sequence[str] = ()) -> dict[str, Any]:
    """Return the search attributes of a new run, where Temporal knows them."""
    return {"search_attributes": at_start(name, trigger, connections)} if await attributes_known(client) else {}


async def start_run(
    client: Client,
    task_queue: str,
    name: str,
    cls: type[Workflow],
    trigger: Trigger,
    *,
    key: str | None,
    origin: Origin,
) -> Started:
    """Start a run, unless the key has started one already, running or ended; return when Temporal has stored it.

    Raises:
        PayloadInvalid: the data is not what the workflow's `start` declares.
        BodyTooLarge: it is more than Temporal takes in.
        TemporalUnavailable: it may or may not have been stored; with a key, sending it again is safe.
    """
    start = prepare_start(task_queue, name, cls, trigger, key=key, origin=origin)
    return await store_start(client, start)


def prepare_start(
    task_queue: str, name: str, cls: type[Workflow], trigger: Trigger, *, key: str | None, origin: Origin
) -> Start:
    """Return a start that may be sent more than once, and starts one run.

    Raises:
        PayloadInvalid, BodyTooLarge: it cannot be sent at all.
    """
    check(cls, "start", trigger.data)
    trigger = fitting(trigger)
    run_id = f"{slug(name)}/{run_key(key, origin)}"
    note_workflow(name)
    note_run(run_id)
    return Start(name, trigger, run_id, task_queue, origin, handles_of(cls))


async def store_start(client: Client, start: Start) -> Started:
    """Start the run, unless its id has started one already; return when Temporal has stored it.

    Raises:
        TemporalUnavailable: it may or may not have been stored.
    """
    async with reaching_temporal():
        try:
            # FAIL and not USE_EXISTING: both refusals tell for certain that this call did not start the run.
            conflict = WorkflowIDConflictPolicy.FAIL
            await client.start_workflow(
                start.name,
                start.trigger,
                id_conflict_policy=conflict,
                rpc_timeout=RPC_TIMEOUT,
                **await start.options(client),
            )
        except WorkflowAlreadyStartedError:
            note_run(start.run_id, started=False)
            return Started(start.run_id, duplicate=True)
    return Started(start.run_id, duplicate=False)


async def check_same_body(client: Client, started: Started, trigger: Trigger) -> None:
    """Refuse a key that came before with other data.

    Raises:
        IdempotencyKeyReused: the run of this key was started with something else.
    """
    async with reaching_temporal():
        description = await client.get_workflow_handle(started.id).describe(rpc_timeout=RPC_TIMEOUT)
        earlier = (await description.memo()).get("digest")
    if earlier is not None and earlier != body_digest(trigger):
        raise IdempotencyKeyReused(
            f"The key started the run {started.id} with another body. Use a new key for a new request.", id=started.id
        )


def find_workflow(workflows: Mapping[str, type[Workflow]], name: str) -> type[Workflow]:
    """Return the workflow of this name.

    Raises:
        WorkflowUnknown: there is none; the closest name is suggested.
    """
    if found := workflows.get(name):
        return found
    known = sorted(workflows)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise WorkflowUnknown(f"There is no such workflow.{hint} Known: {', '.join(known) or 'none'}.", known=known)


def run_key(key: str | None, origin: Origin = "api") -> str:
    """Return the second half of a run's id: the key where it is readable, else its digest; without a key, a new one."""
    if key is None:
        random = base64.b32encode(secrets.token_bytes(10)).decode()[:12].lower()
        if origin == "test":
            return f"test-{random}"
        return f"{datetime.now(UTC):%Y%m%d}-{random}"
    if _PLAIN_KEY.fullmatch(key):
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def body_digest(trigger: Trigger) -> str:
    """Return the digest by which a repeated request is known from a different one; what it is given does not count."""
    canonical = json.dumps([trigger.data, trigger.headers], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def fitting(trigger: Trigger) -> Trigger:
    """Leave out what the run is given where there is no room beside the data: the run then reads it itself.

    Raises:
        BodyTooLarge: there is no room for the data either; with the size and the limit, in bytes.
    """
    if len(trigger.model_dump_json().encode()) <= MAX_START_BYTES:
        return trigger
    bare = trigger.model_copy(update={"given": None})
    size = len(bare.model_dump_json().encode())
    if size > MAX_START_BYTES:
        raise BodyTooLarge(
            f"Data and headers have {size} bytes; a run starts with at most {MAX_START_BYTES}. Send a link instead.",
            limit=MAX_START_BYTES,
            size=size,
        )
    return bare
