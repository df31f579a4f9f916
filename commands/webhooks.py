"""`python cli.py webhooks`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from api.webhooks import PROVIDER, WebhookTokenView, WebhookView, events_address, webhook_view
from commands.shared import opened, perform
from settings import read_settings
from steps.discovery import discover
from vault.opening import open_signer
from vault.secret import Secret

app = typer.Typer(no_args_is_help=True, help="See where providers send their events, and how that is set up.")


@app.command("notion")
def notion(
    token: Annotated[
        bool, typer.Option("--token", help="Print the verification token, for Notion's page; it counts from then on.")
    ] = False,
    token_id: Annotated[
        str | None, typer.Option("--id", help="With --token: which one, where several have come.")
    ] = None,
) -> None:
    """Show the address for Notion's events, how far it is set up, and which workflows run on what."""
    if token:
        typer.echo(perform(_reveal(token_id)).reveal())
        return
    for line in _lines(perform(_view())):
        typer.echo(line)
    for name, cls in sorted(discover(read_settings().workflows_dir).workflows.items()):
        if cls.on:
            typer.echo(f"Runs      {name} on {cls.on.words}")


async def _view() -> WebhookView:
    settings = read_settings()
    async with opened() as vault:
        tokens = await vault.webhook_tokens.list(PROVIDER)
    return webhook_view(
        events_address(settings, open_signer(settings.signing_key_text, settings.signing_key_path)), tokens
    )


async def _reveal(token_id: str | None) -> Secret:
    async with opened() as vault:
        token, secret = await vault.webhook_tokens.reveal(PROVIDER, token_id)
    # Beside the token, so that `| pbcopy` takes the token alone.
    typer.echo(f"The token of the handshake of {token.received_at:%Y-%m-%d %H:%M:%S} UTC:", err=True)
    return secret


def _lines(view: WebhookView) -> Iterator[str]:
    yield f"Address   {view.address}"
    yield f"State     {view.state}"
    for token in view.tokens:
        yield f"Token     {token.id}  {_state(token)}"
    yield f"To do     {view.next}"


def _state(token: WebhookTokenView) -> str:
    moments = {
        "received": token.received_at,
        "shown": token.revealed_at,
        "verified": token.verified_at,
        "last event": token.last_event_at,
    }
    return ", ".join(f"{name} {moment:%Y-%m-%d %H:%M:%S}" for name, moment in moments.items() if moment)
