"""What a workflow does, read from its code: its steps, which of them schedules which, and what it needs."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from steps.definition import HOOKS, step_names
from steps.handles import handles_of
from steps.outline_walk import Walk
from steps.workflow import Workflow

Kind = Literal["next", "each", "all", "event", "timeout"]


@dataclass(frozen=True)
class Link:
    """That a step schedules another.

    `kind` is `next`, `each` (of the payloads of a `fan_out`), `all` (when those have ended), `event` (when one comes)
    or `timeout` (when none has come). `target` is None when only a run can tell. `sometimes` says that the code may go
    another way, `many` that it may be scheduled several times. `delay` is in words; `varies` when a run says it.
    """

    source: str
    target: str | None
    kind: Kind = "next"
    delay: str | None = None
    many: bool = False
    sometimes: bool = False
    after: tuple[str, ...] = ()
    """Of `all`: the steps whose branches it waits for."""


@dataclass(frozen=True)
class StepCode:
    """A step, or a hook: its name, the first line of its docstring, and where it begins in its file."""

    name: str
    doc: str
    line: int


@dataclass(frozen=True)
class Variable:
    """A variable that the code reads; without a required one, the step that reads it fails."""

    name: str
    required: bool


@dataclass(frozen=True)
class Outline:
    """All that the code says."""

    steps: tuple[StepCode, ...]
    hooks: tuple[StepCode, ...]
    links: tuple[Link, ...]
    variables: tuple[Variable, ...]
    other_variables: bool
    """Whether it reads variables whose names only a run can tell."""
    handles: tuple[str, ...]


@cache
def outline_of(cls: type[Workflow]) -> Outline:
    """Return the outline of a workflow; what its code puts together at run time is not in it.

    Helpers count where a step calls them: methods of the class, and functions of the same package.
    """
    names = step_names(cls, Workflow)
    hooks = [name for name in HOOKS if getattr(cls, name) is not getattr(Workflow, name)]
    walk = Walk(cls)
    for name in [*names, *hooks]:
        walk.read(name)
    links = dict.fromkeys(Link(*one) for one in walk.found if one[0] in names)  # a hook cannot schedule
    read = sorted(walk.required | walk.optional | walk.looked_for)
    return Outline(
        steps=tuple(_step(cls, name) for name in sorted(names, key=lambda name: name != "start")),
        hooks=tuple(_step(cls, name) for name in hooks),
        links=tuple(links),
        variables=tuple(Variable(name, name in walk.required) for name in read),
        other_variables=walk.other_variables,
        handles=handles_of(cls),
    )


def _step(cls: type[Workflow], name: str) -> StepCode:
    method: Any = inspect.unwrap(getattr(cls, name))
    return StepCode(name, first_line(method.__doc__), method.__code__.co_firstlineno)


def first_line(doc: str | None) -> str:
    """Return what a docstring says first."""
    return inspect.cleandoc(doc or "").partition("\n")[0]
