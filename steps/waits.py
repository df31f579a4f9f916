"""A run's waits for outside events: those that steps are opening, those that are armed, those that are over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from steps.branch import Branch, Member
from steps.branches import Branches
from steps.errors import BranchLimitExceeded, PayloadInvalid, PayloadTooLarge
from steps.payload import to_json
from steps.requests import Request
from steps.wait import PastWait, Resumed, ResumeRequest, Wait, WaitState, WaitView

MAX_PAST_BYTES = 49_152  # of the waits that are over and still remembered; the oldest are forgotten first
_NO_LIMIT = 1 << 62  # what was armed within the limits is carried within them
_OVERHEAD = 130  # bytes of a wait's JSON beside its texts
_REFUSALS: dict[WaitState, str] = {
    "used": "The event was sent before.",
    "expired": "The time to answer is over.",
    "withdrawn": "The workflow no longer waits for this event.",
    "unknown": "The run does not wait for this event.",
}


class Waits:
    """Know each wait from the call that opens it to the end of the run, as far as memory goes."""

    def __init__(self, branches: Branches, past: Iterable[PastWait], wake: Callable[[], None]) -> None:
        self._branches, self._wake = branches, wake
        self._opening: dict[str, Request] = {}
        self._past: dict[str, PastWait] = {wait.id: wait for wait in past}
        self._past_bytes = sum(_size(wait) for wait in self._past.values())
        self.closed = False

    @property
    def past(self) -> list[PastWait]:
        """The waits that are over, the oldest first."""
        return list(self._past.values())

    def open(self, request: Request) -> None:
        """Take events for a wait whose step has not returned."""
        if request.wait:
            self._opening[request.wait.id] = request

    def commit(self, request: Request, parent: int, member: Member | None) -> None:
        """Arm what a step asked for, now that it has returned; a wait whose event came is a step that is due."""
        wait = request.wait if request.wait and self._opening.pop(request.wait.id, None) else None
        size = request.size + _wait_size(wait)
        self._branches.arm(request.action, request.due, request.payload, size, parent, wait, member)

    def drop(self, requests: Iterable[Request]) -> None:
        """Withdraw the waits of a step that failed."""
        for request in requests:
            if request.wait and self._opening.pop(request.wait.id, None):
                self._end(request.wait, "withdrawn", request.action)

    def withdraw(self, wait_id: str) -> Request | Branch | None:
        """Withdraw a wait; return what waited, or None when it was over."""
        found = self._opening.pop(wait_id, None) or self._branches.withdraw(wait_id)
        if found and found.wait:
            self._end(found.wait, "withdrawn", found.action)
        return found

    def expire(self, branch: Branch) -> None:
        """Remember that the deadline of an armed wait has passed."""
        if branch.wait:
            self._end(branch.wait, "expired", branch.action)

    def view(self, wait_id: str) -> WaitView:
        """Return a wait as it is now."""
        found = self._opening.get(wait_id) or self._branches.waiting(wait_id)
        if found is None or found.wait is None:
            past = self._past.get(wait_id)
            if past is None:
                return WaitView(state="unknown")
            return WaitView(state=past.state, step=past.step, at=past.at, redirect_url=past.redirect_url)
        payload: dict[str, Any] = found.payload or {}
        question = payload.get("question")
        return WaitView(
            state="expired" if found.due <= workflow.now() else "open",
            step=found.action,
            due=found.due,
            question=question if isinstance(question, str) else None,
            redirect_url=found.wait.redirect_url,
        )

    def check(self, request: ResumeRequest) -> None:
        """Refuse an event that nothing waits for, or that is too large. Changes nothing: it is a validator.

        Raises:
            ApplicationError: of a type that the API knows, with the wait's view.
        """
        view = self.view(request.wait_id)
        if view.state == "open" and self.closed:
            raise ApplicationError("The run has ended.", type="run-ended", non_retryable=True)
        if view.state != "open":
            details = view.model_dump(mode="json")
            raise ApplicationError(_REFUSALS[view.state], details, type=f"wait-{view.state}", non_retryable=True)
        try:
            self._merged(request)
        except (PayloadTooLarge, PayloadInvalid, BranchLimitExceeded) as error:
            raise error.to_failure() from None

    def resume(self, request: ResumeRequest) -> Resumed:
        """Let the step that waits for the event run with it, as soon as the step that asked for it has returned."""
        self.check(request)  # another update may have come between the validator and this
        found, payload, size = self._merged(request)
        wait, now = cast("Wait", found.wait), workflow.now()
        if isinstance(found, Request):
            del self._opening[wait.id]
            found.payload, found.size, found.due, found.wait = payload, size, now, None
        else:
            self._branches.fire(wait.id, now, payload, size)
        self._end(wait, "used", found.action)
        self._wake()
        return Resumed(step=found.action, at=now, redirect_url=wait.redirect_url, click=request.click)

    def _merged(self, request: ResumeRequest) -> tuple[Request | Branch, dict[str, Any], int]:
        """Return what waits, with its payload and the event together."""
        found = self._opening.get(request.wait_id) or cast("Branch", self._branches.waiting(request.wait_id))
        payload: dict[str, Any] = found.payload or {}
        merged = {**payload, "event": request.event}
        plain, size = to_json(merged, f"The payload for {found.action}, with the event,")
        self._branches.reserve(0, size)
        return found, plain, size

    def _end(self, wait: Wait, state: WaitState, step: str) -> None:
        past = PastWait(id=wait.id, state=state, step=step, at=workflow.now(), redirect_url=wait.redirect_url)
        self._past[wait.id] = past
        self._past_bytes += _size(past)
        while self._past_bytes > MAX_PAST_BYTES:
            self._past_bytes -= _size(self._past.pop(next(iter(self._past))))


def armed_size(branch: Branch) -> int:
    """Return the bytes that a carried branch takes beside what every branch does."""
    return to_json(branch.payload, "The payload", limit=_NO_LIMIT)[1] + _wait_size(branch.wait)


def _wait_size(wait: Wait | None) -> int:
    return _OVERHEAD + len(wait.redirect_url or "") + len((wait.on_timeout or "").encode()) if wait else 0


def _size(wait: PastWait) -> int:
    return _OVERHEAD + len(wait.step.encode()) + len(wait.redirect_url or "")
