"""The public link of a wait: reading it changes nothing, its button or one POST resumes the run."""

from __future__ import annotations

import asyncio
import logging
from html import unescape
from typing import Any

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from steps.resume_token import make_token
from tests.api.browsing import browser
from tests.api.conftest import QUEUE, Place
from tests.api.test_runs import finished
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = {"Content-Type": "application/x-www-form-urlencoded"}  # as a browser sends a form without fields
QUESTION = "Approve <b>#1001</b>?"


def sender(place: Place) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(place.app), base_url="http://steps.test")


async def view_of(place: Place, run_id: str) -> dict[str, Any]:
    async with place.program() as program:
        return (await program.get(f"/api/v1/runs/{run_id}")).json()


async def asked(place: Place, *, stay: bool = True, withdraw: bool = False, **wait: Any) -> tuple[str, str]:
    """Start a run that asks; return its id and the link, as who is signed in sees it."""
    wait = {"payload": {"order": "#1001", "question": QUESTION}} | wait
    async with place.program() as program:
        body = {"data": {"wait": wait, "stay": stay, "withdraw": withdraw}}
        run_id = (await program.post("/api/v1/workflows/Waiter/runs", json=body)).json()["id"]

    async def waiting() -> str:
        (step,) = [step for step in (await view_of(place, run_id))["waiting"] if step["step"] == "answered"]
        return step["resume_url"]

    return run_id, await eventually(waiting) if not withdraw else ""


async def events(place: Place, run_id: str) -> list[Any]:
    """Return the events that the run has taken, once it has taken one."""

    async def look() -> list[Any]:
        return (await view_of(place, run_id))["store"].get("events", [])

    return await eventually(look)


def link(place: Place, run_id: str, wait_id: str = "0" * 32) -> str:
    signer = place.app.state.services.signer
    return f"/resume/{make_token(run_id, wait_id, lambda text: signer.sign('resume', text))}"


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


FORGED = [
    "", "x", "x.y", "A" * 40 + "." + "A" * 43, "../../etc/passwd", "%00", "a" * 3_000 + "." + "A" * 43, "é.é",
]  # fmt: skip


@pytest.mark.parametrize("token", FORGED)
async def test_a_forged_token_is_unknown(place: Place, token: str) -> None:
    async with sender(place) as program:
        for method in ("GET", "POST"):
            answer = await program.request(method, f"/resume/{token}")
            assert answer.status_code == 404
            if answer.json()["type"] != "not-found":  # no route has such a path
                assert answer.json()["type"] == "wait-unknown"


async def test_every_change_of_a_token_makes_it_unknown(place: Place) -> None:
    token = link(place, "waiter/1").removeprefix("/resume/")
    head, _, signature = token.partition(".")
    other = link(place, "waiter/2").removeprefix("/resume/").partition(".")[0]
    elsewhere = place.app.state.services.signer.sign("trigger", "waiter/1\0" + "0" * 32)
    changed = [token + "A", token[1:], f"{other}.{signature}", f"{head}.{elsewhere}", f"{head}=.{signature}",
               f"{head}.{signature[:-1]}", f"{head}.{signature.swapcase()}", head, f".{signature}"]  # fmt: skip
    async with sender(place) as program:
        for forged in changed:
            answer = await program.post(f"/resume/{forged}")
            assert (answer.status_code, answer.json()["type"]) == (404, "wait-unknown"), forged


async def refused(place: Place, url: str, **request: Any) -> tuple[int, str]:
    async with sender(place) as program:
        answer = await program.post(url, **request)
    return answer.status_code, answer.json()["type"]


async def test_each_way_in_which_it_cannot_be_has_its_own_answer(running: Place) -> None:
    run_id, url = await asked(running)
    assert await refused(running, link(running, run_id)) == (404, "wait-unknown")
    assert await refused(running, link(running, "waiter/never-was")) == (410, "run-ended")
    assert await refused(running, url, content=b"{", headers={"Content-Type": "application/json"}) == (
        400, "json-invalid",
    )  # fmt: skip
    assert await refused(running, url, json=[1]) == (400, "json-not-object")
    assert await refused(running, url, content=b"a", headers={"Content-Type": "text/plain"}) == (
        415, "media-type-unsupported",
    )  # fmt: skip
    assert await refused(running, url, json={"x": "y" * 300_000}) == (413, "payload-too-large")
    assert await refused(running, url, json={"x": "y" * 1_100_000}) == (413, "body-too-large")
    assert (await view_of(running, run_id))["store"] == {}
    async with running.program() as program:
        await program.post(f"/api/v1/runs/{run_id}/cancel")
    await finished(running, run_id)
    assert await refused(running, url) == (410, "run-ended")
    async with browser(running.app) as anyone:
        page = await anyone.get(url)
    assert (page.status_code, "The run has already ended" in page.text) == (410, True)


async def test_an_expired_and_a_withdrawn_wait_are_gone(running: Place) -> None:
    run_id, url = await asked(running, timeout=1)

    async def expired() -> bool:
        return bool((await view_of(running, run_id))["log"])

    await eventually(expired)
    assert await refused(running, url) == (410, "wait-expired")
    run_id, _ = await asked(running, withdraw=True)
    handle = running.app.state.services._client.get_workflow_handle(run_id)

    async def past() -> str:
        history = await handle.fetch_history()
        (opened,) = [
            event.marker_recorded_event_attributes
            for event in history.events
            if event.HasField("marker_recorded_event_attributes")
            and b"resume_url" in event.marker_recorded_event_attributes.SerializeToString()
        ]
        data = opened.SerializeToString()
        return data.split(b"http://steps.test/resume/")[1].split(b'"')[0].decode()

    token = await eventually(past)

    async def withdrawn() -> bool:
        return [step["step"] for step in (await view_of(running, run_id))["waiting"]] == ["later"]

    await eventually(withdrawn)
    assert await refused(running, f"/resume/{token}") == (410, "wait-withdrawn")


async def test_without_a_worker_nothing_is_lost(
    make_place: Any, settings: Any, dev_server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.resuming._WORKER_SECONDS", 0.5)
    place = make_place(settings.model_copy(update={"task_queue": f"{QUEUE}-nobody"}), dev_server.client)
    async with place.program() as program:
        run_id = (await program.post("/api/v1/workflows/Waiter/runs", json={"data": {"wait": {}}})).json()["id"]
    assert await refused(place, link(place, run_id)) == (503, "worker-unavailable")
    async with browser(place.app) as anyone:
        assert (await anyone.get(link(place, run_id))).status_code == 503


async def test_only_who_is_signed_in_sees_the_link(running: Place) -> None:
    run_id, url = await asked(running)
    async with running.signed_in() as visitor:
        assert url in (await visitor.get(f"/runs/{run_id}")).text
    async with sender(running) as anyone:
        assert (await anyone.get(f"/api/v1/runs/{run_id}")).status_code == 401


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
