from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from local.notion.checks import a_number, a_string, an_array, an_object, one_of, only
from local.notion.errors import Json, NotionError

ANSWERS: dict[str, tuple[int, str, str]] = {
    "rate_limited": (429, "rate_limited", "You have been rate limited. Please try again in a few minutes."),
    "conflict": (409, "conflict_error", "Conflict occurred while saving. Please try again."),
    "internal": (500, "internal_server_error", "Unexpected error occurred."),
    "bad_gateway": (502, "bad_gateway", "Bad gateway."),
    "unavailable": (503, "service_unavailable", "Notion is unavailable. Please try again later."),
    "gateway_timeout": (504, "gateway_timeout", "The request timed out."),
    "overload": (529, "service_overload", "Notion is overloaded. Please try again later."),
}
KINDS = (*ANSWERS, "cut_before", "cut_after", "slow", "html_error")
# These say in words that nothing was done, so they are never given after a write.
REFUSALS = ("rate_limited", "conflict", "overload")
# These leave open whether the call took effect: the server or the edge failed, somewhere.
AMBIGUOUS = ("internal", "bad_gateway", "unavailable", "gateway_timeout", "html_error")
_KEYS = ("method", "path", "kind", "times", "retry_after", "seconds", "when")


@dataclass
class Fault:
    """Hold one fault that was asked for."""

    method: str
    path: str
    kind: str
    times: int
    retry_after: float
    seconds: float
    when: str

    def at(self, when: str) -> Fault:
        """Return the same fault, before or after the work."""
        return replace(self, when=when)

    def error(self) -> NotionError:
        """Return the error that Notion would answer."""
        status, code, message = ANSWERS[self.kind]
        reason = {"rate_limit_reason": "public_api_request_rate_limit"} if self.kind == "rate_limited" else None
        after = math.ceil(self.retry_after) if status in (429, 529) else None
        return NotionError(status, code, message, reason, retry_after=after)


class Faults:
    """Queue faults and hand them out, each to as many matching calls as it was asked for."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def add(self, given: object) -> int:
        """Queue what a request describes, or refuse; return how many faults are queued now."""
        self._queue += [parse(each, f"body[{index}]") for index, each in enumerate(an_array(given, "body", 1_000))]
        return len(self._queue)

    def clear(self) -> None:
        """Forget every fault."""
        self._queue.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the first fault for a call, and count it as used."""
        for fault in self._queue:
            if fault.method in ("*", method) and fnmatchcase(path, fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self._queue.remove(fault)
                return fault
        return None


def parse(value: object, path: str) -> Fault:
    """Return the fault that a request describes, or refuse."""
    given: Json = an_object(value, path)
    only(given, path, _KEYS)
    kind = one_of(given.get("kind"), f"{path}.kind", KINDS)
    after = kind == "cut_after" or (kind == "slow" and given.get("when") is None)
    when = one_of(given.get("when") or ("after" if after else "before"), f"{path}.when", ("before", "after"))
    if when == "after" and kind in REFUSALS:
        one_of(when, f"{path}.when", ("before",))
    return Fault(
        method=a_string(given.get("method", "*"), f"{path}.method"),
        path=a_string(given.get("path", "*"), f"{path}.path"),
        kind=kind,
        times=int(a_number(given.get("times", 1), f"{path}.times")),
        retry_after=a_number(given.get("retry_after", 1), f"{path}.retry_after"),
        seconds=a_number(given.get("seconds", 5), f"{path}.seconds"),
        when=when,
    )
