"""What is told of a workflow from its code alone."""

from __future__ import annotations

import ast
import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps import Workflow
from steps.outline import Link, Variable, outline_of
from steps.outline_walk import Walk
from tests.steps import flows, hard_flows, join_flows, outline_flows, wait_flows
from tests.steps.outline_flows import (
    Branches,
    ByMethod,
    ByName,
    Chooses,
    Fans,
    Helped,
    Looked,
    Loops,
    Reads,
    Waits,
)


@pytest.mark.parametrize(
    ("cls", "links"),
    [
        (ByMethod, [Link("start", "first")]),
        (ByName, [Link("start", "first", delay="90 seconds"), Link("start", "second", delay="2 hours")]),
        (
            Chooses,
            [
                Link("start", "first", delay="varies", sometimes=True),
                Link("start", "second", delay="varies", sometimes=True),
            ],
        ),
        (
            Branches,
            [Link("start", "first", sometimes=True), Link("start", "second", delay="1 day", sometimes=True)],
        ),
        (
            Loops,
            [
                Link("start", "first", many=True),
                Link("start", "first"),
                Link("start", "second"),
                Link("first", "second", many=True),
                Link("second", "second", delay="1 minute"),
            ],
        ),
        (Fans, [Link("start", "first", "each", many=True), Link("start", "second", "all", after=("first",))]),
        (
            Waits,
            [Link("start", "first", "event"), Link("start", "second", "timeout", delay="3 days")],
        ),
        (
            Helped,
            [
                Link("start", "first"),
                Link("start", "second", delay="2 weeks"),
                Link("start", "first", sometimes=True),
            ],
        ),
        (
            Looked,
            [
                Link("start", "first", sometimes=True),
                Link("start", "second", sometimes=True),
                Link("start", None),
                Link("start", "frist"),
            ],
        ),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_the_code_says_which_step_schedules_which(cls: type[Workflow], links: list[Link]):
    assert list(outline_of(cls).links) == links


def test_the_code_says_which_variables_and_connections_it_needs():
    found = outline_of(Reads)
    assert found.variables == (
        Variable("CHAT", required=False),
        Variable("HOOK", required=True),
        Variable("LATE", required=True),
        Variable("LATER", required=False),
        Variable("TABLE_ID", required=True),
        Variable("TOKEN", required=True),
    )
    assert found.other_variables
    assert found.handles == ("a-hook",)
    assert not outline_of(ByMethod).other_variables


def test_steps_stand_in_their_order_with_what_they_say_of_themselves():
    found = outline_of(Reads)
    assert [(step.name, step.doc) for step in found.steps] == [
        ("start", ""),
        ("first", "Do the first thing."),
        ("second", "Try, often."),
    ]
    assert [step.name for step in found.hooks] == ["on_workflow_complete"]
    lines = inspect.getsource(outline_flows).splitlines()
    assert all(f"def {one.name}" in lines[one.line - 1] + lines[one.line] for one in (*found.steps, *found.hooks))


def all_flows() -> list[type[Workflow]]:
    modules = (flows, hard_flows, join_flows, wait_flows, outline_flows)
    found = [value for module in modules for value in vars(module).values()]
    return [one for one in found if isinstance(one, type) and issubclass(one, Workflow) and "run" in vars(one)]


@pytest.mark.parametrize("cls", all_flows(), ids=lambda cls: cls.__name__)
def test_every_workflow_can_be_read(cls: type[Workflow]):
    """What is scheduled by a plain name is a step, in all of the engine's own tests."""
    found = outline_of(cls)
    names = {step.name for step in found.steps}
    assert found.steps[0].name == "start"
    assert {link.source for link in found.links} <= names
    assert {link.target for link in found.links} <= {*names, None, "frist", "nowhere"}


EXPRESSIONS = st.recursive(
    st.sampled_from(["self.first", "'first'", "action", "data['x']", "NEXT", "None", "1.5", "(yield)"]),
    lambda inner: st.one_of(
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}][0]".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(action := {})".format, inner),
        st.builds("[{} for action in [{}]]".format, inner, inner),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS)
def test_no_code_is_too_odd_to_be_read(action: str, delay: str, key: str):
    source = (
        "async def start(self, data, headers, api):\n"
        f"    action = {key}\n"
        f"    for each in {key}:\n"
        f"        api.schedule_next_step(action={action}, delay={delay}), api.env[{key}]\n"
        f"    api.fan_out({action}, then={action})\n"
    )
    tree = ast.parse(source)
    walk = Walk(ByMethod, trees=lambda _: tree)
    walk.read("start")
    assert walk.found
    assert all(one[1] is None or isinstance(one[1], str) for one in walk.found)
