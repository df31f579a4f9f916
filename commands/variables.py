"""`python cli.py variables`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from commands.shared import opened, perform

app = typer.Typer(no_args_is_help=True, help="Set what workflows read as api.env. Runs read it when they start.")


@app.command("set")
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


@app.command("list")
def list_variables(workflow: Annotated[str | None, typer.Argument()] = None) -> None:
    """List variables; the value of a secret one is never shown."""

    async def work() -> None:
        async with opened() as vault:
            for item in await vault.variables.list(workflow):
                value = f"(secret, for {', '.join(item.hosts)})" if item.secret else item.value
                typer.echo(f"{item.workflow:24} {item.name:32} {value}")

    perform(work())


@app.command("delete")
def delete_variable(workflow: str, name: str) -> None:
    """Delete a variable; runs in progress keep what they have read."""

    async def work() -> None:
        async with opened() as vault:
            await vault.variables.delete(workflow, name)

    perform(work())
    typer.echo(f"Deleted {name} of {workflow}.")
