"""`python cli.py keys`."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.key_rotation import rotate_master_key, show_master_key
from commands.shared import opened, perform

app = typer.Typer(
    no_args_is_help=True,
    help="API keys: create, list and revoke them. The vault's master key, which is another thing: rotate, status.",
)
app.command("rotate")(rotate_master_key)
app.command("status")(show_master_key)


@app.command("create")
def create_key(name: Annotated[str, typer.Argument(help="What it is for, such as 'our shop'.")]) -> None:
    """Make an API key and print it: it is shown this once."""

    async def work() -> str:
        async with opened() as vault:
            return (await vault.api_keys.create(name))[1].reveal()

    typer.echo(perform(work()))


@app.command("list")
def list_keys() -> None:
    """List the API keys by what they begin with."""

    async def work() -> None:
        async with opened() as vault:
            for key in await vault.api_keys.list():
                state = "revoked" if key.revoked_at else "active"
                typer.echo(f"{key.id}  {key.prefix}…  {state:8} {key.name}")

    perform(work())


@app.command("revoke")
def revoke_key(key_id: str) -> None:
    """Revoke an API key, and the browser sessions that it opened, at once."""

    async def work() -> None:
        async with opened() as vault:
            await vault.api_keys.revoke(key_id)

    perform(work())
    typer.echo("Revoked.")
