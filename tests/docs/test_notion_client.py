"""What the page about the Notion client says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steps import Notion
from steps.discovery import discover
from steps.http import NotionRequest
from steps.notion.blocks import Blocks
from steps.notion.comments import Comments
from steps.notion.data_sources import DataSources
from steps.notion.databases import Databases
from steps.notion.file_uploads import FileUploads
from steps.notion.pages import Pages
from steps.notion.users import Users
from steps.notion.versions import VERSIONS
from steps.testing import simulate
from tests.docs.pages import blocks, code, rows, section, text_of

PAGE = "docs/notion.md"
PARTS: dict[str, type] = {
    "pages": Pages, "databases": Databases, "data_sources": DataSources, "blocks": Blocks, "users": Users,
    "comments": Comments, "file_uploads": FileUploads,
}  # fmt: skip


def test_every_method_has_its_row():
    documented = [code(row[0]) for row in rows(section(text_of(PAGE), "What there is"))]
    methods = [f"{part}.{name}" for part, cls in PARTS.items() for name in vars(cls) if not name.startswith("_")]
    assert sorted(documented) == sorted(methods)


def test_the_page_speaks_of_no_other_part_of_the_client():
    spoken = set(re.findall(r"\bnotion\.(\w+)", text_of(PAGE).replace("notion.so", "").replace("notion.com", "")))
    assert spoken <= {*PARTS, *dir(Notion)}


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_named(version: str):
    assert version in section(text_of(PAGE), "Versions")


async def test_the_example_does_what_it_says(tmp_path: Path):
    (tmp_path / "close_orders.py").write_text(blocks(text_of(PAGE), "python")[0], encoding="utf-8")
    workflow = discover(tmp_path).workflows["CloseOrders"]
    async with simulate(workflow, env={"NOTION_DATABASE_ID": "db1"}) as world:
        world.connect("my-notion")
        world.notion.database("db1", {"Name": "title", "Paid": "checkbox"})
        pages = [world.notion.add_page("db1", {"Paid": {"checkbox": paid}}) for paid in (False, True, False)]
        run = await world.run({})
        assert run.result == 2
        assert [page["in_trash"] for page in pages] == [True, False, True]
        asked = [call.url.rpartition("/")[2] for call in run.calls]
        assert asked == ["query", "children", pages[0]["id"], "children", pages[2]["id"]]


def test_a_request_says_nothing_that_it_need_not():
    plain = NotionRequest(handle="my-notion", method="GET", path="/v1/users/me").model_dump(exclude_none=True)
    assert plain == {"handle": "my-notion", "method": "GET", "path": "/v1/users/me"}
