"""Which deliveries count as Notion's: signature, address and form."""

from __future__ import annotations

import json

import pytest

from api.handshakes import signature_of
from tests.api.conftest import Place
from tests.api.notion_sender import TOKEN, event, post, set_up
from vault import Secret

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAMPLE = Secret("secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl")
SAMPLE_BODY = b'{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}'
SAMPLE_SIGNATURE = "sha256=461e8cbcba8a75c3edd866f0e71280f5a85cbf21eff040ebd10fe266df38a735"


async def test_the_signature_is_that_of_notions_own_sample(place: Place) -> None:
    assert signature_of(SAMPLE, SAMPLE_BODY) == SAMPLE_SIGNATURE
    assert (await post(place, SAMPLE_BODY, {"X-Notion-Signature": SAMPLE_SIGNATURE})).status_code == 200
    _, token = await place.vault.webhook_tokens.reveal("notion")
    assert token.reveal() == SAMPLE.reveal()


async def test_the_bytes_count_and_not_what_they_say(place: Place) -> None:
    await set_up(place)
    raw = json.dumps(event(workspace_name="Bäckerei 🥐"), ensure_ascii=False, indent=2).encode()
    signature = {"X-Notion-Signature": signature_of(TOKEN, raw)}
    assert (await post(place, raw, signature)).status_code == 200
    assert (await post(place, raw + b" ", signature)).json()["type"] == "signature-invalid"


@pytest.mark.parametrize("kind", ["event", "handshake"])
@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("X-Notion-Signature", ""),
        ("X-Notion-Signature", "sha1={hex}"),
        ("X-Notion-Signature", "{hex}"),
        ("X-Notion-Signature", "{}0"),
        ("X-Notion-Signature", "{}, {}"),
        ("X-Notion-Signature", "sha256="),
        ("X-Notion-Signature", f"sha256={'0' * 64}"),
        ("X-Notion-Signature", "é" * 71),
    ],
)
async def test_what_notion_has_not_signed_is_refused(place: Place, name: str, written: str, kind: str) -> None:
    await set_up(place)
    body = event() if kind == "event" else {"verification_token": "secret_of_somebody_else"}
    raw = json.dumps(body).encode()
    signer = TOKEN if kind == "event" else Secret("secret_of_somebody_else")
    right = signature_of(signer, raw)
    given = written.format(right, right, hex=right.removeprefix("sha256="))
    answer = await post(place, raw, {name: given})
    assert (answer.status_code, answer.json()["type"]) == (403, "signature-invalid")
    assert len(await place.vault.webhook_tokens.list("notion")) == 1


async def test_an_event_is_signed_and_a_handshake_may_be(place: Place) -> None:
    await set_up(place)
    answer = await post(place, json.dumps(event()).encode(), {"Notion-Signature": "sha256="})
    assert (answer.status_code, answer.json()["type"]) == (403, "signature-invalid")
    assert (await post(place, SAMPLE_BODY, {})).json()["verification"] == "received"


@pytest.mark.parametrize("secret", ["x", "", "é"])
async def test_another_address_tells_nothing(place: Place, secret: str) -> None:
    hook = (await place.program().get("/api/v1/workflows")).json()[0]["hook_url"].rsplit("/", 1)[1]
    for path in (f"/hooks/notion/events/{secret or 'y'}", f"/hooks/notion/events/{hook}"):
        answer = await post(place, b"{", {}, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "hook-unknown")


@pytest.mark.parametrize(
    ("raw", "status", "type"),
    [
        (b"{", 400, "json-invalid"),
        (b"[]", 400, "json-not-object"),
        (b'{"a": "' + b"x" * 1_048_576 + b'"}', 413, "body-too-large"),
        (b"{}", 422, "request-invalid"),
        (b'{"id": 5, "type": "page.created"}', 422, "request-invalid"),
        (b'{"id": "", "type": "page.created"}', 422, "request-invalid"),
        (b'{"id": "e1", "type": null}', 422, "request-invalid"),
        (b'{"verification_token": "short"}', 422, "request-invalid"),
        (b'{"verification_token": ["secret_tMrlL1qK5vuQAh1b6cZGhFChZ"]}', 422, "request-invalid"),
        (b'{"verification_token": "secret_\\u00e9MrlL1qK5vuQAh1b6cZGhFChZ"}', 422, "request-invalid"),
    ],
)
async def test_what_is_no_event_is_refused(place: Place, raw: bytes, status: int, type: str) -> None:
    await set_up(place)
    answer = await post(place, raw, {"X-Notion-Signature": signature_of(TOKEN, raw)})
    assert (answer.status_code, answer.json()["type"]) == (status, type)
