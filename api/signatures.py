"""Whether a delivery was signed by whoever knows the secret of its trigger; always by the raw body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.datastructures import Headers

from api.trigger_problems import TriggerNotSetUp
from api.webhook_problems import SignatureInvalid
from steps.signed import GitHub, NotionSigned, SharedHeader, Shopify, Signed, StandardWebhooks
from vault.secret import Secret
from vault.trigger_errors import TriggerSecretInvalid

_SHORTEST_KEY = 24  # bytes; Standard Webhooks has no shorter one
_STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")


def check_signature(signed: Signed, secrets: Sequence[Secret], raw: bytes, headers: Headers) -> str | None:
    """Return what tells this delivery from others, where the sender has signed it.

    With a signature of the body alone that is the body, whatever id comes beside it: who has seen a delivery can send
    it again under another one. None leaves it to the id, which nothing protects: for a header that holds the secret.

    Raises:
        SignatureInvalid: it is missing, there several times, too old, or not of this body.
    """
    if not secrets:
        command = "triggers token" if isinstance(signed, NotionSigned) else "triggers secret"
        raise TriggerNotSetUp(
            "Nothing is taken before the secret is set that the sender signs with: "
            f"`python cli.py {command}` with the workflow's name."
        )
    if isinstance(signed, StandardWebhooks):
        return _standard(secrets, raw, headers)
    given = _only(headers, signed.header)
    # Every secret in every case: the time of the answer does not tell which one is near.
    matches = [hmac.compare_digest(_expected(signed, secret, raw), given) for secret in secrets]
    if not any(matches):
        raise _refused(signed)
    return None if isinstance(signed, SharedHeader) else f"sha256.{hashlib.sha256(raw).hexdigest()[:40]}"


def check_secret(signed: Signed, secret: Secret) -> None:
    """Refuse a secret that no sender of this scheme can sign with; nothing repeats it.

    Raises:
        TriggerSecretInvalid: says what shape it has.
    """
    if not isinstance(signed, StandardWebhooks):
        return
    text = secret.reveal().removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _SHORTEST_KEY:
        raise TriggerSecretInvalid(
            f"A secret of Standard Webhooks is base64 of {_SHORTEST_KEY} bytes or more, mostly with `whsec_` before it."
        )


def signature_of(signed: Signed, secret: Secret, raw: bytes) -> str:
    """Return what a sender puts into the header for this body; not for Standard Webhooks, which signs a time too."""
    return _expected(signed, secret, raw).decode()


def _expected(signed: Signed, secret: Secret, raw: bytes) -> bytes:
    if isinstance(signed, SharedHeader):
        return secret.reveal().encode()
    mac = hmac.digest(secret.reveal().encode(), raw, hashlib.sha256)
    written: dict[type[Signed], Callable[[bytes], bytes]] = {
        Shopify: base64.b64encode,
        GitHub: lambda mac: b"sha256=" + mac.hex().encode(),
        NotionSigned: lambda mac: b"sha256=" + mac.hex().encode(),
    }
    return written[type(signed)](mac)


def _standard(secrets: Sequence[Secret], raw: bytes, headers: Headers) -> str:
    signed = StandardWebhooks()
    given = {name: _only(headers, name).decode("utf-8", "surrogatepass") for name in _STANDARD}
    matches = [_verifies(secret, raw, given) for secret in secrets]
    if not any(matches):
        raise _refused(signed)
    return given["webhook-id"]


def _verifies(secret: Secret, raw: bytes, given: dict[str, str]) -> bool:
    try:
        # What the body holds is for whoever reads it, who has better answers than that the signature is wrong.
        Webhook(secret.reveal()).verify(raw, given, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False  # the latter: a body or a signature that is no text
    return True


def _only(headers: Headers, name: str) -> bytes:
    values = headers.getlist(name)
    if len(values) != 1:
        found = "missing" if not values else f"there {len(values)} times"
        raise SignatureInvalid(f"The header `{name}` is {found}; the sender has to send it once.")
    return values[0].strip().encode("utf-8", "surrogatepass")


def _refused(signed: Signed) -> SignatureInvalid:
    return SignatureInvalid(
        f"`{signed.header}` is not what the secret of this trigger makes of the body"
        + (", or its time is more than five minutes away" if isinstance(signed, StandardWebhooks) else "")
        + ". Check that the sender has the secret that was set with `python cli.py triggers secret`."
    )
