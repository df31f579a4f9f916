"""`python cli.py connections`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from api.trying import try_connection
from commands.shared import opened, perform
from settings import read_settings
from steps.connection_tasks import Tested
from temporal import connect
from vault import Connection, Revocation, Vault

Handle = Annotated[str, typer.Argument(help="The connection's handle, such as my-notion.")]
app = typer.Typer(no_args_is_help=True, help="See, test and delete OAuth connections; the web pages make them.")

_WAIT_SECONDS = 15
_OUTCOMES = {
    Revocation.REVOKED: "Its authorization is revoked at {provider}.",
    Revocation.REFUSED: "{provider} refused to revoke its authorization: remove the connection in its settings, too.",
    Revocation.UNREACHED: "{provider} could not be reached: remove the connection in its settings, too.",
    Revocation.IMPOSSIBLE: "It could not be revoked from here: remove the connection in the settings of {provider}.",
}


@app.command("list")
def list_connections() -> None:
    """List the connections: handle, provider, status, last use, last test, workspace."""

    async def work() -> None:
        async with opened() as vault:
            for item in await vault.connections.list():
                status = "being deleted" if item.deleting_at else item.status.value
                used, verified = _day(item.last_used_at), _day(item.verified_at)
                workspace = "".join(c if c.isprintable() else " " for c in item.account.workspace_name or "")
                typer.echo(f"{item.handle:24} {item.provider:10} {status:22} {used:17} {verified:17} {workspace}")

    perform(work())


@app.command("test")
def test_connection(handle: Handle) -> None:
    """Have a worker make a call that does nothing, and tell what the provider said; status 1 if it is not well."""

    async def work() -> tuple[Connection, Tested]:
        async with opened() as vault:
            connection = await vault.connections.get(handle)
        return connection, await try_connection(await connect(), read_settings().task_queue, connection)

    connection, tested = perform(work())
    if not tested.ok:
        typer.echo(f"{tested.message} ({tested.type})", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"{handle} works: {connection.provider.capitalize()} takes its token for {connection.account.workspace}."
    )


@app.command("delete")
def delete_connection(handle: Handle) -> None:
    """Delete a connection: nothing uses it from now on, and a worker revokes it at its provider."""

    async def work() -> tuple[Connection, Revocation | None]:
        async with opened() as vault:
            begun = await vault.connections.deletions.begin(handle)
            typer.echo(f"Nothing uses {handle} any more.")
            return begun, await _outcome(vault, begun)

    begun, revocation = perform(work())
    if revocation is None:
        typer.echo("It is revoked at its provider, and its tokens are deleted, as soon as a worker runs.")
        return
    typer.echo(f"Deleted {handle}. {_OUTCOMES[revocation].format(provider=begun.provider.capitalize())}")


async def _outcome(vault: Vault, begun: Connection) -> Revocation | None:
    """Wait a while for a worker, and return what became of the authorization."""
    for _ in range(_WAIT_SECONDS * 4):
        if all(item.id != begun.id for item in await vault.connections.deletions.begun()):
            left = await vault.connections.deletions.last(begun.handle)
            return left.revocation if left else None
        await asyncio.sleep(0.25)
    return None


def _day(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "never"
