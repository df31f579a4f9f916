from __future__ import annotations

import ast
from pathlib import Path

import pytest

from settings import ROOT
from tests.controls import Control
from tests.controls.__main__ import copy_of_the_tree, goes_red
from tests.controls.catalogue import rooms, shown, table

ALL = [pytest.param(one, id=f"{room}-{one.threat}") for room, controls in rooms().items() for one in controls]


@pytest.mark.parametrize("control", ALL)
def test_a_control_stands_where_it_says_and_can_be_taken_out(control: Control):
    whole = (ROOT / control.path).read_text(encoding="utf-8")
    assert whole.count(control.present) == 1
    assert control.present != control.absent
    if control.path.endswith(".py"):
        ast.parse(whole.replace(control.present, control.absent))


@pytest.mark.parametrize("control", ALL)
def test_the_test_of_a_control_exists(control: Control):
    path, *names = control.test.split("::")
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    for name in names:
        (found,) = [one for one in body if getattr(one, "name", None) == name.partition("[")[0]]
        body = getattr(found, "body", [])


def test_docs_security_shows_every_control():
    assert shown() == table(), "docs/security.md is behind: python -m tests.controls --write"


def test_a_control_that_is_taken_out_makes_its_test_fail_and_one_that_stays_does_not(tmp_path: Path):
    tree = copy_of_the_tree(tmp_path / "tree")
    control = rooms()["sealing"][0]
    before = (tree / control.path).read_text(encoding="utf-8")
    assert goes_red(tree, control)
    assert (tree / control.path).read_text(encoding="utf-8") == before
    assert not goes_red(tree, Control(**{**vars(control), "absent": control.present}))
