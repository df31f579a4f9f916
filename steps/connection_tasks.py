"""What a worker does with a connection that no run asks for: revoke it, try it out, tell of it.

Each is a small workflow that runs an activity, for a token is opened in a worker's activity and nowhere else.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy, VersioningBehavior, WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError, is_cancelled_exception

if TYPE_CHECKING:
    from temporalio.client import Client

DELETE, TEST, TELL = "steps.connection.delete", "steps.connection.test", "steps.connection.tell"
NAMES = (DELETE, TEST, TELL)
REVOKE_ATTEMPTS = 12
TELL_FOR = timedelta(days=1)
TEST_SECONDS = 12.0  # for the call and whatever refresh it needs
_ONE_REVOCATION = timedelta(seconds=45)
_ONE_DELIVERY = timedelta(seconds=30)
_ONE_CHANGE = timedelta(seconds=30)
_RPC_TIMEOUT = timedelta(seconds=5)
_REVOKING = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1), maximum_attempts=REVOKE_ATTEMPTS
)
_FORGETTING = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_TELLING = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(hours=1))
_ONCE = RetryPolicy(maximum_attempts=1)


class Doomed(BaseModel):
    """A connection that is to be deleted."""

    id: str
    handle: str


class Revoked(BaseModel):
    """What the provider said about the pair of this version; without one, about whatever pair there is."""

    revocation: Literal["revoked", "refused", "unreached", "impossible"]
    version: int | None = None


class Forgetting(Doomed, Revoked):
    """A connection that can go now."""


class Tested(BaseModel):
    """What a provider said to a connection's token; `type` is that of an error."""

    ok: bool
    type: str | None = None
    message: str | None = None


class Told(BaseModel):
    """An event of a connection, without anything secret."""

    id: str
    at: datetime
    type: str
    data: dict[str, Any]


@workflow.defn(name=DELETE, sandboxed=False)
class Deletion:
    """Revoke a connection at its provider, and then forget it: also where the provider cannot be reached."""

    @workflow.run
    async def run(self, doomed: Doomed) -> str:
        """Return what became of the authorization."""
        while True:
            revoked = await self._revoke(doomed)
            forgetting = Forgetting(**doomed.model_dump(), **revoked.model_dump())
            if await workflow.execute_activity(
                "forget_connection",
                forgetting,
                result_type=bool,
                start_to_close_timeout=_ONE_CHANGE,
                retry_policy=_FORGETTING,
                summary=f"forget {doomed.handle}",
            ):
                return revoked.revocation

    async def _revoke(self, doomed: Doomed) -> Revoked:
        try:
            return await workflow.execute_activity(
                "revoke_connection",
                doomed,
                result_type=Revoked,
                start_to_close_timeout=_ONE_REVOCATION,
                retry_policy=_REVOKING,
                summary=f"revoke {doomed.handle} at its provider",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
        return Revoked(revocation="unreached")


@workflow.defn(name=TEST, sandboxed=False)
class Trial:
    """Try a connection out, once, for somebody who waits for the answer."""

    @workflow.run
    async def run(self, handle: str) -> Tested:
        """Return what the provider said."""
        return await workflow.execute_activity(
            "test_connection",
            handle,
            result_type=Tested,
            start_to_close_timeout=timedelta(seconds=TEST_SECONDS + 2),
            retry_policy=_ONCE,
            summary=f"test {handle}",
        )


@workflow.defn(name=TELL, sandboxed=False)
class Telling:
    """Send an event to whoever wants it, until it is taken or a day is over."""

    @workflow.run
    async def run(self, told: Told) -> bool:
        """Tell whether it was taken."""
        try:
            await workflow.execute_activity(
                "tell_event",
                told,
                start_to_close_timeout=_ONE_DELIVERY,
                schedule_to_close_timeout=TELL_FOR,
                retry_policy=_TELLING,
                summary=f"{told.type} · {told.data.get('handle')}",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("The event %s (%s) was not taken, and is given up", told.id, told.type)
            return False
        return True


@workflow.defn(name=TELL, sandboxed=False, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class TellingOnAnyBuild(Telling):
    """The same where runs are pinned to a build: no build should have to stay for a day of attempts."""

    @workflow.run
    async def run(self, told: Told) -> bool:
        """Tell whether it was taken."""
        return await super().run(told)


def connection_workflows(*, versioned: bool) -> list[type[Any]]:
    """Return them for a worker."""
    return [Deletion, Trial, TellingOnAnyBuild if versioned else Telling]


async def begin_deletion(client: Client, task_queue: str, doomed: Doomed) -> None:
    """Start a deletion, unless it goes on already; one that ended without its work done is made anew."""
    policy = WorkflowIDReusePolicy.ALLOW_DUPLICATE
    await _begin(client, task_queue, DELETE, doomed, f"connections/delete/{doomed.id}", policy, doomed.handle)


async def begin_telling(client: Client, task_queue: str, told: Told) -> None:
    """Start to tell of an event, unless somebody has: repeating it is safe."""
    policy = WorkflowIDReusePolicy.REJECT_DUPLICATE
    await _begin(client, task_queue, TELL, told, f"connections/events/{told.id}", policy, told.type)


async def _begin(
    client: Client, task_queue: str, name: str, given: BaseModel, id: str, policy: WorkflowIDReusePolicy, summary: str
) -> None:
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            name,
            given,
            id=id,
            task_queue=task_queue,
            id_reuse_policy=policy,
            static_summary=summary,
            rpc_timeout=_RPC_TIMEOUT,
        )
