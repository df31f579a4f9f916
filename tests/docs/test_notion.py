"""What the page about the Notion client says."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from activities.notion import advice, sources
from activities.notion.once import ANSWER_LOST
from settings import Settings
from steps import NotionError, Workflow
from steps.discovery import discover
from steps.http import MAX_REQUEST_BYTES
from steps.notion import Notion, blocks, comments, data_sources, databases, file_uploads, pages, results, users
from steps.notion.record_calls import LIMIT_REACHED
from steps.notion.versions import VERSIONS
from steps.testing import simulate
from tests.docs.pages import blocks as code_blocks
from tests.docs.pages import code, rows, section, text_of

PAGE = "docs/notion.md"
PARTS: dict[str, type] = {
    "pages": pages.Pages,
    "databases": databases.Databases,
    "data_sources": data_sources.DataSources,
    "blocks": blocks.Blocks,
    "users": users.Users,
    "comments": comments.Comments,
    "file_uploads": file_uploads.FileUploads,
}
LISTED = {"Read", "Write", "Upload", "Anything else"}


def methods() -> dict[str, Any]:
    found = {f"notion.{name}": method for name, method in vars(Notion).items() if not name.startswith("_")}
    for part, cls in PARTS.items():
        found |= {f"notion.{part}.{name}": one for name, one in vars(cls).items() if not name.startswith("_")}
    return found


def documented() -> dict[str, str]:
    found = [
        code(row[0]) for name in LISTED for row in rows(section(text_of(PAGE), name)) if row[0].startswith("`notion.")
    ]
    return {one.partition("(")[0]: one.partition("(")[2] for one in found}


def test_every_method_has_its_row_and_no_other():
    assert documented().keys() == methods().keys()


@pytest.mark.parametrize("name", sorted(methods()))
def test_the_signatures_are_those_of_the_code(name: str):
    scope: dict[str, Any] = {}
    exec(f"def f({documented()[name]}: ...", scope)
    real = list(inspect.signature(methods()[name]).parameters.values())[1:]
    shown = inspect.signature(scope["f"]).parameters.values()
    assert [(one.name, one.kind, one.default) for one in shown] == [(one.name, one.kind, one.default) for one in real]


def test_every_code_has_its_row():
    table = rows(section(text_of(PAGE), "When it fails"))
    named = {name for row in table for name in re.findall(r"`(\w+)`", row[0])}
    assert named == {*advice.BY_CODE, sources.SEVERAL, LIMIT_REACHED, ANSWER_LOST}
    for name in NotionError("m").details():
        assert f"`{name}`" in text_of(PAGE)


def test_the_versions_are_those_of_the_code():
    part = section(text_of(PAGE), "Versions")
    assert set(re.findall(r"\d{4}-\d\d-\d\d", part)) == set(VERSIONS)
    assert Settings.model_fields["notion_version"].default == VERSIONS[-1]


def test_every_limit_is_that_of_the_code():
    shown = {row[0]: int(re.sub(r"\D", "", row[1])) for row in rows(section(text_of(PAGE), "Limits"))}
    assert shown == {
        "Rows of a query": results.MAX_ROWS,
        "Rows in one call": results.MAX_PAGE,
        "Blocks in one `append`": blocks.MAX_BLOCKS,
        "A request to Notion, as a step may send it": MAX_REQUEST_BYTES,
        "A file that a step sends itself": file_uploads.MAX_CONTENT_BYTES,
        "A file that `upload_from` fetches": Settings.model_fields["max_upload_bytes"].default,
    }


RUNS: dict[str, tuple[dict[str, Any], Any]] = {
    "Remind": ({"before": "2026-11-01"}, None),
    "keep": ({"name": "#1", "lines": [str(number) for number in range(150)]}, "https://app.notion.com/p/page-1"),
    "attach": ({"page": "page-1", "report_url": "https://shop.example.com/report"}, None),
    "templates": ({"source": "db1"}, {"templates": []}),
}


def loaded(folder: Path) -> dict[str, type[Workflow]]:
    """Return the workflows of the page; a step that stands alone is put into one."""
    for number, block in enumerate(code_blocks(text_of(PAGE), "python")):
        (folder / f"flow_{number}.py").write_text(block if "(Workflow)" in block else framed(block), encoding="utf-8")
    found = discover(folder)
    assert (found.problems, found.findings) == ([], [])
    return found.workflows


def framed(block: str) -> str:
    named = re.search(r"async def (\w+)", block)
    assert named
    lines = "".join(f"    {line}\n" if line else "\n" for line in block.splitlines())
    first = "    async def start(self, data, headers, api):\n"
    first += f"        await api.schedule_next_step(action=self.{named[1]}, payload=data)\n\n"
    return f"from steps import Workflow\n\n\nclass {named[1]}(Workflow):\n{first}{lines}"


@pytest.mark.parametrize("name", RUNS)
async def test_every_step_of_the_page_does_what_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    flows = loaded(tmp_path)
    assert flows.keys() == RUNS.keys()
    data, result = RUNS[name]
    async with simulate(flows[name], env={"NOTION_DATABASE_ID": "db1"}) as world:
        world.connect("my-notion")
        order = world.notion.add_page("db1", {})
        world.notion.on("POST", "/v1/data_sources/db1/query").reply(200, json={"results": [order], "has_more": False})
        world.notion.on("GET", "/v1/data_sources/*/templates").reply(200, json={"templates": []})
        world.notion.pages.clear()
        run = await world.run(data=data)
    assert run.check().result == result
