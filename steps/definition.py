"""What makes a class a workflow: its steps and hooks, checked when the class is defined."""

from __future__ import annotations

import difflib
import inspect
from datetime import timedelta
from typing import Any

from steps.delay import parse_delay
from steps.errors import DefinitionInvalid, DelayInvalid, StepUnknown
from steps.notion_event import NotionEvent
from steps.schedule import Schedule
from steps.signed import SCHEMES

HOOKS = {"on_workflow_complete": ["api"], "on_workflow_error": ["error", "api"]}
PARAMETERS = ["data", "headers", "api"]
OWN_NAMES = "steps."  # what the names of the engine's own workflows begin with
MAX_RESPOND_WITHIN = timedelta(seconds=60)
RESERVED = frozenset({"__init__", "run", "record", "checkpoint"})


class Steps:
    """The steps of one workflow class."""

    def __init__(self, workflow: type, base: type) -> None:
        self._workflow = workflow
        self.names = [name for name in step_names(workflow, base) if name != "start"]

    def resolve(self, action: object) -> str:
        """Return the name of the step that `action` (a name, or the method itself) means.

        Raises:
            StepUnknown: it is none; the message has the closest name.
        """
        name = action if isinstance(action, str) else getattr(action, "__name__", repr(action))
        if name == "start":
            raise StepUnknown(
                "`start` is where a run begins; it cannot be scheduled. Put the work into a step of its own."
            )
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            known = ", ".join(self.names) or "none but start"
            raise StepUnknown(f"{self._workflow.__name__} has no step {name!r}.{hint} Its steps: {known}.")
        if not isinstance(action, str) and getattr(action, "__func__", action) is not getattr(self._workflow, name):
            raise StepUnknown(f"{name!r} is a method of another class; schedule a step of {self._workflow.__name__}.")
        return name


def step_names(workflow: type, base: type) -> list[str]:
    """Return the steps in the order in which they are written, those of base classes first."""
    found: dict[str, None] = {}
    for cls in reversed(workflow.__mro__):
        if cls in (object, base) or not issubclass(cls, base):
            continue
        for name, value in vars(cls).items():
            if inspect.iscoroutinefunction(value) and not name.startswith("_") and name not in HOOKS and name != "run":
                found[name] = None
    return list(found)


def check_definition(workflow: type, base: type, name: str | None = None) -> None:
    """Refuse a class that could not run.

    Raises:
        DefinitionInvalid: with the class, the method, and what to write.
    """
    if "<locals>" in workflow.__qualname__:
        raise DefinitionInvalid(
            f"{workflow.__name__} is defined inside a function; define workflows at the top of a module."
        )
    if name and name.startswith(OWN_NAMES):
        raise DefinitionInvalid(f"{workflow.__name__} may not have the name {name!r}: {OWN_NAMES}… are the engine's.")
    if taken := RESERVED & vars(workflow).keys():
        raise DefinitionInvalid(f"{workflow.__name__} may not define {', '.join(sorted(taken))}: the engine does.")
    _check_schedule(workflow)
    _check_on(workflow)
    _check_signed(workflow)
    for method, value in vars(workflow).items():
        if method == "start" or (
            inspect.isfunction(value) and list(inspect.signature(value).parameters)[1:] == PARAMETERS
        ):
            _check_parameters(workflow, method, PARAMETERS)  # a step that was written without `async` is one too
    for step in step_names(workflow, base):
        _check_parameters(workflow, step, PARAMETERS)
    for hook, parameters in HOOKS.items():
        if getattr(workflow, hook) is not getattr(base, hook):
            _check_parameters(workflow, hook, parameters)


def check_entry(workflow: type, base: type) -> None:
    """Refuse a class without a `start`; an abstract one needs none."""
    if "start" not in step_names(workflow, base):
        raise DefinitionInvalid(f"{workflow.__name__} has no start: write `async def start(self, data, headers, api)`.")


def check_respond(workflow: Any) -> None:
    """Refuse what `respond` and `respond_within` cannot be."""
    if workflow.respond not in (None, "start"):
        raise DefinitionInvalid(
            f'{workflow.__name__}.respond is not understood: write `respond = "start"` to let the trigger answer with '
            "what start returns, or leave it out. A step cannot have this name."
        )
    if workflow.respond is None and "respond_within" in vars(workflow):
        raise DefinitionInvalid(f'{workflow.__name__} has respond_within, but not `respond = "start"`.')
    try:
        within = parse_delay(workflow.respond_within, limit=MAX_RESPOND_WITHIN)
    except DelayInvalid as error:
        raise DefinitionInvalid(f"{workflow.__name__}.respond_within: {error}") from None
    if not within:
        raise DefinitionInvalid(f"{workflow.__name__}.respond_within must be longer than 0.")


def _check_schedule(workflow: type) -> None:
    schedule = vars(workflow).get("schedule")
    if schedule is None or isinstance(schedule, Schedule):
        return
    if inspect.isroutine(schedule) or isinstance(schedule, (staticmethod, classmethod, property)):
        raise DefinitionInvalid(
            f"{workflow.__name__} may not have a step or method named schedule: it is where a schedule is declared. "
            "Give it another name."
        )
    kind = "class" if isinstance(schedule, type) else type(schedule).__name__
    raise DefinitionInvalid(
        f"{workflow.__name__}.schedule is a {kind}: write `schedule = Every(hours=6)` or "
        '`schedule = Cron("0 3 * * *")`, or None for none.'
    )


def _check_on(workflow: type) -> None:
    on = vars(workflow).get("on")
    if on is None or isinstance(on, NotionEvent):
        return
    if inspect.isroutine(on) or isinstance(on, (staticmethod, classmethod, property)):
        raise DefinitionInvalid(
            f"{workflow.__name__} may not have a step or method named on: it is where the events are declared that it "
            "runs on. Give it another name."
        )
    raise DefinitionInvalid(
        f'{workflow.__name__}.on is a {type(on).__name__}: write `on = NotionEvent("page.created")`, with all '
        "types in the parentheses, or None for none."
    )


def _check_signed(workflow: type) -> None:
    signed = vars(workflow).get("signed")
    if signed is None or type(signed) in SCHEMES:
        return
    if inspect.isroutine(signed) or isinstance(signed, (staticmethod, classmethod, property)):
        raise DefinitionInvalid(
            f"{workflow.__name__} may not have a step or method named signed: it is where the signature of the trigger "
            "is declared. Give it another name."
        )
    # Its type alone: the value may be the secret, by mistake.
    kind = "class" if isinstance(signed, type) else type(signed).__name__
    raise DefinitionInvalid(
        f"{workflow.__name__}.signed is a {kind}: write `signed = Shopify()`, GitHub(), NotionSigned(), "
        'StandardWebhooks() or SharedHeader("X-Trigger-Secret"), or None for none.'
    )


def _check_parameters(workflow: type, name: str, parameters: list[str]) -> None:
    method: Any = getattr(workflow, name)
    wanted = f"`async def {name}(self, {', '.join(parameters)})`"
    if not inspect.iscoroutinefunction(method):
        raise DefinitionInvalid(f"{workflow.__name__}.{name} must be async: write {wanted}.")
    try:
        inspect.signature(method).bind(None, *parameters)
    except TypeError:
        raise DefinitionInvalid(
            f"{workflow.__name__}.{name} cannot be called with ({', '.join(parameters)}): write {wanted}. "
            "A method that is not a step begins with an underscore."
        ) from None
