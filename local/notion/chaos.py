from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from fnmatch import fnmatchcase

from local.notion.checks import a_boolean, a_duration, a_number, an_array, an_object, only
from local.notion.errors import Json, failed
from local.notion.faults import AMBIGUOUS, KINDS, Fault, parse

_KEYS = ("rate", "seed", "kinds", "seconds", "retry_after", "method", "path")


class Chaos:
    """Let calls fail at random, the same ones for the same seed and order of calls; off until it is asked for."""

    def __init__(self) -> None:
        self._random = random.Random()  # noqa: S311 - it has to be repeatable, not secret
        self._rate = 0.0
        self._faults: list[Fault] = []

    def set(self, given: object) -> Json:
        """Set what a request describes, or refuse; it replaces what was set before."""
        body = an_object(given, "body")
        only(body, "body", _KEYS)
        rate = a_number(body.get("rate"), "body.rate")
        if not 0 <= rate <= 1:
            raise failed("body.rate", "between 0 and 1", rate)
        kinds = an_array(body.get("kinds", list(KINDS)), "body.kinds")
        seed = body.get("seed")
        if seed is not None:
            a_number(seed, "body.seed")
        details = {key: body[key] for key in ("seconds", "retry_after", "method", "path") if key in body}
        self._faults = [parse({"kind": kind, **details}, f"body.kinds[{index}]") for index, kind in enumerate(kinds)]
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311  # faults by chance are no secret
        return {"rate": rate, "seed": seed, "kinds": kinds}

    def clear(self) -> None:
        """Let nothing fail any more."""
        self._faults = []

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that a call meets, if it meets one; calls of OAuth never do."""
        if not self._faults or path.startswith("/v1/oauth/"):
            return None
        pattern = self._faults[0]
        if pattern.method not in ("*", method) or not fnmatchcase(path, pattern.path):
            return None
        # As many draws for each call, whatever it meets: a seed then means the same for each one that follows.
        hit, fault, late = self._random.random(), self._random.choice(self._faults), self._random.random() < 0.5
        if hit >= self._rate:
            return None
        return fault.at("after" if late else "before") if fault.kind in AMBIGUOUS else fault


@dataclass
class Latency:
    """Delay every call: after the work, unless `before` says otherwise."""

    seconds: float = 0.0
    before: bool = False

    async def pass_by(self, *, before: bool) -> None:
        """Wait, if this is the side of the work on which to wait."""
        if self.seconds and self.before is before:
            await asyncio.sleep(self.seconds)

    def set(self, given: object) -> Json:
        """Set what a request describes, or refuse."""
        body = an_object(given, "body")
        only(body, "body", ("seconds", "before"))
        seconds = a_duration(body.get("seconds"), "body.seconds")
        self.before = a_boolean(body.get("before", False), "body.before")
        self.seconds = seconds
        return {"seconds": seconds, "before": self.before}
