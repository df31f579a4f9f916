"""Where Notion sends its events: one address for all connections and workflows of this deployment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from api.auth import public
from api.documented import json_body, problems
from api.event_starts import start_runs
from api.examples import EVENT
from api.handshakes import SIGNATURE, is_handshake, signed_by, take_handshake
from api.json_body import read_json_object
from api.problems import HookUnknown, RequestInvalid
from api.services import Services, Shared
from api.webhook_problems import SignatureInvalid, WebhookNotSetUp
from api.webhooks import PROVIDER, is_events_secret
from vault.webhook_tokens import WebhookToken

router = APIRouter(tags=["Triggers"], dependencies=[public("The address holds a secret, and the event a signature.")])
logger = logging.getLogger("api")

_LONGEST = 200


class EventView(BaseModel):
    """What became of an event, or of the handshake."""

    started: list[str] = Field(default_factory=list, description="The ids of the runs that it has started.")
    earlier: list[str] = Field(default_factory=list, description="Of those that an earlier delivery had started.")
    verification: Literal["received"] | None = Field(default=None, description="Of the handshake alone.")


@router.post(
    "/hooks/notion/events/{secret}",
    summary="Take an event of Notion",
    responses=problems(400, "signature-invalid", 404, "webhook-not-set-up", 413, 415, 422, 503, "workflows-unloaded"),
    openapi_extra=json_body(EVENT),
)
async def take(
    secret: Annotated[str, Path(description="The secret of the address.")], request: Request, services: Shared
) -> EventView:
    """Start one run for each workflow that runs on the event and each connection that it is for.

    The first request that Notion sends is the handshake, whose token signs the events. An event starts its runs once,
    however often it comes. The answer comes when Temporal has stored the starts; anything but 200 asks Notion to send
    the event again.
    """
    if not is_events_secret(services.signer, secret):
        raise HookUnknown("Check the address: `python cli.py webhooks notion` shows it.")
    body, raw = await read_json_object(request), await request.body()
    signatures = request.headers.getlist(SIGNATURE)
    if is_handshake(body):
        return await _shake(services, body, raw, signatures)
    token = await _signer_of(services, raw, signatures)
    _check(body)
    if await (await services.vault()).webhook_tokens.note_event(token):
        logger.warning("Notion's events are signed with the token of %s from now on.", token.received_at)
    runs = await start_runs(services, body)
    return EventView(
        started=[run.id for run in runs if not run.duplicate], earlier=[run.id for run in runs if run.duplicate]
    )


async def _shake(services: Services, body: Mapping[str, Any], raw: bytes, signatures: list[str]) -> EventView:
    in_force = await take_handshake(services, PROVIDER, body, raw, signatures)
    logger.warning(
        "A verification token came for Notion's events%s. `python cli.py webhooks notion --token` shows it.",
        ", beside the one in force, which stays" if in_force else "",
    )
    return EventView(verification="received")


async def _signer_of(services: Services, raw: bytes, signatures: list[str]) -> WebhookToken:
    """Return the token that has signed the body."""
    known = await (await services.vault()).webhook_tokens.counting(PROVIDER)
    if not known:
        raise WebhookNotSetUp(
            "No event counts yet. Paste the verification token into Notion's page: "
            "`python cli.py webhooks notion --token` prints it."
        )
    # All of them in every case: the time of the answer does not tell which one is near.
    found = [token for token, secret in known if signed_by(secret, raw, signatures)]
    if not found:
        raise SignatureInvalid(
            "`X-Notion-Signature` is missing, is no `sha256=` with 64 hexadecimal digits, or is not of this body. "
            "After a new subscription paste its token into Notion's page: `python cli.py webhooks notion --token`."
        )
    return found[0]


def _check(event: Mapping[str, Any]) -> None:
    for name in ("id", "type"):
        value = event.get(name)
        if not (isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()):
            raise RequestInvalid(f"An event of Notion has a text in `{name}`, of at most {_LONGEST} characters.")
