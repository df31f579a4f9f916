"""What is wrong with a record, all of it in one error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from steps.invalid_record import RecordInvalid

_LONGEST_SHOWN = 60
_MOST_LINES = 50


class Wrong(Exception):
    """Say what is wrong with one value, in words that follow the property's name."""


class Mismatch(NamedTuple):
    """One property that cannot be written, or asked for, as it is given; `closest` is the name that may be meant."""

    property: str
    problem: str
    wanted: str | None = None
    closest: str | None = None

    def __str__(self) -> str:
        hint = f" Did you mean {json.dumps(self.closest, ensure_ascii=False)}?" if self.closest else ""
        return f"{self.property}: {self.problem}.{hint}"


def refuse(problems: Sequence[Mismatch], title: str = "") -> None:
    """Raise one error that lists every problem, if there is any.

    Raises:
        RecordInvalid: nothing was sent.
    """
    if not problems:
        return
    where = f" the database {json.dumps(title, ensure_ascii=False)}" if title else " Notion"
    lines = [f"- {problem}" for problem in problems[:_MOST_LINES]]
    more = [f"- and {len(problems) - _MOST_LINES} more"] if len(problems) > _MOST_LINES else []
    message = "\n".join([f"The record does not fit{where}; nothing was sent:", *lines, *more])
    raise RecordInvalid(message, problems=[problem._asdict() for problem in problems[:_MOST_LINES]])


def shown(value: object) -> str:
    """Return a value as a message shows it, cut to a sensible length."""
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace").decode()
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def listed(names: Iterable[str]) -> str:
    """Return names as a message lists them, the first of many."""
    known = list(names)
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return ", ".join(known[:20]) + more if known else "none"
