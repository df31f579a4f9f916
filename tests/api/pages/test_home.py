"""The first page: the verdict, what needs a person, and today's runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from temporalio.client import Client

from settings import Settings
from tests.api.browsing import begin, browser, consent, program, sign_in
from tests.api.conftest import Place
from tests.api.runs import finished, start
from vault import ConnectionStatus

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def tidy(tmp_path: Path) -> Path:
    """A folder of workflows that want nothing."""
    folder = tmp_path / "tidy_flows"
    folder.mkdir()
    (folder / "__init__.py").touch()
    text = "from steps import Workflow\n\n\nclass Tidy(Workflow):\n    async def start(self, data, headers, api): ...\n"
    (folder / "tidy.py").write_text(text, encoding="utf-8")
    return folder


async def connect(place: Place, handle: str = "my-notion") -> None:
    async with place.signed_in() as visitor:
        await visitor.get(await consent(place.notion, await begin(visitor, handle)))


async def home(place: Place) -> str:
    async with place.signed_in() as visitor:
        answer = await visitor.get("/")
    assert answer.status_code == 200
    return unescape(answer.text)


async def test_all_is_well(make_place: Callable[..., Place], settings: Settings, worker: Client, tidy: Path) -> None:
    place = make_place(settings.model_copy(update={"workflows_dir": tidy}), worker)
    await connect(place)
    text = await home(place)
    assert "<h1>Everything is well</h1>" in text
    assert re.findall(r'class="state (\w+)">([^<]+)</span>\s*(?:<span class="soft small">seen|</li>)', text) == [
        ("ok", "answers"), ("ok", "polls"), ("ok", "open"), ("ok", "1 active"), ("ok", "1 loaded"),
    ]  # fmt: skip


async def test_the_first_steps_lead_to_a_connection_and_a_run(
    make_place: Callable[..., Place], settings: Settings, worker: Client, tidy: Path
) -> None:
    place = make_place(settings.model_copy(update={"workflows_dir": tidy}), worker)
    text = await home(place)
    assert 'href="/connections/add/notion"' in text
    (address,) = re.findall(r"curl -X POST http://steps.test(/hooks/tidy/\S+)", text)
    async with program(place.app) as sender:
        assert (await sender.post(address, json={"name": "#1001"})).status_code == 202


async def test_a_reader_is_shown_no_address_and_no_link_that_would_be_refused(running: Place) -> None:
    await connect(running)
    await running.vault.connections.mark("my-notion", ConnectionStatus.NEEDS_REAUTHORIZATION)
    _, key = await running.vault.api_keys.create("reader", ("read",))
    async with browser(running.app) as reader:
        await sign_in(reader, key.reveal())
        text = (await reader.get("/")).text
    assert "my-notion has to be connected again" in text
    assert "/reconnect" not in text
    assert "/hooks/" not in text


async def test_what_needs_a_person_is_named_with_the_way_to_mend_it(running: Place) -> None:
    await connect(running)
    await running.vault.connections.mark("my-notion", ConnectionStatus.NEEDS_REAUTHORIZATION)
    text = await home(running)
    assert re.search(r"<h1>\d+ things need you</h1>", text)
    assert "my-notion has to be connected again" in text
    assert 'href="/connections/my-notion/reconnect"' in text
    assert "The trigger of FromShopify has no secret" in text
    assert "python cli.py triggers secret FromShopify" in text
    assert text.index("my-notion has to") < text.index("The trigger of FromShopify")


async def test_a_connection_that_is_being_deleted_needs_nobody(running: Place) -> None:
    await connect(running)
    await running.vault.connections.deletions.begin("my-notion")
    assert "has to be connected again" not in await home(running)


async def test_todays_failures_come_first_with_the_first_line_of_their_error(running: Place) -> None:
    failed = await start(running, "Failing")
    await finished(running, failed)
    done = await start(running, "Echo")
    await finished(running, done)
    async with running.signed_in() as visitor:
        text = (await visitor.get("/")).text
    assert "Step start failed: RuntimeError: the stock is empty &lt;script&gt;" in text
    newest = text.index("Newest runs")
    assert text.index(failed) < newest < text.index(done)
    counts = dict(re.findall(r'status=(\w+)"><strong>(\d+)</strong>', text))
    assert int(counts["failed"]) >= 1
    assert int(counts["completed"]) >= 1
    assert next(iter(counts)) == "failed"


async def test_without_a_worker_the_page_says_that_runs_wait(
    make_place: Callable[..., Place], settings: Settings, worker: Client
) -> None:
    place = make_place(settings.model_copy(update={"task_queue": "nobody-polls"}), worker)
    text = await home(place)
    assert "No worker polls" in text
    assert "none is lost" in text
    assert "not seen lately" in text
    async with program(place.app) as anyone:
        ready = await anyone.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


async def test_without_temporal_the_page_shows_and_says_that_nothing_is_lost(place: Place) -> None:
    await connect(place)
    text = await home(place)
    assert "Temporal does not answer" in text
    assert "Nothing is lost" in text
    assert "1 active" in text
    assert "No worker polls" not in text  # nobody knows
