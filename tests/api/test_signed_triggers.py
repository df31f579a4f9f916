"""Triggers whose senders sign: which secrets count, and what a replay starts."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.api.conftest import Place
from tests.api.runs import finished
from tests.api.signing import BODY, BY_WORKFLOW, OTHER, SECRET, deliver, put_secret, sign
from vault import Secret


@pytest.mark.parametrize("name", BY_WORKFLOW)
async def test_a_signed_delivery_starts_a_run_and_nothing_does_before_the_secret_is_set(running: Place, name: str):
    signed = BY_WORKFLOW[name]
    unset = await deliver(running, name, BODY, sign(signed))
    assert (unset.status_code, unset.json()["type"]) == (409, "trigger-not-set-up")
    assert f"triggers {'token' if name == 'FromNotion' else 'secret'}" in unset.json()["detail"]
    stored = await put_secret(running, name, SECRET)
    assert stored.status_code == 200
    assert SECRET.reveal() not in stored.text
    refused = await deliver(running, name, BODY, sign(signed, secret=OTHER))
    assert (refused.status_code, refused.json()["type"]) == (403, "signature-invalid")
    headers = {**sign(signed), "Idempotency-Key": f"{name}-1", "X-Shop": "berlin"}
    started = await deliver(running, name, BODY, headers, "?name=other&unsigned=1")
    assert started.status_code == 202, started.text
    result = (await finished(running, started.json()["id"]))["result"]
    assert result["data"] == {"name": "#1001"}
    assert result["headers"]["x-shop"] == "berlin"
    assert signed.header.lower() not in result["headers"]


async def test_a_secret_that_came_in_a_header_is_not_kept_in_the_history(running: Place):
    await put_secret(running, "FromForm", SECRET)
    headers = {**sign(BY_WORKFLOW["FromForm"]), "X-Form": "of the shop"}
    started = await deliver(running, "FromForm", BODY, headers)
    client = await running.app.state.services.temporal()
    history = await client.get_workflow_handle(started.json()["id"]).fetch_history()
    kept = history.events[0].SerializeToString()
    assert b"of the shop" in kept
    assert SECRET.reveal().encode() not in kept


@pytest.mark.parametrize("name", ["FromShopify", "FromGitHub", "FromNotion", "FromStandard"])
async def test_a_hundred_replays_under_whatever_ids_start_one_run(running: Place, name: str):
    await put_secret(running, name, SECRET)
    body = f'{{"replayed": "{name}"}}'.encode()
    headers = sign(BY_WORKFLOW[name], body, id="msg_replayed")

    async def replay(number: int) -> httpx.Response:
        ids = {"X-Shopify-Webhook-Id": f"{number}", "X-GitHub-Delivery": f"{number}", "Idempotency-Key": f"{number}"}
        return await deliver(running, name, body, headers | ids, f"?attempt={number}")

    answers = await asyncio.gather(*(replay(number) for number in range(100)))
    assert sorted({answer.status_code for answer in answers}) == [200, 202]
    assert [answer.status_code for answer in answers].count(202) == 1
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_replaced_secret_counts_for_as_long_as_it_is_kept(running: Place):
    signed = BY_WORKFLOW["FromGitHub"]
    await put_secret(running, "FromGitHub", SECRET)
    await put_secret(running, "FromGitHub", OTHER, keep=3600)
    for number, secret in enumerate((SECRET, OTHER)):
        body = f'{{"kept": {number}}}'.encode()
        assert (await deliver(running, "FromGitHub", body, sign(signed, body, secret))).status_code == 202
    async with running.program() as caller:
        listed = (await caller.get("/api/v1/workflows/FromGitHub/trigger-secret")).json()
    assert [one["until"] is None for one in listed] == [True, False]
    await put_secret(running, "FromGitHub", Secret("x" * 40))
    for secret in (SECRET, OTHER):
        body = b'{"kept": "no longer"}'
        assert (await deliver(running, "FromGitHub", body, sign(signed, body, secret))).status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "type"),
    [
        ({"secret": "short"}, 422, "request-invalid"),
        ({"secret": "a good one indeed", "keep_seconds": 99_999_999}, 422, "request-invalid"),
        ({"secret": " leading and long"}, 422, "trigger-secret-invalid"),
    ],
)
async def test_a_secret_that_cannot_be_one_is_refused_without_repeating_it(
    place: Place, body: dict[str, object], status: int, type: str
):
    async with place.program() as caller:
        answer = await caller.put("/api/v1/workflows/FromGitHub/trigger-secret", json=body)
        unsigned = await caller.put("/api/v1/workflows/Echo/trigger-secret", json={"secret": "a good one indeed"})
    assert (answer.status_code, answer.json()["type"]) == (status, type)
    assert str(body["secret"]) not in answer.text
    assert (unsigned.status_code, unsigned.json()["type"]) == (409, "trigger-not-signed")


@pytest.mark.parametrize(
    "text", ["no base64 at all!", "whsec_no-base64-at-all-either", "whsec_c2hvcnQ=", "whsec_========", "c2hvcnQgb25l"]
)
async def test_a_secret_that_standard_webhooks_cannot_sign_with_is_refused(place: Place, text: str):
    answer = await put_secret(place, "FromStandard", Secret(text))
    assert (answer.status_code, answer.json()["type"]) == (422, "trigger-secret-invalid")
    assert "base64 of 24 bytes" in answer.json()["detail"]
    assert text not in answer.text
    bare = SECRET.reveal().removeprefix("whsec_")
    for good in (SECRET.reveal(), bare, bare.rstrip("=")):
        assert (await put_secret(place, "FromStandard", Secret(good))).status_code == 200


async def test_no_answer_shows_a_secret_that_was_set(place: Place):
    stored = await put_secret(place, "FromGitHub", SECRET)
    async with place.program() as caller:
        paths = ["/api/v1/workflows/FromGitHub/trigger-secret", "/api/v1/workflows"]
        answers = [stored, *[await caller.get(path) for path in paths]]
    async with place.signed_in() as visitor:
        answers.append(await visitor.get("/"))
    for answer in answers:
        assert answer.status_code == 200
        assert SECRET.reveal() not in answer.text
