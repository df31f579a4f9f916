from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from steps import DefinitionInvalid, NotionEvent, Workflow
from steps.discovery import discover
from steps.notion_event import FAMILIES, TYPES
from tests.steps.test_definition import STEP, define

ORDERS = "0d6f1c1e-5f0b-4c39-9d0e-8f3f0f6b1a2c"
OTHER = "1d6f1c1e-5f0b-4c39-9d0e-8f3f0f6b1a2c"
IMPORT = "from steps import NotionEvent"


def event(kind: str = "page.created", **parts: Any) -> dict[str, Any]:
    return {"id": "e1", "type": kind, "entity": {"id": OTHER, "type": "page"}, "data": {}, **parts}


@pytest.mark.parametrize("one", [*TYPES, *FAMILIES])
def test_every_type_and_family_of_notion_is_known(one: str):
    assert NotionEvent(one).types == (one,)


BAD: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    ((), {}, "needs a type"),
    (("page.propertis_updated",), {}, "Did you mean 'page.properties_updated'?"),
    (("page.created", "Page.deleted"), {}, "Did you mean 'page.deleted'?"),
    (("database.schema_update",), {}, "Did you mean 'database.schema_updated'?"),
    (("pages.*",), {}, "Did you mean 'page.*'?"),
    (("zzz",), {}, "It has: page.created, .*'page.\\*'"),
    ((5,), {}, "Notion has no event '5'"),
    ((["page.created"],), {}, "Notion has no event"),
    (("page.created",), {"connection": "My Notion"}, "handle of a connection, such as 'my-notion'"),
    (("page.created",), {"connection": ""}, "handle of a connection"),
    (("page.created",), {"connection": 5}, "handle of a connection"),
    (("page.created",), {"data_source": "Orders"}, "32 hexadecimal digits.* not 'Orders'"),
    (("page.created",), {"data_source": f"{ORDERS}\n"}, "32 hexadecimal digits"),
    (("page.created",), {"data_source": 5}, "32 hexadecimal digits"),
]


@pytest.mark.parametrize(("types", "options", "says"), BAD)
def test_what_notion_does_not_send_is_refused_with_what_to_write(
    types: tuple[Any, ...], options: dict[str, Any], says: str
):
    with pytest.raises(DefinitionInvalid, match=says):
        NotionEvent(*types, **options)


def test_it_cannot_be_changed():
    made = NotionEvent("page.created")
    for name in ("types", "connection", "more"):
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(made, name, "x")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (NotionEvent("page.created"), "page.created"),
        (NotionEvent("page.created", "page.*", "page.created"), "page.created or page.*"),
        (
            NotionEvent("page.*", connection="my-notion", data_source=ORDERS),
            f"page.* in {ORDERS.replace('-', '')} through my-notion",
        ),
    ],
)
def test_it_says_what_it_runs_on(made: NotionEvent, words: str):
    assert made.words == words
    assert words in repr(made)


@pytest.mark.parametrize(
    ("types", "kind", "wanted"),
    [
        (("page.created",), "page.created", True),
        (("page.created",), "page.deleted", False),
        (("page.created", "comment.created"), "comment.created", True),
        (("page.*",), "page.something_new", True),
        (("page.*",), "pages.created", False),
        (("page.*",), "page", False),
        (("page.*",), "data_source.created", False),
    ],
)
def test_types_are_told_apart(types: tuple[str, ...], kind: str, wanted: bool):
    assert NotionEvent(*types).wants(event(kind), "my-notion") is wanted


@pytest.mark.parametrize(("handle", "wanted"), [("my-notion", True), ("other", False)])
def test_a_connection_is_the_only_one_that_counts(handle: str, wanted: bool):
    assert NotionEvent("page.*", connection="my-notion").wants(event(), handle) is wanted


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({"data": {"parent": {"id": OTHER, "type": "database", "data_source_id": ORDERS}}}, True),
        ({"data": {"parent": {"id": OTHER, "type": "database", "data_source_id": ORDERS.replace("-", "")}}}, True),
        ({"data": {"parent": {"id": ORDERS.upper(), "type": "page"}}}, True),
        ({"entity": {"id": ORDERS, "type": "data_source"}}, True),
        ({"data": {"parent": {"id": OTHER, "type": "space"}}}, False),
        ({"data": {"parent": None}}, False),
        ({"data": None, "entity": None}, False),
        ({"data": [ORDERS], "entity": ORDERS}, False),
    ],
)
@pytest.mark.parametrize("spelling", [ORDERS, ORDERS.replace("-", ""), ORDERS.upper()])
def test_a_data_source_is_found_wherever_the_event_names_it(parts: dict[str, Any], wanted: bool, spelling: str):
    assert NotionEvent("page.*", data_source=spelling).wants(event(**parts), "my-notion") is wanted


def words(flow: type[Workflow]) -> str | None:
    return flow.on and flow.on.words


def test_a_class_runs_on_what_it_declares_and_one_that_inherits_on_the_same():
    assert words(define(STEP + "    on = NotionEvent('page.created')\n", before=IMPORT)) == "page.created"
    assert define(STEP).on is None
    before = (
        f"{IMPORT}\nclass Base(Workflow, abstract=True):\n    on = NotionEvent('view.*')\n"
        "    async def start(self, data, headers, api): ...\n"
    )
    assert words(define("    pass\n", before=before, bases="Base")) == "view.*"
    assert define("    on = None\n", before=before, bases="Base").on is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    on = 'page.created'\n", r'Flow.on is a str: write `on = NotionEvent\("page.created"\)`'),
        ("    on = [NotionEvent('page.created')]\n", "Flow.on is a list"),
        ("    on = NotionEvent\n", "Flow.on is a type"),
        ("    async def on(self, data, headers, api): ...\n", "may not have a step or method named on"),
        ("    @property\n    def on(self): ...\n", "may not have a step or method named on"),
        ("    on = NotionEvent('page.creatd')\n", "Did you mean 'page.created'"),
    ],
)
def test_what_on_cannot_be_is_refused(body: str, says: str):
    with pytest.raises(DefinitionInvalid, match=says):
        define(STEP + body, before=IMPORT)


def test_a_mistake_is_named_with_its_line_when_the_file_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = tmp_path / "event_flows"
    folder.mkdir()
    text = (
        "from steps import NotionEvent, Workflow\n\n\nclass Changed(Workflow):\n    on = NotionEvent('page.creatd')\n"
    )
    (folder / "changed.py").write_text(f"{text}{STEP}", encoding="utf-8")
    (problem,) = discover(folder).problems
    assert (problem.file, problem.line) == ("changed.py", 5)
    assert "Did you mean 'page.created'" in problem.message
