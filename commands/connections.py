"""`python cli.py connections`."""

from __future__ import annotations

import typer

from commands.shared import opened, perform

app = typer.Typer(no_args_is_help=True, help="See and delete OAuth connections; the web pages make them.")


@app.command("list")
def list_connections() -> None:
    """List the connections: handle, status, workspace."""

    async def work() -> None:
        async with opened() as vault:
            for item in await vault.connections.list():
                typer.echo(f"{item.handle:24} {item.provider:10} {item.status:22} {item.account.workspace_name or ''}")

    perform(work())


@app.command("delete")
def delete_connection(handle: str) -> None:
    """Delete a connection and its tokens; workflows that use it fail from then on."""

    async def work() -> None:
        async with opened() as vault:
            await vault.connections.delete(handle)

    perform(work())
    typer.echo(f"Deleted {handle}. Remove its access in Notion, too: Settings → Connections.")
