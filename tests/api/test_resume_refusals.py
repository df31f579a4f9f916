"""Links that resume nothing, each with its own answer."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.api.browsing import browser
from tests.api.conftest import QUEUE, Place
from tests.api.runs import finished
from tests.api.waiter import asked, link, refused, sender, view_of
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

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
        markers = [event.marker_recorded_event_attributes.details for event in history.events]
        payloads = [payload for details in markers for value in details.values() for payload in value.payloads]
        codec = running.app.state.services._client.data_converter.payload_codec
        (data,) = [payload.data for payload in await codec.decode(payloads) if b"resume_url" in payload.data]
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
