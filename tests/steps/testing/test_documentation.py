"""The code of the page about testing, run as it is written."""

from __future__ import annotations

import re
from typing import Any

import pytest

from settings import ROOT
from steps.testing import SimulatedRun, World
from tests.docs.pages import blocks, rows, text_of

PAGE = "docs/testing-workflows.md"


def documented() -> dict[str, Any]:
    """Return the tests of the pages, by name."""
    found: dict[str, Any] = {}
    for page in (PAGE, "docs/writing-workflows.md"):
        for block in blocks(text_of(page), "python"):
            if "def test_" in block:
                scope: dict[str, Any] = {}
                exec(compile(block, page, "exec"), scope)
                found |= {f"{page}:{name}": value for name, value in scope.items() if name.startswith("test_")}
    return found


TESTS = documented()


def test_the_pages_have_tests():
    assert len(TESTS) == 11


@pytest.mark.parametrize("name", sorted(TESTS))
async def test_a_test_of_the_pages_passes(name: str, capsys: pytest.CaptureFixture[str]):
    await TESTS[name]()
    printed = capsys.readouterr().out
    if printed:
        (shown,) = blocks(text_of(PAGE), "text")
        assert printed.splitlines()[1:] == shown.splitlines()[1:]


def test_the_lines_of_the_tables_are_those_of_the_code():
    cells = " ".join(row[0] for row in rows(text_of(PAGE)))
    worlds = {name for name in vars(World) if not name.startswith("_")}
    runs = {name for name in dir(SimulatedRun) if not name.startswith("_")} | {"record"}
    assert set(re.findall(r"world\.(\w+)", cells)) <= worlds
    named = set(re.findall(r"run\.(\w+)", cells))
    assert named <= runs
    assert runs - named == {"look"}  # which the world calls


def test_each_shipped_workflow_has_a_test_beside_the_others():
    shipped = {path.stem for path in (ROOT / "workflows").glob("[a-z]*.py")}
    assert {path.stem for path in (ROOT / "tests" / "workflows").glob("test_*.py")} == {
        f"test_{one}" for one in shipped
    }
