"""The handshake by which Notion brings the token that it signs with."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from api.problems import RequestInvalid
from api.services import Services
from api.webhook_problems import SignatureInvalid
from vault.secret import Secret

SIGNATURE = "x-notion-signature"
_LENGTHS = range(16, 513)  # of a token; less than that signs nothing


class HandshakeView(BaseModel):
    """What became of the handshake."""

    verification: Literal["received"] = "received"


def is_handshake(body: Mapping[str, Any]) -> bool:
    """Tell whether Notion brings its token; an event has a type."""
    return "verification_token" in body and "type" not in body


async def take_handshake(
    services: Services, provider: str, body: Mapping[str, Any], raw: bytes, signatures: Sequence[str]
) -> bool:
    """Store the token, which counts for nothing before an operator has seen it; tell whether another is in force.

    Raises:
        RequestInvalid: it is no token of Notion.
        SignatureInvalid: it is signed with something else.
    """
    token = body["verification_token"]
    if not (isinstance(token, str) and len(token) in _LENGTHS and token.isascii() and token.isprintable()):
        raise RequestInvalid("`verification_token` is not a token of Notion.")
    secret = Secret(token)
    # Signed with what it brings it proves nothing, so that one without a signature is no worse.
    if signatures and not signed_by(secret, raw, signatures):
        raise SignatureInvalid("A handshake is signed with the token that it brings, or not at all.")
    tokens = (await services.vault()).webhook_tokens
    in_force = any(known.verified_at for known in await tokens.list(provider))
    await tokens.receive(provider, secret)
    return in_force


def provider_of_trigger(workflow: str) -> str:
    """Return the name under which the vault keeps the tokens that come to the workflow's trigger."""
    return f"trigger/{hashlib.sha256(workflow.encode()).hexdigest()[:32]}"


def signature_of(token: Secret, raw: bytes) -> str:
    """Return what Notion sends as `X-Notion-Signature` with this body."""
    return f"sha256={hmac.digest(token.reveal().encode(), raw, hashlib.sha256).hex()}"


def signed_by(token: Secret, raw: bytes, signatures: Sequence[str]) -> bool:
    """Tell in constant time whether the one signature is the token's for this body."""
    wanted = signature_of(token, raw).encode()
    given = [one.strip().encode("utf-8", "surrogatepass") for one in signatures]
    return len(given) == 1 and hmac.compare_digest(wanted, given[0])
