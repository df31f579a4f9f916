"""The operator's command line: `python cli.py --help`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn

from commands import check, connections, deploys, histories, keys, runs, schedules, triggers, variables, webhooks
from commands.shared import perform
from logs import configure_logging
from settings import read_settings
from temporal import leave
from vault import migrate

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Durable Steps: step workflows on Temporal.")
for group in (connections, runs, schedules, deploys, histories, keys, triggers, variables, webhooks):
    app.add_typer(group.app, name=group.__name__.rpartition(".")[2])
app.command("check")(check.check_workflows)


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


def main() -> NoReturn:
    """Run the command that the arguments name."""
    try:
        app()
    except SystemExit as end:
        if isinstance(end.code, str):
            typer.echo(end.code, err=True)
        leave(end.code if isinstance(end.code, int) else int(bool(end.code)))
    leave(0)


if __name__ == "__main__":
    main()
