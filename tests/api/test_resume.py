"""The public link of a wait: reading it changes nothing, its button or one POST resumes the run."""

from __future__ import annotations

import asyncio
import logging
from html import unescape

import pytest

from tests.api.browsing import browser, sign_in
from tests.api.conftest import Place
from tests.api.runs import finished
from tests.api.waiter import QUESTION, asked, events, sender, view_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}  # as a browser sends a form without fields


async def test_a_program_resumes_the_run_by_one_post(running: Place) -> None:
    run_id, url = await asked(running, stay=False)
    async with sender(running) as program:
        answer = await program.post(f"{url}?source=mail&name=query", json={"approved": True, "name": "body"})
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("at")
    assert body == {"resumed": True, "already": False, "run": run_id, "step": "answered"}
    run = await finished(running, run_id)
    event = {"source": "mail", "approved": True, "name": "body"}
    assert run["result"] == {"order": "#1001", "question": QUESTION, "event": event}


async def test_reading_the_link_resumes_nothing_however_often_and_says_what_is_asked(running: Place) -> None:
    run_id, url = await asked(running)
    async with browser(running.app) as anyone:
        for _ in range(3):
            await anyone.get(url)
            await anyone.head(url)
            await anyone.options(url)
        page = await anyone.get(f"{url}?decision=decline")
    assert page.status_code == 200
    assert "Approve &lt;b&gt;#1001&lt;/b&gt;?" in page.text
    for shown in ("Waiter", run_id, "answered", "decline", "UTC"):
        assert shown in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "form-action 'self';" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    run = await view_of(running, run_id)
    assert (run["store"], run["waiting_count"]) == ({}, 2)


async def test_the_button_resumes_with_the_query_of_the_link(running: Place) -> None:
    run_id, url = await asked(running)
    async with browser(running.app) as anyone:
        page = await anyone.get(f"{url}?decision=decline&x=%22%3E%3Cscript%3E")
        assert "<script>" not in page.text
        target = unescape(page.text.split('<form method="post" action="')[1].split('"')[0])
        done = await anyone.post(target, headers=FORM)
        again = await anyone.post(target, headers=FORM)
        late = await anyone.get(url)
    assert done.status_code == again.status_code == late.status_code == 200
    assert "Thank you" in done.text
    assert "answered before" in again.text
    assert "answered before" in late.text
    assert await events(running, run_id) == [{"decision": "decline", "x": '"><script>'}]


async def test_the_browser_goes_on_to_the_redirect(running: Place) -> None:
    target = "https://shop.example.com:8443/thanks?order=1001"
    _, url = await asked(running, redirect_url=target)
    async with browser(running.app) as anyone:
        page = await anyone.get(url)
        answers = [await anyone.post(url, headers=FORM) for _ in range(2)]
    assert "form-action 'self' https: https://shop.example.com:8443;" in page.headers["content-security-policy"]
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, target)] * 2
    async with sender(running) as program:
        assert (await program.post(url)).json()["already"] is True


async def test_twenty_clicks_at_once_give_one_event(running: Place) -> None:
    run_id, url = await asked(running)
    async with sender(running) as program:
        answers = await asyncio.gather(*(program.post(url, json={"n": number}) for number in range(20)))
        late = (await program.post(url, json={"n": 20})).json()
    assert [answer.status_code for answer in answers] == [200] * 20
    bodies = [answer.json() for answer in answers]
    (taken,) = [number for number, body in enumerate(bodies) if not body["already"]]
    assert await events(running, run_id) == [{"n": taken}]
    assert late == {**bodies[taken], "already": True}


async def test_after_the_run_has_ended_a_second_click_still_gets_the_first_result(running: Place) -> None:
    run_id, url = await asked(running, stay=False)
    async with sender(running) as program:
        first = (await program.post(url)).json()
        await finished(running, run_id)
        assert (await program.post(url)).json() == {**first, "already": True}


async def test_only_who_is_signed_in_sees_the_link(running: Place) -> None:
    run_id, url = await asked(running)
    async with running.signed_in() as visitor:
        assert url in (await visitor.get(f"/runs/{run_id}")).text
    async with sender(running) as anyone:
        assert (await anyone.get(f"/api/v1/runs/{run_id}")).status_code == 401


@pytest.mark.parametrize(("scope", "shown"), [("read", False), ("operate", True)])
async def test_only_who_may_operate_sees_the_link(running: Place, scope: str, shown: bool) -> None:
    run_id, url = await asked(running)
    _, text = await running.vault.api_keys.create("eyes", (scope,))
    async with running.browser() as visitor:
        await sign_in(visitor, text.reveal())
        assert (url in (await visitor.get(f"/runs/{run_id}")).text) is shown
        assert (url in (await visitor.get(f"/api/v1/runs/{run_id}")).text) is shown


async def test_the_log_has_the_route_and_not_the_token(running: Place, caplog: pytest.LogCaptureFixture) -> None:
    _, url = await asked(running)
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "api"):
        async with sender(running) as program:
            await program.get(url)
            await program.post(url)
            await program.post(url + "x")
    told = [record.getMessage() for record in caplog.records if record.name.startswith("api")]
    assert any(line.startswith("POST /resume/{token} 200") for line in told)
    assert not any(url.rsplit("/", 1)[1][-43:] in line for line in told)
