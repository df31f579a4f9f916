"""Notion's webhook as the operator sees it: its address, its state, and the token to paste into Notion's page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.auth import BEARER, needs
from api.documented import problems
from api.services import Shared
from settings import Settings
from vault.signing import Signer
from vault.webhook_tokens import WebhookToken

router = APIRouter(prefix="/api/v1", tags=["Webhooks"], dependencies=[BEARER])

PROVIDER = "notion"
_PURPOSE = "webhook"
State = Literal["waiting", "received", "verified"]


class WebhookTokenView(BaseModel):
    """A verification token, without itself."""

    id: str
    received_at: datetime = Field(description="When the handshake came that brought it.")
    revealed_at: datetime | None = Field(description="When an operator first saw it; before, no event counts by it.")
    verified_at: datetime | None = Field(description="When the first event came that it signed.")
    last_event_at: datetime | None = Field(description="When the last one did, to the minute.")


class WebhookView(BaseModel):
    """Where Notion sends its events, and how far that is set up."""

    address: str = Field(description="For Notion's page. Whoever knows it can send a handshake: treat it as a secret.")
    state: State = Field(description="`waiting` for the handshake, a token `received`, or `verified` by an event.")
    next: str = Field(description="What to do now.")
    tokens: list[WebhookTokenView] = Field(description="The newest first; all but the verified one are pending.")


class RevealedTokenView(BaseModel):
    """A verification token."""

    id: str
    token: str = Field(description="For Notion's page, and nowhere else: it signs events.")
    received_at: datetime


@router.get(
    "/webhooks/notion", dependencies=[needs("admin")], summary="Get Notion's webhook", responses=problems(401, 503)
)
async def get(services: Shared) -> WebhookView:
    """Tell where Notion sends its events, and whether any has come. The token itself is not shown."""
    tokens = await (await services.vault()).webhook_tokens.list(PROVIDER)
    return webhook_view(events_address(services.settings, services.signer), tokens)


@router.post(
    "/webhooks/notion/reveal",
    dependencies=[needs("admin")],
    summary="Reveal Notion's verification token",
    responses=problems(401, 403, "webhook-token-unknown", "webhook-token-unclear", 503),
)
async def reveal(
    services: Shared,
    token_id: Annotated[str | None, Query(alias="id", description="Which token, where several have come.")] = None,
) -> RevealedTokenView:
    """Return the token to paste into Notion's page. From then on events that it signs count."""
    token, secret = await (await services.vault()).webhook_tokens.reveal(PROVIDER, token_id)
    return RevealedTokenView(id=token.id, token=secret.reveal(), received_at=token.received_at)


def webhook_view(address: str, tokens: list[WebhookToken]) -> WebhookView:
    """Return the webhook as it is shown."""
    verified = any(token.verified_at for token in tokens)
    pending = [token for token in tokens if not token.verified_at]
    return WebhookView(
        address=address,
        state="verified" if verified else "received" if tokens else "waiting",
        next=_next(verified, pending),
        tokens=[WebhookTokenView.model_validate(token, from_attributes=True) for token in tokens],
    )


def events_address(settings: Settings, signer: Signer) -> str:
    """Return where Notion sends the events of this deployment, to all its connections and workflows."""
    # A part more than the address of a trigger has, so that no workflow's name can stand in its place.
    return f"{settings.public_url}/hooks/notion/events/{signer.sign(_PURPOSE, PROVIDER)}"


def is_events_secret(signer: Signer, secret: str) -> bool:
    """Tell whether this is the secret of that address."""
    return signer.matches(_PURPOSE, PROVIDER, secret)


def _next(verified: bool, pending: list[WebhookToken]) -> str:
    show = "python cli.py webhooks notion --token"
    if pending and verified:
        return (
            "Events come, and a handshake with another token came, too. If you made the subscription anew, paste that "
            f"token into Notion's page: `{show} --id {pending[0].id}`. If you did not, somebody else knows the address."
        )
    if len(pending) > 1:
        return (
            f"{len(pending)} handshakes came. Paste the token of your subscription into Notion's page: "
            f"`{show} --id {pending[0].id}` prints the newest. If you made one only, somebody else knows the address."
        )
    if pending and not pending[0].revealed_at:
        return f"Paste the token into Notion's page: `{show}` prints it."
    if pending:
        return "The first event decides. Change a page that a connection reaches, and wait for a minute."
    return "Nothing." if verified else "Make a subscription in Notion's page with this address."
