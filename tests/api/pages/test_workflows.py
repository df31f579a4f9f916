"""The pages of workflows, and what the JSON API tells of one."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from steps.discovery import Discovered, LoadProblem
from steps.guard import check_source
from tests.api.browsing import program, sign_in
from tests.api.conftest import Place
from tests.api.runs import finished, start
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


def text_of(page: str) -> str:
    """Return what is read of a page, in one line."""
    return " ".join(unescape(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)).split())


async def page_of(place: Place, path: str, scope: str = "admin") -> str:
    _, text = await place.vault.api_keys.create(scope, (scope,))
    async with place.browser() as visitor:
        await sign_in(visitor, text.reveal())
        answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_every_class_has_a_card_with_how_its_last_runs_went(running: Place):
    for name in ("Echo", "Echo", "Failing"):
        await finished(running, await start(running, name))
    page = await page_of(running, "/workflows")
    assert re.findall(r'<h2><a href="/workflows/(\w+)">\1</a></h2>', page) == sorted(
        running.app.state.services.workflows.workflows
    )
    cards = {text_of(one).split()[0]: one for one in re.findall(r"<article.*?</article>", page, re.DOTALL)}
    assert "Give back what it was started with. Started by its address" in text_of(cards["Echo"])
    assert re.search(r"Last \d+: \d+ completed", text_of(cards["Echo"]))
    assert "failed" in text_of(cards["Failing"])
    assert cards["Failing"].count("<rect") == int(re.findall(r"Last (\d+)", text_of(cards["Failing"]))[0])
    assert "Missing the connection first" in text_of(cards["OrderMoved"])
    assert "Missing the secret of its trigger" in text_of(cards["FromShopify"])
    assert "its address, signed (shopify)" in text_of(cards["FromShopify"])


async def test_the_cards_are_shown_without_temporal(place: Place):
    page = await page_of(place, "/workflows")
    assert "Temporal does not answer" in page
    assert "Give back what it was started with." in page


async def test_a_file_that_did_not_load_is_shown_with_its_line_and_error(place: Place, monkeypatch: pytest.MonkeyPatch):
    broken = LoadProblem("broken.py", 7, "SyntaxError: '(' was never closed <b>")
    monkeypatch.setattr(place.app.state.services, "workflows", Discovered(problems=[broken]))
    page = await page_of(place, "/workflows")
    assert "broken.py:7" in page
    assert "&#39;(&#39; was never closed &lt;b&gt;" in page
    assert "class Hello(Workflow):" in page  # where there is none, how to write one


async def test_a_page_tells_what_the_code_of_a_workflow_says(running: Place):
    text = text_of(await page_of(running, "/workflows/Waiter"))
    assert "Ask a person, and wait for the answer as the test says." in text
    assert "start leads to answered , when an event comes leads to later , after 1 day, sometimes" in text
    assert "class Waiter in flows/waiting.py" in text
    assert "leads to end , after 1 hour" in text_of(await page_of(running, "/workflows/Standing"))


async def test_the_diagram_has_a_box_for_each_step_and_an_arrow_for_each_way(running: Place):
    page = await page_of(running, "/workflows/Waiter")
    assert re.findall(r'<text class="name"[^>]*>(\w+)<', page) == ["start", "answered", "later"]
    assert page.count('<path class="arrow') == 2
    assert page.count('<path class="arrow sometimes"') == 1


async def test_the_address_is_shown_to_those_who_may_start_runs(running: Place):
    page = await page_of(running, "/workflows/Echo")
    (address,) = re.findall(r'<code id="hook">http://steps.test([^<]+)</code>', page)
    command = "curl -X POST -H 'Content-Type: application/json' -d '{}'"
    assert f"{command} http://steps.test{address}</pre>" in unescape(page)
    async with program(running.app) as sender:
        assert (await sender.post(address)).status_code == 202
    reader = await page_of(running, "/workflows/Echo", "read")
    assert "/hooks/" not in reader
    assert "<form" not in reader.split("<main", 1)[1]
    assert "your scopes lack <code>trigger</code>" in reader


async def test_what_a_workflow_needs_is_shown_with_what_is_missing(running: Place):
    page = await page_of(running, "/workflows/Needy")
    text = text_of(page)
    assert "my-notion missing Add Connection my-notion" in text
    assert 'href="/connections/add/notion?handle=my-notion"' in page
    assert "REGION missing python cli.py variables set Needy REGION VALUE" in text
    assert "CHAT not set; it does without" in text
    await running.vault.variables.set("Needy", "REGION", "nobody-sees-this")
    page = await page_of(running, "/workflows/Needy")
    assert "REGION set" in text_of(page)
    assert "nobody-sees-this" not in page


async def test_a_signed_trigger_says_how_to_set_its_secret(running: Place):
    text = text_of(await page_of(running, "/workflows/FromShopify"))
    assert "secret not set" in text
    assert "python cli.py triggers secret FromShopify" in text


async def test_a_schedule_is_shown_with_its_next_times(running: Place, place: Place):
    async with running.program() as caller:
        body = {"workflow": "Standing", "name": "by-the-page", "every": {"hours": 6}}
        made = (await caller.post("/api/v1/schedules", json=body)).json()
        try:

            async def listed() -> str:
                text = text_of(await page_of(running, "/workflows/Standing"))
                assert "Schedule Every 6 hours" in text
                return text

            text = await eventually(listed)
            assert made["next_times"][0][:10] in text[text.index("Next:") :]
            assert made["id"] not in await page_of(running, "/workflows/Echo")
        finally:
            await caller.delete(f"/api/v1/schedules/{made['id']}")
    text = text_of(await page_of(place, "/workflows/Planned"))
    assert "Schedule Temporal does not answer, so its times cannot be shown." in text


async def test_a_test_form_begins_with_a_sample_and_leads_to_the_run(running: Place):
    async with running.signed_in() as visitor:
        page = await visitor.get("/workflows/TypedOrder")
        assert "{\n  &#34;name&#34;: &#34;text&#34;,\n  &#34;total&#34;: 1.5\n}</textarea>" in page.text
        sent = {"payload": '{"note": "é"}', "headers": "X-Source: form\n\ncookie: none\n"}
        answer = await visitor.post("/workflows/Echo/test", data=sent)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/runs/echo/test-")
    run = await finished(running, answer.headers["location"].removeprefix("/runs/"))
    assert run["trigger"] == "test"
    assert run["result"] == {"data": {"note": "é"}, "headers": {"x-source": "form"}}


@pytest.mark.parametrize(
    ("name", "sent", "status", "said"),
    [
        ("Echo", {"payload": '{\n  "name": oops\n}'}, 400, "Expecting value at line 2, column 11."),
        ("Echo", {"payload": "[" * 99 + "]" * 99}, 400, "nests deeper than 64 levels"),
        ("TypedOrder", {"payload": '{"name": "#1"}'}, 422, "field `total`: Field required"),
        ("Echo", {"headers": "X-One: 1\nno header"}, 422, "Line 2 is no header: 'no header'. Write it as"),
        ("Echo", {"headers": "X-Long: " + "x" * 17_000}, 431, "The headers have 17006 bytes"),
    ],
)
async def test_what_cannot_be_sent_stays_as_it_was_typed(
    running: Place, name: str, sent: dict[str, Any], status: int, said: str
):
    typed = {"payload": '{"kept": "payload"}', "headers": "X-Kept: header"} | sent
    async with running.signed_in() as visitor:
        answer = await visitor.post(f"/workflows/{name}/test", data=typed)
    assert answer.status_code == status
    page = unescape(answer.text)
    assert said in page
    for value in typed.values():
        assert value in page
    assert 'aria-invalid="true"' in page


async def test_what_was_typed_survives_an_outage_of_temporal(place: Place):
    async with place.signed_in() as visitor:
        answer = await visitor.post("/workflows/Echo/test", data={"payload": '{"kept": 1}'})
    assert answer.status_code == 503
    assert "Temporal does not answer" in answer.text
    assert '{"kept": 1}' in unescape(answer.text)


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("operate", 403), ("trigger", 403), ("admin", 303)])
async def test_a_test_needs_to_start_and_to_read(running: Place, scope: str, status: int):
    _, text = await running.vault.api_keys.create(scope, (scope,))
    async with running.browser() as visitor:
        await sign_in(visitor, text.reveal())
        assert (await visitor.post("/workflows/Echo/test", data={"payload": "{}"})).status_code == status


async def test_an_unknown_workflow_is_not_found(place: Place):
    async with place.signed_in() as visitor:
        answer = await visitor.get("/workflows/Ecco")
        assert answer.status_code == 404
        assert "Did you mean Echo?" in answer.text
        assert (await visitor.post("/workflows/Ecco/test", data={})).status_code == 404


async def test_the_api_tells_a_workflow_as_nodes_and_edges(place: Place):
    async with place.program() as caller:
        found = (await caller.get("/api/v1/workflows/Needy")).json()
        assert (await caller.get("/api/v1/workflows/Nothing")).status_code == 404
    assert [node["name"] for node in found["nodes"]] == ["start", "load", "report"]
    assert [(edge["source"], edge["target"], edge["kind"], edge["after"]) for edge in found["edges"]] == [
        ("start", "load", "each", []),
        ("start", "report", "all", ["load"]),
    ]
    assert found["variables"] == [
        {"name": "CHAT", "required": False, "present": False},
        {"name": "REGION", "required": True, "present": False},
    ]
    assert found["connections"] == [{"handle": "my-notion", "provider": None, "status": "missing"}]
    assert found["missing"] == ["the variable REGION", "the connection my-notion"]
    assert found["sample"] == {"pages": "1"}
    assert found["file"] == "needy.py"
    assert found["hook_url"].startswith("http://steps.test/hooks/needy/")


async def test_what_the_guard_found_in_its_file_is_shown(place: Place):
    services = place.app.state.services
    (finding,) = check_source("needy.py", "import time\n\ntime.sleep(1)\n")
    services.workflows = replace(services.workflows, findings=[finding])
    assert "needy.py:3:1 sleep :" in text_of(await page_of(place, "/workflows/Needy"))
    assert "What a replay would do otherwise" not in await page_of(place, "/workflows/Echo")
