"""The activities of a simulated run: each asks the world that its run belongs to."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError

from steps.errors import ConnectionNeedsReauthorization, StepsError
from steps.given import Given
from steps.http import ConnectionRequest, FetchRequest, NotionRequest, Response, VariablesRequest
from steps.notion.records import RecordAnswer, RecordRequest
from steps.reconnection import ACTIVITY
from steps.resume_token import make_token
from steps.testing.outside import Outside
from steps.testing.progress import FailedAttempt
from steps.wait import OpenedWait, WaitRequest

T = TypeVar("T")
_NEXT_LOOK = timedelta(hours=6)
_SIGNATURE = "simulated".ljust(43, "-")


class StandIns:
    """What a worker registers, under the names of the real ones."""

    def __init__(self) -> None:
        self._worlds: dict[str, tuple[Outside, asyncio.AbstractEventLoop]] = {}
        self.failed: dict[tuple[str, str], FailedAttempt] = {}
        self.clock: Callable[[], Awaitable[datetime]] = _wall_clock

    def enter(self, run_id: str, outside: Outside) -> None:
        """Let this world answer a run, in the event loop of the caller."""
        self._worlds[run_id] = outside, asyncio.get_running_loop()

    def leave(self, run_id: str) -> None:
        """Answer a run no more."""
        self._worlds.pop(run_id, None)

    def all(self) -> list[Callable[..., Any]]:
        """Return the activities."""
        return [
            self.fetch, self.notion, self.record, self.resolve_connection, self.await_connection, self.read_variables,
            self.open_wait, self.call_activity,
        ]  # fmt: skip

    @activity.defn(name="fetch")
    async def fetch(self, request: FetchRequest) -> Response:
        """Answer `api.fetch`."""
        return await self._answer(lambda outside, info: outside.answer(outside.fetch(request, info), info))

    @activity.defn(name="notion")
    async def notion(self, request: NotionRequest) -> dict[str, Any]:
        """Answer `api.notion`."""
        return await self._answer(lambda outside, info: outside.answer(outside.call_notion(request, info), info))

    @activity.defn(name="record")
    async def record(self, request: RecordRequest) -> RecordAnswer:
        """Answer what `api.notion` does with records, also where a run's child asks."""
        return await self._answer(
            lambda outside, info: outside.answer(outside.call_record(request, info), info), run_id=request.run
        )

    @activity.defn(dynamic=True)
    async def call_activity(self, arguments: Sequence[RawValue]) -> Any:
        """Answer `api.call`."""
        converter = activity.payload_converter()
        plain = [converter.from_payload(argument.payload) for argument in arguments]
        name = activity.info().activity_type
        return await self._answer(lambda outside, info: outside.answer(outside.call_activity(name, plain, info), info))

    @activity.defn(name="read_variables")
    async def read_variables(self, request: VariablesRequest) -> Given:
        """Return the variables of the world, and no connection: a step that asks for one finds it as it is then."""
        return await self._answer(lambda outside, _info: _later(lambda: Given(env=outside.secrets.env())))

    @activity.defn(name="resolve_connection")
    async def resolve_connection(self, request: ConnectionRequest) -> str:
        """Return the sealed reference of a connection of the world."""
        return await self._answer(lambda outside, _info: _later(lambda: outside.secrets.token(request.handle)))

    @activity.defn(name=ACTIVITY)
    async def await_connection(self, request: ConnectionRequest) -> None:
        """Fail until the connection of the world is there again."""

        def look(outside: Outside) -> None:
            try:
                outside.secrets.find(request.handle)
            except ConnectionNeedsReauthorization as error:
                # The world tells the runs itself: no need to look as often as in production.
                raise error.to_failure(retryable=True, next_retry_delay=_NEXT_LOOK) from None

        await self._answer(lambda outside, _info: _later(lambda: look(outside)))

    @activity.defn(name="open_wait")
    async def open_wait(self, request: WaitRequest) -> OpenedWait:
        """Return the token and the address of a wait."""
        token = make_token(activity.info().workflow_id or "", request.wait_id, lambda _text: _SIGNATURE)
        return OpenedWait(token=token, resume_url=f"https://steps.test/resume/{token}")

    async def _answer(self, ask: Callable[[Outside, activity.Info], Awaitable[T]], *, run_id: str | None = None) -> T:
        """Ask the world in its own loop, so that the functions and fixtures of a test are used where they were made."""
        info = activity.info()
        info = dataclasses.replace(info, workflow_id=run_id or info.workflow_id)
        found = self._worlds.get(info.workflow_id or "")
        if found is None or found[1].is_closed():
            raise ApplicationError("The test is over.", type="test", non_retryable=True)
        outside, loop = found
        self.failed.pop((info.workflow_run_id or "", info.activity_id), None)

        async def asked() -> T:
            return await ask(outside, info)

        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked(), loop))
        except StepsError as error:
            failure: FailureError = error.to_failure()
        except FailureError as error:
            failure = error
        if not info.is_local and isinstance(failure, ApplicationError):
            last = FailedAttempt(info.attempt, await self.clock(), failure.next_retry_delay)
            self.failed[info.workflow_run_id or "", info.activity_id] = last
        raise _quiet(failure)


async def _later(look: Callable[[], T]) -> T:
    return look()


async def _wall_clock() -> datetime:
    return datetime.now(UTC)


def _quiet(failure: FailureError) -> FailureError:
    """Return a failure that the SDK does not warn of: a test that simulates one expects it."""
    if not isinstance(failure, ApplicationError):
        return failure
    return ApplicationError(
        failure.message,
        *failure.details,
        type=failure.type,
        non_retryable=failure.non_retryable,
        next_retry_delay=failure.next_retry_delay,
        category=ApplicationErrorCategory.BENIGN,
    )
