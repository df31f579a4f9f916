"""What the page about records says."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import steps
from local.notion import ORDERS_DATA_SOURCE_ID, Workspace
from local.notion.objects import DataSource
from local.notion.shapes import data_source
from local.notion.versions import Version
from steps import RecordInvalid
from steps.discovery import discover
from steps.notion.keys import KEYS
from steps.notion.record_calls import RecordCalls
from steps.notion.schema import read_schema
from steps.notion.shaping import KINDS, shape
from tests.docs.pages import blocks, code, rows, section, text_of

PAGE = "docs/records.md"


def test_the_error_is_the_one_that_the_page_shows():
    workspace, scope = Workspace(), dict[str, Any]()
    source = workspace.items[ORDERS_DATA_SOURCE_ID]
    assert isinstance(source, DataSource)
    part = section(text_of(PAGE), "When something does not fit")
    exec(blocks(part, "python")[0], scope)
    with pytest.raises(RecordInvalid) as caught:
        shape(read_schema(data_source(workspace, source, Version.IN_TRASH)), scope["values"])
    assert f"{caught.value}\n" == blocks(part, "text")[0]


def test_every_type_has_its_row():
    table = rows(section(text_of(PAGE), "What may be written"))
    assert {name for row in table for name in re.findall(r"`(\w+)`", row[0])} == set(KINDS)


def test_the_types_of_keys_are_those_of_the_code():
    part = section(text_of(PAGE), "One record for one key")
    named = re.search(r"a property of the type ([\w, ]+ or \w+),", part)
    assert named
    assert tuple(re.split(r", | or ", named[1])) == KEYS


@pytest.mark.parametrize("name", ["create_record", "update_record", "upsert_record", "find_records"])
def test_the_signatures_are_those_of_the_code(name: str):
    shown = next(code(row[0]) for row in rows(text_of(PAGE)) if row[0].startswith(f"`notion.{name}("))
    scope: dict[str, Any] = {}
    exec(f"def f({shown.partition('(')[2]}: ...", scope)
    real = list(inspect.signature(getattr(RecordCalls, name)).parameters.values())[1:]
    found = inspect.signature(scope["f"]).parameters.values()
    assert [(one.name, one.kind, one.default) for one in found] == [(one.name, one.kind, one.default) for one in real]


def test_what_the_page_takes_from_steps_is_there():
    for name in ("Person", "Relation", "File", "DateRange", "Place", "Record", "RecordInvalid"):
        assert name in steps.__all__
        assert name in text_of(PAGE)


@pytest.mark.parametrize("number", range(2))
def test_every_workflow_of_the_page_loads(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = [block for block in blocks(text_of(PAGE), "python") if "(Workflow)" in block]
    assert len(found) == 2
    folder = tmp_path / f"records_{number}"
    folder.mkdir()
    (folder / "flow.py").write_text(found[number], encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    loaded = discover(folder)
    assert (loaded.problems, loaded.findings) == ([], [])
