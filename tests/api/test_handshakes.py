"""The handshake by which Notion brings the token that it signs with."""

from __future__ import annotations

import pytest

from api.handshakes import provider_of_trigger
from steps.signed import NotionSigned
from tests.api.conftest import Place
from tests.api.signing import OTHER, deliver, sign
from vault import Secret


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
