"""What a timeline is drawn from, and what is drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from api.pages.timeline_scale import Mark

Kind = Literal["completed", "failed", "retried", "cancelled", "expired", "running", "waiting", "sleeping"]


@dataclass(frozen=True)
class Attempt:
    """One attempt of a step, in seconds since the start of the run; `due` of one that waits for its time.

    `since` is when a timer was started that it slept by, where one is known.
    """

    step: str
    branch: int
    number: int
    began: float
    ended: float
    kind: Kind
    due: float | None = None
    since: float | None = None


@dataclass(frozen=True)
class Thin:
    """What a step did or waited for in between: a call, or a pause before one."""

    step: str | None
    began: float
    ended: float
    kind: Kind


@dataclass(frozen=True)
class Bar:
    """A bar, in percent of the width."""

    x: float
    width: float
    kind: str
    letter: str = ""


@dataclass(frozen=True)
class Column:
    """How many attempts ended in a part of the time, as a column; in percent of the width, and from the top."""

    x: float
    width: float
    y: float
    height: float
    kind: str


@dataclass
class Lane:
    """A row: one branch of a step, or all branches of it; `counts` says how many attempts of each kind it has."""

    step: str
    branch: int | None
    counts: Counter[Kind]
    branches: int
    said: str
    bars: list[Bar] = field(default_factory=list[Bar])
    columns: list[Column] = field(default_factory=list[Column])
    thin: list[Bar] = field(default_factory=list[Bar])


@dataclass(frozen=True)
class Timeline:
    """All of it. `folded` says whether rows stand for more than one branch."""

    lanes: list[Lane]
    marks: list[Mark]
    end: float
    folded: bool
