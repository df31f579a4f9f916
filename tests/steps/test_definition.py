# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# The steps named here are those of flows.py, which are written without types.

from __future__ import annotations

from typing import Any

import pytest
from temporalio import workflow as temporal_workflow

from steps import Workflow
from steps.definition import Steps, step_names
from steps.errors import DefinitionInvalid, StepUnknown
from tests.steps.flows import Base, Chain, Child, FanOut

STEP = "    async def start(self, data, headers, api): ...\n"


def define(body: str, *, bases: str = "Workflow", before: str = "") -> type[Workflow]:
    """Define a class as a workflow file does."""
    names: dict[str, Any] = {"Workflow": Workflow, "__name__": __name__}
    source = f"from __future__ import annotations\n{before}\nclass Flow({bases}):\n{body}"
    exec(compile(source, "flow.py", "exec", dont_inherit=True), names)
    return names["Flow"]


BAD: list[tuple[str, str]] = [
    ("    pass\n", "Flow has no start: write `async def start\\(self, data, headers, api\\)`"),
    ("    async def other(self, data, headers, api): ...\n", "Flow has no start"),
    ("    def start(self, data, headers, api): ...\n", "Flow.start must be async"),
    ("    start = 5\n", "Flow.start must be async"),
    ("    async def start(self): ...\n", r"Flow.start cannot be called with \(data, headers, api\)"),
    ("    async def start(self, data, headers): ...\n", "Flow.start cannot be called with"),
    ("    async def start(self, data, headers, api, more): ...\n", "Flow.start cannot be called with"),
    ("    async def start(self, data, *, headers, api): ...\n", "Flow.start cannot be called with"),
    ("    @staticmethod\n    async def start(data, headers, api): ...\n", "Flow has no start|Flow.start"),
    ("    @classmethod\n    async def start(cls, data, headers, api): ...\n", "Flow.start"),
    (STEP + "    async def helper(self, text): ...\n", "A method that is not a step begins with an underscore"),
    (STEP + "    def next_one(self, data, headers, api): ...\n", "Flow.next_one must be async"),
    (STEP + "    async def next_one(self, data, headers, api):\n        yield 1\n", "Flow.next_one must be async"),
    (STEP + "    async def run(self, trigger): ...\n", "Flow may not define run: the engine does"),
    (STEP + "    def __init__(self): ...\n", "Flow may not define __init__"),
    (STEP + "    async def record(self, data, headers, api): ...\n", "Flow may not define record"),
    (STEP + "    async def checkpoint(self, data, headers, api): ...\n    run = 1\n", "may not define checkpoint, run"),
    (STEP + "    async def on_workflow_complete(self): ...\n", r"on_workflow_complete cannot be called with \(api\)"),
    (STEP + "    def on_workflow_complete(self, api): ...\n", "on_workflow_complete must be async"),
    (
        STEP + "    async def on_workflow_error(self, api): ...\n",
        r"on_workflow_error cannot be called with \(error, api\)",
    ),
]


@pytest.mark.parametrize(("body", "says"), BAD)
def test_a_class_that_could_not_run_is_refused_when_it_is_defined(body: str, says: str):
    with pytest.raises(DefinitionInvalid, match=says):
        define(body)


def test_a_class_inside_a_function_is_refused():
    with pytest.raises(DefinitionInvalid, match="Flow is defined inside a function; define workflows at the top"):

        class Flow(Workflow):  # pyright: ignore[reportUnusedClass]  # it is refused
            async def start(self, data: Any, headers: Any, api: Any) -> None: ...


GOOD = [
    STEP,
    "    async def start(self, order, _headers, api): ...\n",
    "    async def start(self, *everything): ...\n",
    "    async def start(self, data, headers, api, more=None): ...\n",
    STEP + "    async def _helper(self, text): ...\n",
    STEP + "    def _helper(self): ...\n    LIMIT = 5\n    limits: list[int] = []\n",
    STEP + "    @property\n    def name(self): ...\n",
    STEP + "    @staticmethod\n    def helper(text): ...\n",
    STEP + "    class Order: ...\n",
    STEP
    + "    async def on_workflow_complete(self, api): ...\n    async def on_workflow_error(self, error, api): ...\n",
]


@pytest.mark.parametrize("body", GOOD)
def test_a_class_that_can_run_is_a_workflow_of_temporal(body: str):
    flow = define(body)
    assert temporal_workflow._Definition.must_from_class(flow).name == "Flow"  # pyright: ignore[reportPrivateUsage]  # what it tests


def name_of(flow: type) -> str | None:
    return temporal_workflow._Definition.must_from_class(flow).name  # pyright: ignore[reportPrivateUsage]  # what it tests


def test_a_class_may_have_another_name_in_temporal_and_a_subclass_has_its_own():
    assert name_of(Child) == "RenamedChild"
    assert name_of(define(STEP, bases="Workflow, name='order-flow'")) == "order-flow"
    assert name_of(define("    pass\n", before="from tests.steps.flows import Chain", bases="Chain")) == "Flow"


def test_the_names_of_the_engines_own_workflows_are_taken():
    with pytest.raises(DefinitionInvalid, match=r"may not have the name 'steps\.dedupe'"):
        define(STEP, bases="Workflow, name='steps.dedupe'")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    respond = 'end'\n", r'respond is not understood: write `respond = "start"`'),
        ("    respond = True\n", "respond is not understood"),
        ("    async def respond(self, data, headers, api): ...\n", "A step cannot have this name"),
        ("    respond_within = 5\n", "has respond_within, but not"),
        ("    respond = 'start'\n    respond_within = 0\n", "respond_within must be longer than 0"),
        ("    respond = 'start'\n    respond_within = '2 min'\n", "longer than 60 seconds"),
        ("    respond = 'start'\n    respond_within = 'soon'\n", "respond_within: The delay 'soon' is not understood"),
        ("    respond = 'start'\n    respond_within = None\n", "respond_within: A delay cannot be a NoneType"),
    ],
)
def test_what_respond_cannot_be_is_refused(body: str, says: str):
    with pytest.raises(DefinitionInvalid, match=says):
        define(STEP + body)


def test_a_workflow_may_respond_within_a_minute():
    assert define(STEP + "    respond = 'start'\n    respond_within = '1 min'\n").__name__ == "Flow"
    assert define(STEP + "    respond = 'start'\n").__name__ == "Flow"


def test_an_abstract_base_needs_no_start_and_is_no_workflow_itself():
    assert temporal_workflow._Definition.from_class(Base) is None  # pyright: ignore[reportPrivateUsage]  # what it tests
    define("    async def shared(self, data, headers, api): ...\n", bases="Workflow, abstract=True")
    with pytest.raises(DefinitionInvalid, match="must be async"):
        define("    def start(self, data, headers, api): ...\n", bases="Workflow, abstract=True")


def test_steps_are_the_public_coroutines_in_the_order_of_their_writing_those_of_bases_first():
    assert step_names(FanOut, Workflow) == ["start", "branch"]
    assert step_names(Child, Workflow) == ["shared", "start"]


@pytest.mark.parametrize("action", ["count", Chain.count, object.__new__(Chain).count])
def test_a_step_is_meant_by_its_name_or_by_itself(action: object):
    assert Steps(Chain, Workflow).resolve(action) == "count"


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("start", "`start` is where a run begins; it cannot be scheduled"),
        (Chain.start, "`start` is where a run begins"),
        ("cuont", "Chain has no step 'cuont'. Did you mean 'count'\\? Its steps: count"),
        ("zzz", r"Chain has no step 'zzz'\. Its steps: count"),
        ("", "has no step ''"),
        ("run", "has no step 'run'"),
        ("record", "has no step 'record'"),
        ("on_workflow_error", "has no step 'on_workflow_error'"),
        ("__init__", "has no step '__init__'"),
        (None, "has no step 'None'"),
        (5, "has no step '5'"),
        (len, "has no step 'len'"),
        (FanOut.branch, "has no step 'branch'"),
    ],
)
def test_what_is_no_step_is_refused_with_the_closest_name(action: object, says: str):
    with pytest.raises(StepUnknown, match=says):
        Steps(Chain, Workflow).resolve(action)


def test_a_step_of_the_same_name_of_another_class_is_not_this_ones():
    class Other:
        async def count(self, data: Any, headers: Any, api: Any) -> None: ...

    with pytest.raises(StepUnknown, match="'count' is a method of another class; schedule a step of Chain"):
        Steps(Chain, Workflow).resolve(Other.count)


def test_a_workflow_without_further_steps_says_so():
    with pytest.raises(StepUnknown, match="Its steps: none but start"):
        Steps(define(STEP), Workflow).resolve("more")
