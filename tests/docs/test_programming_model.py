"""What an author writes against, as the guide explains it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT
from steps import Api, Notion, Response, RunInfo, Store
from steps.facts import Log
from steps.guard_rules import RULES
from steps.notion.record_calls import RecordCalls
from steps.scheduling import Scheduling
from tests.docs.pages import DOCS, code, rows, section, text_of
from tests.steps.guard_cases import caught


def public_names(cls: type) -> set[str]:
    return {name for name in vars(cls) if not name.startswith("_")}


API_NAMES = public_names(Api) | public_names(Scheduling) | {"env", "log", "run", "store"}
RUN_NAMES = public_names(RunInfo) | set(RunInfo.__dataclass_fields__)
NOTION_NAMES = public_names(Notion) | public_names(RecordCalls)
STORE_NAMES = public_names(Store) - {"values"}  # the engine's own


def test_every_name_of_the_programming_model_is_explained_and_no_other():
    page = text_of("docs/writing-workflows.md")
    headed = set(re.findall(r"^### `api\.(\w+)", page, re.MULTILINE))
    assert headed == API_NAMES
    assert {code(row[0]).removesuffix("()") for row in rows(page) if row[0].startswith("`api.run.")} == {
        f"api.run.{name}" for name in RUN_NAMES
    }
    stored = [code(row[0]) for row in rows(page) if row[0].startswith("`api.store.")]
    assert {name.partition("(")[0] for name in stored} == {f"api.store.{name}" for name in STORE_NAMES}
    documented = [code(row[0]) for row in rows(page) if row[0].startswith("`notion.")]
    assert {name.partition("(")[0] for name in documented} == {f"notion.{name}" for name in NOTION_NAMES}


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "writing-workflows.md"], ids=lambda path: path.name)
def test_no_page_speaks_of_what_api_does_not_have(page: Path):
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"\bapi\.(\w+)", text)) - {"notion", "example", "md", "a1b2c"} <= API_NAMES
    assert set(re.findall(r"\bapi\.run\.(\w+)", text)) <= RUN_NAMES
    assert set(re.findall(r"\bapi\.log\.(\w+)", text)) <= public_names(Log)
    assert set(re.findall(r"(?<![/.-])\bnotion\.(\w+)\(", text)) <= NOTION_NAMES


@pytest.mark.parametrize(
    "name",
    [
        "schedule_next_step",
        "fan_out",
        "wait_for_event",
        "cancel_wait",
        "dedupe",
        "fetch",
        "notion",
        "call",
        "get_oauth_token",
    ],
)
def test_the_signatures_in_the_headings_are_those_of_the_code(name: str):
    page = text_of("docs/writing-workflows.md")
    heading = re.search(rf"^### `api\.{name}\((.*)\)`$", page, re.MULTILINE)
    assert heading
    scope: dict[str, Any] = {}
    exec(f"def f({heading[1]}): ...", scope)
    shown = inspect.signature(scope["f"]).parameters.values()
    real = list(inspect.signature(getattr(Api, name)).parameters.values())[1:]
    assert [(one.name, one.kind, one.default) for one in shown] == [(one.name, one.kind, one.default) for one in real]


def test_the_parts_of_a_response_are_named():
    page = text_of("docs/writing-workflows.md")
    for name in ["ok", "json()", *Response.model_fields]:
        assert f"`{name}`" in page


def test_every_rule_of_the_guard_is_explained_with_what_to_use_and_whether_the_sandbox_sees_it():
    table = rows(section(text_of("docs/writing-workflows.md"), "What a step may not do"))
    assert {code(row[0]): (row[2], row[3]) for row in table} == {
        name: (rule.instead, caught(name)) for name, rule in RULES.items()
    }
    assert len(table) == len(RULES)
