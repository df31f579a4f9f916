"""The ids of traces and spans: made of a run's id, so that every process and every replay finds the same."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import NamedTuple

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")


class SpanId(NamedTuple):
    """A span, as W3C's Trace Context names it: 32 and 16 hexadecimal digits."""

    trace: str
    span: str

    @property
    def traceparent(self) -> str:
        """The header that makes what follows this span's child."""
        return f"00-{self.trace}-{self.span}-01"


def trace_of(run: str) -> str:
    """Return the id of a run's trace; the run's id is all that it takes."""
    return _digest("trace", run)[:32]


def run_span(run: str) -> SpanId:
    """Return the span of a whole run."""
    return SpanId(trace_of(run), _digest("run", run)[:16])


def step_span(run: str, step: str, branch: int, attempt: int) -> SpanId:
    """Return the span of one attempt of a step."""
    return SpanId(trace_of(run), _digest("step", run, step, str(branch), str(attempt))[:16])


def new_span(trace: str) -> SpanId:
    """Return a span that nobody has to find again."""
    return SpanId(trace, secrets.token_hex(8))


def read_traceparent(text: object) -> SpanId | None:
    """Return the span that a header names; None where it names none."""
    found = _TRACEPARENT.fullmatch(text) if isinstance(text, str) else None
    return SpanId(found[1], found[2]) if found else None


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(("durable-steps", *parts)).encode()).hexdigest()
