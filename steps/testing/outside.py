"""Everything outside of a run, as one test sets it up: connections, variables, addresses, activities of one's own."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from temporalio import activity
from temporalio.exceptions import ApplicationError, FailureError

from steps.errors import StepsError
from steps.http import FetchRequest, NotionRequest, Response
from steps.notion.records import RecordAnswer, RecordRequest
from steps.testing.call import Call
from steps.testing.errors import UnexpectedCall
from steps.testing.notion import FakeNotion, Unauthorized
from steps.testing.records import answer_record
from steps.testing.route import Route, find
from steps.testing.secrets import Secrets, needs_reauthorization, shown

T = TypeVar("T")


class Outside:
    """Answer the calls of one world's runs, and keep what they were.

    `problems` holds what fails the test and no step: calls without an answer, exceptions of the test's own functions.
    """

    def __init__(self, env: Mapping[str, str], secret_env: Mapping[str, str | Iterable[str]]) -> None:
        self.secrets = Secrets(env, secret_env)
        self.routes: list[Route] = []
        self.notion = FakeNotion()
        self.activities: dict[str, Callable[..., Any]] = {}
        self.calls: dict[str, list[Call]] = {}
        self.problems: list[BaseException] = []

    async def fetch(self, request: FetchRequest, info: activity.Info) -> Response:
        """Answer `api.fetch`."""
        parts = urlsplit(request.url)
        query = urlencode({name: str(value) for name, value in (request.params or {}).items()})
        url = f"{request.url}{'&' if parts.query else '?'}{query}" if query else request.url
        call = self._note(Call("fetch", request.method, shown(url), info.attempt, info.started_time), info)
        call.headers = {name.lower(): shown(value) for name, value in request.headers.items()}
        call.json, call.text = request.json_body, request.content
        elsewhere = f"{url} {request.json_body} {request.content}"
        self.secrets.check(parts.scheme, parts.hostname or "", request.headers, elsewhere)
        route = find(self.routes, request.method, url)
        if route is None:
            raise self._unexpected(
                call, "on", self.routes, f'world.on("{request.method}", "{url}").reply(200, json={{}})'
            )
        reply = await route.answer(call)
        call.status = reply.status
        return reply.response(url)

    async def call_notion(self, request: NotionRequest, info: activity.Info) -> dict[str, Any]:
        """Answer `api.notion`."""
        url = f"https://api.notion.com{request.path}"
        call = self._note(Call("notion", request.method, url, info.attempt, info.started_time), info)
        call.headers = {"authorization": f"Bearer <token of {request.handle}>", "notion-version": request.version or ""}
        call.json, call.handle = request.body, request.handle
        self.secrets.find(request.handle)
        try:
            return await self.notion.answer(request, call)
        except Unauthorized:
            self.secrets.lose(request.handle)
            raise needs_reauthorization(request.handle) from None

    async def call_record(self, request: RecordRequest, info: activity.Info) -> RecordAnswer:
        """Answer the calls about records: each call that they make of Notion is one of the run's."""
        self.secrets.find(request.handle)
        return await answer_record(request, self.notion.tables, lambda one: self.call_notion(one, info))

    async def call_activity(self, name: str, arguments: list[Any], info: activity.Info) -> Any:
        """Answer `api.call`."""
        call = self._note(Call("activity", "CALL", name, info.attempt, info.started_time), info)
        call.arguments = arguments
        function = self.activities.get(name)
        if function is None:
            raise self._unexpected(call, "activity", self.activities, f'world.activity("{name}", function)')
        try:
            given = function(*arguments)
            return await given if inspect.isawaitable(given) else given
        except (AssertionError, FailureError):
            raise
        except Exception as error:
            raise ApplicationError(str(error), type=type(error).__name__) from error

    async def answer(self, work: Awaitable[T], info: activity.Info) -> T:
        """Await the answer to a call; what it raises is a failure that Temporal knows.

        Raises:
            FailureError: a step's own error, or, with the problem kept, one that no attempt mends.
        """
        try:
            return await work
        except StepsError as error:
            failure: FailureError = error.to_failure()
        except FailureError as error:
            failure = error
        except Exception as error:
            self.problems.append(error)
            first = str(error).partition("\n")[0]
            failure = ApplicationError(first or type(error).__name__, type="test", non_retryable=True)
        for call in self.calls.get(info.workflow_id or "", []):
            if call.activity == _key(info) and call.attempt == info.attempt:
                call.error = shown(str(getattr(failure, "message", failure)))
        raise failure

    def _note(self, call: Call, info: activity.Info) -> Call:
        call.activity = _key(info)
        self.calls.setdefault(info.workflow_id or "", []).append(call)
        return call

    def _unexpected(self, call: Call, method: str, known: Iterable[object], line: str) -> UnexpectedCall:
        there = "\n".join(f"  {one}" for one in known)
        replies = f"There are answers to:\n{there}" if there else f"No answer was set with world.{method}."
        return UnexpectedCall(f"A step called {call.place}, and the test has no answer.\n{replies}\nSet one:\n  {line}")


def _key(info: activity.Info) -> tuple[str, str]:
    return info.workflow_run_id or "", info.activity_id
