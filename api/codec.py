"""Temporal's codec server: its UI and its command line show payloads in plain text to whoever has signed in here."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Request
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from temporalio.api.common.v1 import Payload, Payloads

from api.auth import BEARER, Caller, needs
from api.documented import answered, json_body, problems
from api.examples import PAYLOADS
from api.json_body import read_json_object
from api.problems import NotFound, RequestInvalid
from api.services import Shared
from codec.errors import PayloadError
from codec.keys import read_keys
from codec.payloads import Encryption, is_encrypted

PATH = "/codec/decode"
MAX_BYTES = 4 * 1024 * 1024
"""A payload has at most 2 MiB, and base64 takes a third more."""
MAX_PAYLOADS = 2_000

logger = logging.getLogger("api")
router = APIRouter(tags=["Runs"], dependencies=[BEARER])


@router.post(
    PATH,
    summary="Decrypt payloads",
    responses=answered(200, PAYLOADS) | problems(400, 401, 403, "not-found", 413, 415, 422),
    openapi_extra=json_body(PAYLOADS),
)
async def decode(request: Request, services: Shared, caller: Annotated[Caller, needs("operate")]) -> dict[str, Any]:
    """Return payloads as they were before they were encrypted; one that does not open is returned as it is.

    There is no `encode`: what comes in plain is read as it is. No sealed token is opened: payloads hold references.
    """
    keys = read_keys(services.settings.payload_keys_text)
    if not keys:
        raise NotFound("Payloads are not encrypted here: STEPS_PAYLOAD_KEYS is not set.")
    given = _read(await read_json_object(request)).payloads
    codec = Encryption(keys)
    opened = [_opened(codec, payload) for payload in given]
    logger.info("Decrypted %d payloads for the key %s", len(opened), caller.key_id)
    return MessageToDict(Payloads(payloads=opened))


def _read(body: dict[str, Any]) -> Payloads:
    listed = body.get("payloads")
    if isinstance(listed, list) and len(listed) > MAX_PAYLOADS:  # pyright: ignore[reportUnknownArgumentType]  # JSON
        raise RequestInvalid(f"There are more than {MAX_PAYLOADS} payloads. Send them in parts.", limit=MAX_PAYLOADS)
    try:
        return ParseDict(body, Payloads(), ignore_unknown_fields=True)
    except (ParseError, ValueError):
        raise RequestInvalid('Send {"payloads": [{"metadata": {...}, "data": "base64"}]}, as Temporal does.') from None


def _opened(codec: Encryption, payload: Payload) -> Payload:
    if not is_encrypted(payload):
        return payload
    try:
        return codec.decrypt(payload)
    except PayloadError as error:
        logger.warning("A payload was not decrypted for the Temporal UI: %s", error.message)
        return payload
