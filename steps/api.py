"""`api`: what a step can do."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from temporalio import workflow

from steps.calls import look_up, place, run_activity, send
from steps.delay import Delay, parse_delay
from steps.environment import Env
from steps.errors import PayloadInvalid, RequestInvalid, SchedulingRefused
from steps.http import ConnectionRequest, FetchRequest, Response
from steps.notion import NOTION_VERSION, Notion
from steps.payload import to_json
from steps.resume_token import read_token
from steps.retry import Retry
from steps.sealed import SealedToken, is_sealed
from steps.store import Store
from steps.wait import EventWait, OpenedWait, Wait, WaitRequest, check_redirect
from steps.waits import Request

if TYPE_CHECKING:
    from steps.branch import Branch
    from steps.log import RunLog
    from steps.run import Run

MAX_REQUEST_BYTES = 1_048_576
Action = str | Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class RunInfo:
    """Facts about the run and the step, the same on every replay."""

    run_id: str
    workflow: str
    step: str
    attempt: int
    started_at: datetime

    def now(self) -> datetime:
        """Return the run's clock, in UTC."""
        return workflow.now()

    @property
    def random(self) -> random.Random:
        """The run's own random numbers."""
        return workflow.random()

    def uuid(self) -> UUID:
        """Return a new identifier, good as an idempotency key; it is not a secret."""
        return workflow.uuid4()


class Log:
    """`api.log("text", order="1001")`, with `api.log.warning` and `api.log.error` beside it."""

    def __init__(self, log: RunLog, step: str, branch: int | None) -> None:
        self._log, self._step, self._branch = log, step, branch

    def __call__(self, message: object, **fields: Any) -> None:
        """Keep a line with the run."""
        self._log.add("info", message, step=self._step, branch=self._branch, fields=fields)

    def warning(self, message: object, **fields: Any) -> None:
        """Keep a line that somebody should look at."""
        self._log.add("warning", message, step=self._step, branch=self._branch, fields=fields)

    def error(self, message: object, **fields: Any) -> None:
        """Keep a line about something that went wrong."""
        self._log.add("error", message, step=self._step, branch=self._branch, fields=fields)


class Api:
    """What a step, or a hook, gets as `api`. Each step has its own; it ends with the step."""

    def __init__(self, run: Run, step: str, branch: Branch | None) -> None:
        self._run, self._step, self._branch = run, step, branch
        self.requests: list[Request] = []
        self._asked_bytes = 0  # of these; added up anew for each, ten thousand would take seconds
        self.closed = False
        self.env: Env = run.env
        self.store: Store = run.store
        self.log = Log(run.log, step, branch.id if branch else None)
        self.run = RunInfo(workflow.info().workflow_id, run.workflow.__name__, step, 1, run.started_at)

    async def schedule_next_step(self, *, action: Action, delay: Delay = 0, payload: Any = None) -> None:
        """Arm a step: `action` is its name or the method itself. Several calls make parallel branches.

        The step is armed when this one returns; a step that raises has armed nothing. `delay` (seconds, a timedelta,
        or "30 sec", "5 min", "2 hr", "1 day", "2 weeks"; 400 days at most) counts from this call. `payload` is JSON,
        256 KiB at most, and becomes the step's `data`.

        Raises:
            StepUnknown, DelayInvalid, PayloadInvalid, PayloadTooLarge, BranchLimitExceeded, SchedulingRefused.
        """
        self._ask(self._request("schedule_next_step", action, delay, payload))

    async def wait_for_event(
        self,
        *,
        action: Action,
        payload: Any = None,
        timeout: Delay = "1 day",  # noqa: ASYNC109  # the deadline of the event, not of this call
        redirect_url: str | None = None,
        on_timeout: Action | None = None,
    ) -> EventWait:
        """Arm a step that an outside event wakes; return its token and the address to send the event to, at once.

        The step's `data` is the payload, an object, with what was sent as `data["event"]`. It is armed when this step
        returns; an event that comes before that is kept. `timeout` counts from this call, 400 days at most; when no
        event has come, the step `on_timeout` runs with the payload, or the branch ends. A browser that resumes by its
        button is sent on to `redirect_url`, if given.

        Raises:
            StepUnknown, DelayInvalid, PayloadInvalid, PayloadTooLarge, RequestInvalid, BranchLimitExceeded,
            SchedulingRefused.
        """
        request = self._request("wait_for_event", action, timeout, payload)
        if not isinstance(request.payload, dict | None):
            raise PayloadInvalid(f"The payload for {request.action} must be an object, so that the event fits in.")
        check_redirect(redirect_url)
        following = None if on_timeout is None else self._run.steps.resolve(on_timeout)
        request.wait = Wait(id=workflow.uuid4().hex, on_timeout=following, redirect_url=redirect_url)
        self._run.waits.open(request)
        try:
            asked, summary = WaitRequest(wait_id=request.wait.id), f"{self._step} · wait for {request.action}"
            opened = await look_up("open_wait", asked, OpenedWait, summary=summary)
            self._check_open("wait_for_event")
        except BaseException:
            self._run.waits.drop([request])
            raise
        self._ask(request)
        return EventWait(opened.token, opened.resume_url)

    async def cancel_wait(self, token: str) -> bool:
        """Withdraw a wait of this run, at once; tell whether it was still open.

        Raises:
            RequestInvalid: the text is no token of a wait.
        """
        read = read_token(token)
        if read is None:
            raise RequestInvalid("cancel_wait takes the token that wait_for_event returned.")
        if read.run_id != self.run.run_id:
            return False
        found = self._run.waits.withdraw(read.wait_id)
        self.requests = [request for request in self.requests if request is not found]
        self._asked_bytes = sum(request.size for request in self.requests)
        self._run.wake()
        return found is not None

    def _request(self, method: str, action: Action, delay: Delay, payload: Any) -> Request:
        if self._branch is None:
            raise SchedulingRefused(f"{self._step} is a hook: the run has ended, so it cannot schedule a step.")
        self._check_open(method)
        name = self._run.steps.resolve(action)
        wait = parse_delay(delay)
        plain, size = to_json(payload, f"The payload for {name}")
        self._run.branches.reserve(len(self.requests) + 1, size + self._asked_bytes)
        return Request(name, workflow.now() + wait, plain, size)

    def _ask(self, request: Request) -> None:
        self.requests.append(request)
        self._asked_bytes += request.size

    def _check_open(self, method: str) -> None:
        if self.closed:
            raise SchedulingRefused(f"The step {self._step} has returned; await {method} before it does.")

    async def get_oauth_token(self, handle: str) -> SealedToken:
        """Return a sealed reference to the connection's token, to be put into a request header.

        Raises:
            ConnectionNotFound, ConnectionNeedsReauthorization: with what to do about it.
        """
        summary = f"{self._step} · connection {handle}"
        return SealedToken(await look_up("resolve_connection", ConnectionRequest(handle=handle), str, summary=summary))

    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        params: dict[str, str | int | float | bool] | None = None,
        json: Any = None,
        content: str | None = None,
        timeout: Delay = 30,  # noqa: ASYNC109  # fetch's own word; asyncio.timeout would not be durable
        retry: Retry | int | None = None,
    ) -> Response:
        """Make an HTTP call. A 4xx or 5xx is a Response; a network failure is tried again, then raises FetchFailed.

        `retry` is a Retry, or how often to try in all (5 if not given). A call that has completed is never sent again;
        one whose answer was lost is, so that it is made at least once: give the other side an idempotency key, or pass
        `retry=1`. `timeout` is that of one attempt, for the whole exchange.
        """
        if json is not None and content is not None:
            raise PayloadInvalid("fetch takes json or content, not both.")
        body, _ = to_json(json, "The request body", limit=MAX_REQUEST_BYTES)
        if content is not None:
            to_json(content, "The request body", limit=MAX_REQUEST_BYTES)
        if is_sealed(url):
            raise PayloadInvalid("A token belongs in a request header; in an address it would stand in logs.")
        seconds = parse_delay(timeout, limit=timedelta(hours=1)).total_seconds()
        request = FetchRequest(
            url=url, method=method.upper(), headers=headers or {}, params=params,
            json_body=body, has_json=json is not None, content=content, timeout=seconds,
        )  # fmt: skip
        policy = retry if isinstance(retry, Retry) else Retry(attempts=retry) if retry is not None else Retry()
        summary = f"{self._step} · {place(method, url)}"
        return await send("fetch", request, Response, timeout=seconds, retry=policy, summary=summary)

    def notion(self, handle: str, *, version: str = NOTION_VERSION) -> Notion:
        """Return the Notion client of a connection."""
        return Notion(handle, self._step, version)

    async def call(
        self,
        activity: str | Callable[..., Any],
        *arguments: Any,
        timeout: Delay = 300,  # noqa: ASYNC109  # as in fetch
        retry: Retry | None = None,
    ) -> Any:
        """Run an activity of your own, by function or name; `timeout` is that of one attempt.

        Raises:
            CallFailed: with the failure's type and message, when its retries are used up.
        """
        plain = [to_json(argument, "The argument", limit=MAX_REQUEST_BYTES)[0] for argument in arguments]
        return await run_activity(activity, plain, timeout=parse_delay(timeout), retry=retry or Retry())
