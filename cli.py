"""The operator's command line: `python cli.py --help`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvicorn
from temporalio.service import RPCError

from api.problems import ApiError
from api.reading import cancel_run, list_runs, read_run
from api.starting import find_workflow, start_run
from logs import configure_logging
from settings import read_settings
from steps import StepsError, Trigger
from steps.discovery import discover
from temporal import connect
from vault import Vault, VaultError, migrate
from vault.opening import open_signer, open_vault

T = TypeVar("T")
Run = Annotated[str, typer.Argument(help="The run's id, such as order-to-notion/1001.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Durable Steps: step workflows on Temporal.")
connections = typer.Typer(no_args_is_help=True, help="See and delete OAuth connections; the web pages make them.")
runs = typer.Typer(no_args_is_help=True, help="Start, watch and cancel runs.")
keys = typer.Typer(no_args_is_help=True, help="Make and revoke API keys. Each is shown once, when it is made.")
variables = typer.Typer(no_args_is_help=True, help="Set what workflows read as api.env. Runs read it when they start.")
for name, group in {"connections": connections, "runs": runs, "keys": keys, "variables": variables}.items():
    app.add_typer(group, name=name)


def perform(work: Coroutine[Any, Any, T]) -> T:
    """Run a command; what an operator can mend is shown as one line with its type, not as a traceback."""
    try:
        return asyncio.run(work)
    except (VaultError, StepsError, ApiError) as error:
        typer.echo(f"{error} ({error.type})", err=True)
    except (RuntimeError, RPCError) as error:
        typer.echo(f"Temporal does not answer: {error}", err=True)
    raise typer.Exit(1)


@asynccontextmanager
async def opened() -> AsyncGenerator[Vault, None]:
    """Open the vault that the settings name."""
    settings = read_settings()
    vault = await open_vault(settings.vault_url, settings.master_key_text, settings.master_key_path)
    try:
        yield vault
    finally:
        await vault.close()


def show(value: object) -> None:
    """Print JSON."""
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


@app.command()
def dev(
    data_dir: Annotated[Path, typer.Option(help="Where databases, keys and logs are.")] = Path("data"),
) -> None:
    """Start Temporal, the Notion stand-in, the API and a worker on this machine, until Ctrl-C."""
    from local.session import dev_session

    raise typer.Exit(asyncio.run(dev_session(read_settings(data_dir=data_dir), typer.echo)))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the main job, with status 0 or 1.")] = False,
) -> None:
    """Show the main job as it happens: an order becomes a Notion page. Stays up until Ctrl-C."""
    from local.session import demo_session

    raise typer.Exit(asyncio.run(demo_session(read_settings(data_dir=Path("data/demo")), typer.echo, once=once)))


@app.command()
def worker() -> None:
    """Run a worker: it polls Temporal and runs the steps. SIGTERM stops it gracefully."""
    from worker import main

    raise typer.Exit(main())


@app.command()
def api() -> None:
    """Run the API and the web pages."""
    settings = read_settings()
    configure_logging(settings)
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=settings.api_host,
        port=settings.api_port,
        access_log=False,
        log_config=None,
    )


@app.command("migrate")
def migrate_command() -> None:
    """Bring the vault's database to this version; safe to run again."""
    perform(migrate(read_settings().vault_url))
    typer.echo("The vault's database is up to date.")


@connections.command("list")
def list_connections() -> None:
    """List the connections: handle, status, workspace."""

    async def work() -> None:
        async with opened() as vault:
            for item in await vault.connections.list():
                typer.echo(f"{item.handle:24} {item.provider:10} {item.status:22} {item.account.workspace_name or ''}")

    perform(work())


@connections.command("delete")
def delete_connection(handle: str) -> None:
    """Delete a connection and its tokens; workflows that use it fail from then on."""

    async def work() -> None:
        async with opened() as vault:
            await vault.connections.delete(handle)

    perform(work())
    typer.echo(f"Deleted {handle}. Remove its access in Notion, too: Settings → Connections.")


@runs.command("list")
def list_command(workflow: str | None = None, limit: Annotated[int, typer.Option(min=1, max=100)] = 20) -> None:
    """List runs, the newest first."""

    async def work() -> None:
        settings = read_settings()
        signer = open_signer(settings.signing_key_text, settings.signing_key_path)
        for run in (await list_runs(await connect(), settings, signer, workflow=workflow, limit=limit)).runs:
            typer.echo(f"{run.started_at:%Y-%m-%d %H:%M:%S} {run.status:10} {run.id}")

    perform(work())


@runs.command("show")
def show_run(run: Run) -> None:
    """Show a run as JSON: status, steps, result, failures, log."""

    async def work() -> None:
        show((await read_run(await connect(), read_settings(), run)).model_dump(mode="json"))

    perform(work())


@runs.command("start")
def start_command(
    workflow: Annotated[str, typer.Argument(help="The class's name, such as OrderToNotion.")],
    data: Annotated[str, typer.Option(help="JSON; becomes `data` of start.")] = "{}",
    key: Annotated[str | None, typer.Option(help="The same key starts the same run once.")] = None,
) -> None:
    """Start a run and print its id."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise typer.BadParameter(f"--data is not JSON: {error}") from None

    async def work() -> None:
        settings = read_settings()
        cls = find_workflow(discover(settings.workflows_dir).workflows, workflow)
        trigger, queue = Trigger(data=value), settings.task_queue
        started = await start_run(await connect(), queue, workflow, cls, trigger, key=key, origin="api")
        typer.echo(f"{started.id}{' (it had been started before)' if started.duplicate else ''}")

    perform(work())


@runs.command("cancel")
def cancel_command(run: Run) -> None:
    """Cancel a run; its on_workflow_error still runs."""

    async def work() -> None:
        await cancel_run(await connect(), run)

    perform(work())
    typer.echo(f"Asked {run} to stop.")


@keys.command("create")
def create_key(name: Annotated[str, typer.Argument(help="What it is for, such as 'our shop'.")]) -> None:
    """Make an API key and print it, this once."""

    async def work() -> str:
        async with opened() as vault:
            return (await vault.api_keys.create(name))[1].reveal()

    typer.echo(perform(work()))


@keys.command("list")
def list_keys() -> None:
    """List the API keys by what they begin with."""

    async def work() -> None:
        async with opened() as vault:
            for key in await vault.api_keys.list():
                state = "revoked" if key.revoked_at else "active"
                typer.echo(f"{key.id}  {key.prefix}…  {state:8} {key.name}")

    perform(work())


@keys.command("revoke")
def revoke_key(key_id: str) -> None:
    """Revoke an API key, and the browser sessions that it opened, at once."""

    async def work() -> None:
        async with opened() as vault:
            await vault.api_keys.revoke(key_id)

    perform(work())
    typer.echo("Revoked.")


@variables.command("set")
def set_variable(
    workflow: Annotated[str, typer.Argument(help="The class's name, such as OrderToNotion.")],
    name: Annotated[str, typer.Argument(help="Capital letters, digits and underscores.")],
    value: Annotated[str | None, typer.Argument(help="Left out: asked for, or read from standard input.")] = None,
    secret: Annotated[bool, typer.Option("--secret", help="Seal it; steps get a reference.")] = False,
    host: Annotated[
        list[str] | None, typer.Option(help="With --secret: a host it may be sent to; repeat for more.")
    ] = None,
) -> None:
    """Set a variable of a workflow."""
    text: str = value if value is not None else _ask(name, hidden=secret)

    async def work() -> None:
        async with opened() as vault:
            await vault.variables.set(workflow, name, text, secret=secret, hosts=host or ())

    perform(work())
    typer.echo(f"Set {name} for {workflow}; runs that start from now on read it.")


def _ask(name: str, *, hidden: bool) -> str:
    return typer.prompt(name, hide_input=hidden) if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")


@variables.command("list")
def list_variables(workflow: Annotated[str | None, typer.Argument()] = None) -> None:
    """List variables; the value of a secret one is never shown."""

    async def work() -> None:
        async with opened() as vault:
            for item in await vault.variables.list(workflow):
                value = f"(secret, for {', '.join(item.hosts)})" if item.secret else item.value
                typer.echo(f"{item.workflow:24} {item.name:32} {value}")

    perform(work())


@variables.command("delete")
def delete_variable(workflow: str, name: str) -> None:
    """Delete a variable; runs in progress keep what they have read."""

    async def work() -> None:
        async with opened() as vault:
            await vault.variables.delete(workflow, name)

    perform(work())
    typer.echo(f"Deleted {name} of {workflow}.")


if __name__ == "__main__":
    app()
