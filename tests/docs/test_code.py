"""The code in the pages."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import steps.schedule_terms
from steps.discovery import discover
from tests.docs.pages import PAGES, blocks, rows, section, text_of


def test_the_readme_shows_the_workflow_as_it_is():
    assert text_of("workflows/order_to_notion.py") in blocks(text_of("README.md"), "python")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_python_block_compiles(page: Path):
    for block in blocks(page.read_text(encoding="utf-8"), "python"):
        compile(block, page.name, "exec")


@pytest.mark.parametrize("number", range(2))
def test_every_workflow_of_the_page_about_schedules_loads_with_its_schedule(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = blocks(text_of("docs/scheduling.md"), "python")
    assert len(found) == 2
    folder = tmp_path / f"scheduled_{number}"
    folder.mkdir()
    (folder / "flow.py").write_text(found[number], encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    loaded = discover(folder)
    assert (loaded.problems, loaded.findings) == ([], [])
    assert all(cls.schedule is not None for cls in loaded.workflows.values())


def test_every_option_of_a_schedule_has_its_row():
    table = rows(section(text_of("docs/scheduling.md"), "When"))
    named = {name for row in table for name in re.findall(r"`(\w+)`", row[0])}
    assert named == set(steps.schedule_terms.Options.__annotations__)
