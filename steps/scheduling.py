"""The part of `api` by which a step says what comes next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from steps.calls import look_up
from steps.delay import Delay, parse_delay
from steps.errors import PayloadInvalid, RequestInvalid, SchedulingRefused
from steps.groups import group_bytes
from steps.outcome import leave
from steps.payload import to_json
from steps.requests import GroupRequest, Request, Requests
from steps.resume_token import read_token
from steps.wait import EventWait, OpenedWait, Wait, WaitRequest, check_redirect

if TYPE_CHECKING:
    from steps.branch import Branch
    from steps.run import Run

Action = str | Callable[..., Awaitable[Any]]


class Scheduling:
    """Arm steps: after a delay, on an event, or when others have ended."""

    def __init__(self, run: Run, step: str, branch: Branch | None) -> None:
        self._run, self._step, self._branch = run, step, branch
        self.requests = Requests()
        self.closed = False

    async def schedule_next_step(self, *, action: Action, delay: Delay = 0, payload: Any = None) -> None:
        """Arm a step: `action` is its name or the method itself. Several calls make parallel branches.

        The step is armed when this one returns; a step that raises has armed nothing. `delay` (seconds, a timedelta,
        or "30 sec", "5 min", "2 hr", "1 day", "2 weeks"; 400 days at most) counts from this call. `payload` is JSON,
        256 KiB at most, and becomes the step's `data`.

        Raises:
            StepUnknown, DelayInvalid, PayloadInvalid, PayloadTooLarge, BranchLimitExceeded, SchedulingRefused.
        """
        self.requests.add(self._request("schedule_next_step", action, delay, payload))

    async def fan_out(
        self, action: Action, payloads: Iterable[Any], *, then: Action, delay: Delay = 0, always: bool = False
    ) -> None:
        """Arm a branch for each payload, and the step `then` for when all of them have ended.

        Its `data` is the list of what the branches returned, in the order of the payloads: of each the value of its
        last step that returned one, for a branch goes on with the steps that it schedules; null where there was none.
        When a branch fails, `then` does not run, and a retry of the run goes on from the failed branches; with
        `always` it runs all the same. Without payloads it runs at once. The results come to 256 KiB at most.

        Raises:
            StepUnknown, DelayInvalid, PayloadInvalid, PayloadTooLarge, BranchLimitExceeded, SchedulingRefused.
        """
        self._check_may("fan_out")
        group = GroupRequest(self._run.steps.resolve(then), always)
        # The type is for authors; what they pass may be anything.
        if isinstance(payloads, (str, bytes)) or not isinstance(payloads, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise PayloadInvalid("fan_out takes a list of payloads, one for each branch.")
        before = len(self.requests)
        try:
            for payload in payloads:
                request = self._request("fan_out", action, delay, payload)
                request.group, request.index = group, group.count
                group.count += 1
                self.requests.add(request)
            room = self.requests.room + group_bytes(group.then, group.count)
            self._run.branches.reserve(len(self.requests), room, instead=self._branch)
        except BaseException:
            self.requests.cut(before)
            raise
        self.requests.add_group(group)

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
        self.requests.add(request)
        return EventWait(opened.token, opened.resume_url)

    async def cancel_wait(self, token: str) -> bool:
        """Withdraw a wait of this run, at once; tell whether it was still open.

        Raises:
            RequestInvalid: the text is no token of a wait.
        """
        read = read_token(token)
        if read is None:
            raise RequestInvalid("cancel_wait takes the token that wait_for_event returned.")
        if read.run_id != workflow.info().workflow_id:
            return False
        found = self._run.waits.withdraw(read.wait_id)
        if isinstance(found, Request):
            self.requests.remove(found)  # of this very step; another's has its own list
        elif found is not None:
            leave(self._run, found.member)
        self._run.wake()
        return found is not None

    def _request(self, method: str, action: Action, delay: Delay, payload: Any) -> Request:
        self._check_may(method)
        name = self._run.steps.resolve(action)
        due = workflow.now() + parse_delay(delay)
        plain, size = to_json(payload, f"The payload for {name}")
        requests = self.requests
        room = requests.room + requests.cost(name, size, waits=method == "wait_for_event")
        self._run.branches.reserve(len(requests) + 1, room, instead=self._branch)
        return Request(name, due, plain, size)

    def _check_may(self, method: str) -> None:
        if self._branch is None:
            raise SchedulingRefused(f"{self._step} is a hook: the run has ended, so it cannot schedule a step.")
        self._check_open(method)

    def _check_open(self, method: str) -> None:
        if self.closed:
            raise SchedulingRefused(f"The step {self._step} has returned; await {method} before it does.")
