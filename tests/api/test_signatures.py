"""Signatures of what senders deliver: what counts, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from api.signatures import check_signature, signature_of
from api.webhook_problems import SignatureInvalid
from steps.signed import GitHub, NotionSigned, SharedHeader, Shopify, Signed, StandardWebhooks
from tests.api.signing import BODY, BY_WORKFLOW, OTHER, SECRET, sign
from vault import Secret

BODY_ALONE = [Shopify(), GitHub(), NotionSigned()]


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
