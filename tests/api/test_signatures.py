"""Triggers whose senders sign: what counts, what does not, and what a replay starts."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook
from starlette.datastructures import Headers

from api.addresses import Addresses
from api.handshakes import provider_of_trigger
from api.hooks import hook_address
from api.signatures import check_signature, signature_of
from api.webhook_problems import SignatureInvalid
from settings import Settings
from steps.signed import GitHub, NotionSigned, SharedHeader, Shopify, Signed, StandardWebhooks
from tests.api.conftest import Place
from tests.api.runs import finished
from vault import Secret, Vault, VaultUnavailable

BODY = b'{"name": "#1001"}'
SECRET = Secret("whsec_" + base64.b64encode(b"k" * 32).decode())
OTHER = Secret("whsec_" + base64.b64encode(b"o" * 32).decode())
BY_WORKFLOW: dict[str, Signed] = {
    "FromShopify": Shopify(),
    "FromGitHub": GitHub(),
    "FromNotion": NotionSigned(),
    "FromStandard": StandardWebhooks(),
    "FromForm": SharedHeader("X-Trigger-Secret"),
}
BODY_ALONE = [Shopify(), GitHub(), NotionSigned()]


def sign(
    signed: Signed, body: bytes = BODY, secret: Secret = SECRET, id: str = "msg_1", at: datetime | None = None
) -> dict[str, str]:
    if not isinstance(signed, StandardWebhooks):
        return {signed.header: signature_of(signed, secret, body)}
    at = at or datetime.now(UTC)
    signature = Webhook(secret.reveal()).sign(id, at, body.decode())
    return {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def check(signed: Signed, headers: dict[str, str] | list[tuple[str, str]], body: bytes = BODY, *secrets: Secret):
    pairs = list(headers.items()) if isinstance(headers, dict) else headers
    raw = [(name.lower().encode(), value.encode("utf-8", "surrogatepass")) for name, value in pairs]
    return check_signature(signed, secrets or (SECRET,), body, Headers(raw=raw))


@pytest.mark.parametrize(
    ("signed", "secret", "body", "signature"),
    [
        # docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
        (
            GitHub(), "It's a Secret to Everybody", b"Hello, World!",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        # RFC 4231, test case 2, in the two ways of writing it
        (
            NotionSigned(), "Jefe", b"what do ya want for nothing?",
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (Shopify(), "Jefe", b"what do ya want for nothing?", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
    ],
)  # fmt: skip
async def test_signatures_are_those_of_the_documentation(signed: Signed, secret: str, body: bytes, signature: str):
    assert signature_of(signed, Secret(secret), body) == signature
    check(signed, {signed.header: signature}, body, Secret(secret))


@pytest.mark.parametrize("signed", BY_WORKFLOW.values(), ids=lambda one: one.scheme)
async def test_what_is_signed_counts_with_each_secret_and_nothing_else_does(signed: Signed):
    good = sign(signed)
    check(signed, good)
    check(signed, good, BODY, OTHER, SECRET)
    name = signed.header if not isinstance(signed, StandardWebhooks) else "webhook-signature"
    bad: list[tuple[dict[str, str] | list[tuple[str, str]], bytes, Secret]] = [
        (good, BODY, OTHER),
        ({}, BODY, SECRET),
        ({**good, name: ""}, BODY, SECRET),
        ({**good, name: good[name][:-1]}, BODY, SECRET),
        ({**good, name: good[name] + "é"}, BODY, SECRET),
        ([*good.items(), (name, good[name])], BODY, SECRET),
        ([*good.items(), (name, "another")], BODY, SECRET),
    ]
    if not isinstance(signed, SharedHeader):
        bad += [(good, BODY + b" ", SECRET), (good, b"", SECRET), (sign(signed, b""), BODY, SECRET)]
    for headers, body, secret in bad:
        with pytest.raises(SignatureInvalid) as refused:
            check(signed, headers, body, secret)
        assert SECRET.reveal() not in str(refused.value)
        assert good[name] not in str(refused.value)


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_time_far_away_is_refused(minutes: int):
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    with pytest.raises(SignatureInvalid, match="five minutes"):
        check(StandardWebhooks(), sign(StandardWebhooks(), at=at))
    check(StandardWebhooks(), sign(StandardWebhooks(), at=at - timedelta(minutes=2) * (minutes // 6)))


@pytest.mark.parametrize("signed", [*BODY_ALONE, StandardWebhooks()], ids=lambda one: one.scheme)
def test_the_bytes_are_signed_and_not_what_they_mean(signed: Signed):
    for body in (b'{"a":1.0,  "a": 2}\n', b"[", b"", b"[" * 100_000):
        check(signed, sign(signed, body), body)
    with pytest.raises(SignatureInvalid):
        check(signed, sign(signed, b'{"a": 2}'), b'{"a":2}')


@given(st.sampled_from(BODY_ALONE), st.binary(max_size=60), st.binary(max_size=60))
def test_no_other_body_has_the_signature(signed: Signed, body: bytes, other: bytes):
    headers = sign(signed, body)
    check(signed, headers, body)
    if other != body:
        with pytest.raises(SignatureInvalid):
            check(signed, headers, other)


@given(st.sampled_from(BODY_ALONE), st.text(max_size=90))
def test_no_other_text_is_the_signature(signed: Signed, text: str):
    if text.strip() != signature_of(signed, SECRET, BODY):
        with pytest.raises(SignatureInvalid):
            check(signed, {signed.header: text})


async def deliver(
    place: Place,
    name: str,
    body: bytes = BODY,
    headers: Mapping[str, str] | None = None,
    query: str = "",
    host: str = "127.0.0.1",
) -> httpx.Response:
    address = hook_address(place.settings, place.app.state.services.signer, name) + query
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app, client=(host, 1))) as sender:
        told = {"Content-Type": "application/json", **(headers or {})}
        return await sender.post(address, content=body, headers=told)


async def put_secret(place: Place, name: str, secret: Secret, keep: int = 0) -> httpx.Response:
    async with place.program() as caller:
        body = {"secret": secret.reveal(), "keep_seconds": keep}
        return await caller.put(f"/api/v1/workflows/{name}/trigger-secret", json=body)


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


async def test_a_replaced_address_is_good_for_as_long_as_it_is_kept(running: Place):
    async with running.program() as caller:
        path = "/api/v1/workflows/Echo/trigger-address"
        first = hook_address(running.settings, running.app.state.services.signer, "Echo")
        second = (await caller.post(path, json={"keep_seconds": 3600})).json()["hook_url"]
        assert first != second
        for address in (first, second):
            assert (await caller.post(address, json={})).status_code == 202
        third = (await caller.post(path, json={})).json()["hook_url"]
        for address, status in ((first, 404), (second, 404), (third, 202)):
            assert (await caller.post(address, json={})).status_code == status
        shown = [one["hook_url"] for one in (await caller.get("/api/v1/workflows")).json() if one["name"] == "Echo"]
    assert shown == [third]


@pytest.mark.parametrize(
    ("names", "hosts"),
    [
        (["Echo"] * 4, ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]),
        (["Echo", "Failing", "Echo", "Failing"], ["::1"] * 4),
    ],
    ids=["of one trigger", "of one sender"],
)
async def test_more_deliveries_than_the_limit_are_told_when_to_come_again(
    make_place: Callable[..., Place], settings: Settings, running: Place, names: list[str], hosts: list[str]
):
    place = make_place(settings.model_copy(update={"deliveries_per_minute": 3}), running.app.state.services._client)
    answers = [await deliver(place, name, b"{}", host=host) for name, host in zip(names, hosts, strict=True)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[-1].json()["type"] == "too-many-deliveries"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


async def test_what_one_sender_has_too_many_of_does_not_count_against_others(
    make_place: Callable[..., Place], settings: Settings
):
    place = make_place(settings.model_copy(update={"deliveries_per_minute": 3}))
    names = ["Failing"] * 3 + ["Echo"] * 3
    assert [(await deliver(place, name, b"[", host="10.0.0.1")).status_code for name in names] == [400] * 3 + [429] * 3
    assert [(await deliver(place, "Echo", b"[", host="10.0.0.2")).status_code for _ in range(3)] == [400] * 3


async def test_wrong_addresses_are_answered_alike_and_limited_sooner(
    make_place: Callable[..., Place], settings: Settings
):
    place = make_place(settings.model_copy(update={"deliveries_per_minute": 20}))
    async with place.browser() as sender:
        wrong = await sender.post("/hooks/echo/wrong", json={})
        unknown = await sender.post("/hooks/nothing/wrong", json={})
        assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
        assert (await sender.post("/hooks/echo/wrong", json={})).status_code == 429


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


async def test_which_addresses_were_replaced_is_known_before_any_counts(place: Place):
    """An API that has started without its vault refuses all; one that has lost it goes on as it was."""
    down = False

    async def vault() -> Vault:
        if down:
            raise VaultUnavailable("It is down.")
        return place.vault

    await place.vault.trigger_addresses.rotate("Echo", keep=timedelta(0))
    started_with_it = Addresses(vault)
    assert await started_with_it.counting("Echo") == (1,)
    down = True
    await started_with_it.look()
    assert await started_with_it.counting("Echo") == (1,)
    with pytest.raises(VaultUnavailable):
        await Addresses(vault).counting("Echo")


async def test_a_vault_that_falls_silent_holds_no_delivery(place: Place, monkeypatch: pytest.MonkeyPatch):
    silent = False

    async def vault() -> Vault:
        if silent:
            await asyncio.Event().wait()
        return place.vault

    monkeypatch.setattr("api.addresses._LONGEST_LOOK", 0.01)
    with monkeypatch.context() as patience:
        patience.setattr("api.addresses._LONGEST_LOOK", 60)
        started_with_it = Addresses(vault)
        assert await started_with_it.counting("Echo") == (0,)
    silent = True
    await started_with_it.look()
    assert await started_with_it.counting("Echo") == (0,)
    with pytest.raises(VaultUnavailable, match="slow"):
        await Addresses(vault).counting("Echo")


@pytest.mark.parametrize("signs", [True, False])
async def test_notions_handshake_brings_the_token_that_an_operator_lets_count(running: Place, signs: bool):
    token = Secret("secret_of-notions-handshake")
    shake = f'{{"verification_token":"{token.reveal()}"}}'.encode()
    wrong = await deliver(running, "FromNotion", shake, sign(NotionSigned(), shake, OTHER))
    assert (wrong.status_code, wrong.json()["type"]) == (403, "signature-invalid")
    shaken = await deliver(running, "FromNotion", shake, sign(NotionSigned(), shake, token) if signs else {})
    assert (shaken.status_code, shaken.json()) == (200, {"verification": "received"})
    event = b'{"id": "shaken-%d", "attempt_number": 1}' % signs
    early = await deliver(running, "FromNotion", event, sign(NotionSigned(), event, token))
    assert (early.status_code, early.json()["type"]) == (409, "trigger-not-set-up")
    _, shown = await running.vault.webhook_tokens.reveal(provider_of_trigger("FromNotion"))
    await running.vault.trigger_secrets.set("FromNotion", shown)
    started = await deliver(running, "FromNotion", event, sign(NotionSigned(), event, token))
    assert started.status_code == 202
    repeated = event.replace(b'number": 1', b'number": 2')
    again = await deliver(running, "FromNotion", repeated, sign(NotionSigned(), repeated, token))
    assert (again.status_code, again.json()["id"]) == (200, started.json()["id"])


async def test_a_handshake_that_is_none_is_refused(place: Place):
    for token in (b"5", b'"short"', b'"' + b"x" * 600 + b'"', b"null"):
        answer = await deliver(place, "FromNotion", b'{"verification_token": %s}' % token)
        assert (answer.status_code, answer.json()["type"]) == (422, "request-invalid")
    elsewhere = await deliver(place, "FromGitHub", b'{"verification_token": "secret_of-notions-handshake"}')
    assert elsewhere.json()["type"] == "trigger-not-set-up"
