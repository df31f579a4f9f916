"""The page about Notion's events, held against the code; its example is run by the tests that it shows."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steps import NotionEvent
from steps.discovery import discover
from steps.notion_event import EVENTS
from tests.docs.pages import blocks, code, rows, section, text_of

PAGE = text_of("docs/notion-events.md")
WORKFLOW, TESTS = blocks(PAGE, "python")
NAMES = re.findall(r"async def (test_\w+)", TESTS)


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Keep the workflow in a file of a folder of its own, and give what the page's tests define."""
    folder = tmp_path / "workflows_of_events"
    folder.mkdir()
    (folder / "order_changed.py").write_text(WORKFLOW, encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    loaded = discover(folder)
    assert (list(loaded.workflows), loaded.problems, loaded.findings) == (["OrderChanged"], [], [])
    scope: dict[str, Any] = {}
    exec(TESTS.replace("from workflows.", "from workflows_of_events."), scope)
    yield scope
    for name in [name for name in sys.modules if name.startswith("workflows_of_events")]:
        del sys.modules[name]


@pytest.mark.parametrize("name", NAMES)
async def test_a_test_of_the_page_passes(shown: dict[str, Any], name: str):
    await shown[name]()


def test_the_page_has_tests():
    assert len(NAMES) == 2


def test_every_event_of_every_kind_is_listed_and_no_other():
    table = rows(section(PAGE, "What a class can say"))
    listed = {code(row[0]): set(re.findall(r"`(\w+)`", row[1])) for row in table if code(row[0]) in EVENTS}
    assert listed == {kind: set(names) for kind, names in EVENTS.items()}


def test_the_signature_is_that_of_the_code():
    [line] = re.findall(r"`on = NotionEvent\((.*)\)`", section(PAGE, "What a class can say"))[:1]
    scope: dict[str, Any] = {}
    exec(f"def f({line}): ...", scope)
    wanted = list(inspect.signature(NotionEvent.__init__).parameters.values())[1:]
    given = inspect.signature(scope["f"]).parameters.values()
    assert [(one.name, one.kind, one.default) for one in given] == [(one.name, one.kind, one.default) for one in wanted]
