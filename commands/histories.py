"""`python cli.py histories`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from commands.recorded import Replayed, chain, file_name, replay, save
from commands.runs import Run
from commands.shared import perform
from settings import read_settings
from steps.discovery import discover
from temporal import connect

_FOLDER = Path("histories")
app = typer.Typer(no_args_is_help=True, help="Record what runs did, and replay it against the code before a deploy.")


@app.command("record")
def record_run(
    run: Run, to: Annotated[Path, typer.Option(help="The folder; made if it is not there.")] = _FOLDER
) -> None:
    """Save a run's history, one file for each Temporal run that it rolled over to.

    A history holds what the run was started with, its payloads and the answers that it got: personal data, perhaps.
    """

    async def work() -> list[Path]:
        histories = [history async for history in chain(await connect(), run)]
        return save(histories, file_name(histories[0]), to)

    for path in perform(work()):
        typer.echo(path)
    typer.echo("They hold the run's data and the answers to its calls. Look before you share them.", err=True)


@app.command("check")
def check_histories(
    folder: Annotated[Path, typer.Argument(help="The folder with the recorded histories.")] = _FOLDER,
) -> None:
    """Replay a folder against the workflows, and name each history whose run would park. The status is then 1."""
    if not folder.is_dir():
        raise typer.BadParameter(f"There is no folder {folder}. `histories record` makes it.")
    found = discover(read_settings().workflows_dir)
    for problem in found.problems:
        typer.echo(f"Not loaded: {problem}", err=True)
    if not found.workflows:
        raise typer.Exit(1)
    replayed = asyncio.run(replay(sorted(folder.glob("*.json")), found.workflows.values()))
    for one in replayed:
        typer.echo(_shown(one))
    parks = sum(one.problem is not None for one in replayed)
    typer.echo(f"{len(replayed)} histories, {parks} would park.")
    if parks:
        raise typer.Exit(1)


def _shown(one: Replayed) -> str:
    return f"{one.path}: would park: {one.problem}" if one.problem else f"{one.path}: replays"
