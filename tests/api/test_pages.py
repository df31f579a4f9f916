from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from tests.api.conftest import Place
from tests.api.runs import finished, start

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = [
    "/",
    "/signin",
    "/connections",
    "/connections/add",
    "/connections/add/notion",
    "/runs",
    "/docs",
    "/nothing",
    "/schedules",
    "/schedules/add",
    "/variables",
    "/variables/set",
    "/keys",
    "/keys/add",
    "/workflows",
    "/workflows/Waiter",
]


class Reader(HTMLParser):
    """Collect what a page would load, run or leave unlabelled."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.inputs: set[str] = set()
        self.labels: set[str] = set()
        self.handlers: list[str] = []
        self.written: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.written += [tag] if tag == "script" and "src" not in given else []
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]
        self.loads += [given[name] for name in ("src", "srcset") if name in given]
        self.loads += [given["href"]] if tag == "link" else []
        if tag in ("input", "select", "textarea") and given.get("type") != "hidden":
            self.inputs.add(given["id"])
        if tag == "label":
            self.labels.add(given["for"])


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_nothing_but_our_own_files(running: Place, path: str) -> None:
    async with running.signed_in() as visitor, running.browser() as stranger:
        answer = await (stranger if path == "/signin" else visitor).get(path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        page = Reader()
        page.feed(answer.text)
        assert not {"iframe", "object", "embed", "style"} & set(page.tags)
        assert page.written == []  # no script stands in a page
        assert page.handlers == []
        assert page.inputs <= page.labels
        assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("title") == 1
        assert '<html lang="en">' in answer.text
        assert 'name="viewport"' in answer.text
        for address in page.loads:
            assert address.startswith("/static/")
            assert (await visitor.get(address)).status_code == 200


async def test_a_run_page_shows_the_run_as_text(running: Place) -> None:
    run_id = await start(running, "Echo", {"note": "<script>alert(1)</script>"})
    await finished(running, run_id)
    async with running.signed_in() as visitor:
        page = await visitor.get(f"/runs/{run_id}")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert "Started &lt;b&gt;now&lt;/b&gt;" in page.text
        assert f"http://ui.test/namespaces/default/workflows/{quote(run_id, safe='')}" in page.text
        assert "/cancel" not in page.text
        failed = await finished(running, await start(running, "Failing"))
        page = await visitor.get(f"/runs/{failed['id']}")
        assert "the stock is empty &lt;script&gt;" in page.text
        assert "RuntimeError" in page.text


async def test_a_run_is_cancelled_from_its_page(running: Place) -> None:
    run_id = await start(running, "LongWait")
    async with running.signed_in() as visitor:
        page = await visitor.get(f"/runs/{run_id}")
        (action,) = re.findall(r'action="(/runs/[^"]+/cancel)"', page.text)
        answer = await visitor.post(action)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{run_id}")
        await finished(running, run_id)
        assert "cancelled" in (await visitor.get(f"/runs/{run_id}")).text
        again = await visitor.post(action)
        assert again.status_code == 409
        assert "already ended" in again.text
        assert (await visitor.get("/runs/echo/none")).status_code == 404


async def test_a_cancel_of_a_stranger_changes_nothing(running: Place) -> None:
    run_id = await start(running, "LongWait")
    async with running.browser() as stranger:
        answer = await stranger.post(f"/runs/{run_id}/cancel")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/signin")
    async with running.program() as caller:
        assert (await caller.get(f"/api/v1/runs/{run_id}")).json()["status"] == "running"
        await caller.post(f"/api/v1/runs/{run_id}/cancel")


async def test_runs_are_shown_by_page(running: Place) -> None:
    async with running.signed_in() as visitor:
        page = await visitor.get("/runs", params={"status": "completed", "workflow": "nobody's"})
        assert page.status_code == 200
        assert "<h1>Runs</h1>" in page.text
        assert (await visitor.get("/runs?status=odd")).status_code == 422


async def test_no_framework_page_is_served(place: Place) -> None:
    async with place.browser() as anyone:
        for path in ("/redoc", "/docs/oauth2-redirect"):
            assert (await anyone.get(path)).status_code == 404
