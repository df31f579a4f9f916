"""`python cli.py keys`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from commands.key_rotation import rotate_master_key, show_master_key
from commands.shared import opened, perform
from steps.delay import parse_delay
from vault import ApiKey, utc_now
from vault.scopes import SCOPES

_LONGEST = timedelta(days=3650)

app = typer.Typer(
    no_args_is_help=True,
    help="API keys: create, list and revoke them. The vault's master key, which is another thing: rotate, status.",
)
app.command("rotate")(rotate_master_key)
app.command("status")(show_master_key)


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for, such as 'our shop'.")],
    scope: Annotated[list[str], typer.Option(help=f"What it may do: {', '.join(SCOPES)}. Repeat it for several.")],
    expires: Annotated[str | None, typer.Option(help="When it ends, such as '90 days'; never if left out.")] = None,
) -> None:
    """Make an API key and print it: it is shown this once."""

    async def work() -> str:
        end = utc_now() + parse_delay(expires, limit=_LONGEST) if expires is not None else None
        async with opened() as vault:
            made = await vault.api_keys.create(name, scope, expires_at=end, created_by="command line")
            return made[1].reveal()

    typer.echo(perform(work()))


@app.command("list")
def list_keys() -> None:
    """List the API keys by what they begin with, with what each may do."""

    async def work() -> None:
        async with opened() as vault:
            for key in await vault.api_keys.list():
                used = f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
                ends = f", until {key.expires_at:%Y-%m-%d}" if key.expires_at else ""
                told = f"{','.join(key.scopes)}{ends}; by {key.created_by or 'unknown'}; {used}"
                typer.echo(f"{key.id}  {key.prefix}…  {_state(key):8} {key.name}  ({told})")

    perform(work())


@app.command("revoke")
def revoke_key(key_id: str) -> None:
    """Revoke an API key, and the browser sessions that it opened, at once."""

    async def work() -> None:
        async with opened() as vault:
            await vault.api_keys.revoke(key_id)

    perform(work())
    typer.echo("Revoked.")


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= utc_now() else "active"
