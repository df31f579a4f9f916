"""`api.dedupe`: which run is the first to see a key.

The first one to ask starts a small workflow under an id that is made from the key; while it runs, Temporal's server
refuses to start it again. So the server decides, atomically and once, and its answer stands in the history of the run
that asked: an answer that is lost on the way cannot be misread, as that of an activity could.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio import workflow
from temporalio.common import VersioningBehavior, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from steps.connection_tasks import connection_workflows
from steps.delay import Delay, parse_delay
from steps.errors import DelayInvalid, RequestInvalid
from steps.naming import slug
from steps.notion.upserts import Upsert

if TYPE_CHECKING:
    from steps.branch import Branch
    from steps.claims import Claims

NAME = "steps.dedupe"
MAX_KEY_CHARACTERS = 1_000
# Where no worker is there to let the window end, Temporal ends it this much later.
_GRACE = timedelta(seconds=10)


@workflow.defn(name=NAME, sandboxed=False)
class Seen:
    """Stand for a key that was seen, until its window is over."""

    @workflow.run
    async def run(self, seconds: float) -> None:
        """Sleep until `seconds` after the start."""
        over = workflow.info().start_time + timedelta(seconds=seconds)
        await workflow.sleep(max((over - workflow.now()).total_seconds(), 0.001), summary="until the window is over")


@workflow.defn(name=NAME, sandboxed=False, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class SeenOnAnyBuild(Seen):
    """The same where runs are pinned to a build: no build should have to stay for a window of 400 days."""

    @workflow.run
    async def run(self, seconds: float) -> None:
        """Sleep until `seconds` after the start."""
        await super().run(seconds)


def own_workflows(*, versioned: bool = False) -> list[type[Any]]:
    """Return what a worker runs beside the authors' workflows; Temporal wants a versioned worker's marked as such."""
    return [SeenOnAnyBuild if versioned else Seen, Upsert, *connection_workflows(versioned=versioned)]


async def first_to_see(claims: Claims, branch: Branch | None, key: str, window: Delay) -> bool:
    """Tell whether no other branch has seen the key within the window; a hook has no branch.

    Raises:
        RequestInvalid: the key is no text of 1 to 1,000 characters, or the run holds too many.
        DelayInvalid: the window is no length of time, or 0, or over 400 days.
    """
    digest, length = _digest(key), parse_delay(window)
    if not length:
        raise DelayInvalid("The window of dedupe must be longer than 0.")
    if branch and (known := claims.answer(branch.id, branch.attempt, digest, workflow.now())) is not None:
        return known
    claims.check_room(workflow.now())
    claims.asking += 1
    try:
        child = await _start(digest, length)
    except WorkflowAlreadyStartedError:
        return False
    finally:
        claims.asking -= 1
    claims.open += 1
    child.add_done_callback(lambda task: _over(claims, task))
    if branch:
        claims.claim(branch.id, branch.attempt, digest, workflow.now() + length)
    return True


async def _start(digest: str, length: timedelta) -> asyncio.Task[Any]:
    kind = workflow.info().workflow_type
    return await workflow.start_child_workflow(
        NAME,
        length.total_seconds(),
        id=f"seen/{slug(kind)}/{digest}",
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        execution_timeout=length + _GRACE,
        static_summary=f"A key that {kind} has seen",
    )


def _over(claims: Claims, child: asyncio.Task[Any]) -> None:
    claims.open -= 1
    if not child.cancelled():
        child.exception()  # asyncio complains of one that nobody looked at


def _digest(key: object) -> str:
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        raise RequestInvalid(f"The key of dedupe is a text of 1 to {MAX_KEY_CHARACTERS} characters.")
    # Keys may be mail addresses; ids are shown everywhere, and are never encrypted.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
