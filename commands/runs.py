"""`python cli.py runs`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from api.chain import list_steps
from api.one_run import read_run
from api.reading import cancel_run, list_runs
from api.retrying import retry_run
from api.run_filters import RunFilters
from api.starting import find_workflow, start_run
from api.testing import DEFAULT_SECONDS, LONGEST_SECONDS, run_test
from api.views import RunView
from commands.inputs import Data, Headers, read_input
from commands.shared import perform
from commands.shown import run_lines
from settings import read_settings
from steps.discovery import discover
from temporal import connect
from vault.opening import open_signer

Run = Annotated[str, typer.Argument(help="The run's id, such as order-to-notion/1001.")]
Name = Annotated[str, typer.Argument(help="The class's name, such as OrderToNotion.")]
app = typer.Typer(no_args_is_help=True, help="Start, try out, watch and cancel runs.")


@app.command("list")
def list_command(workflow: str | None = None, limit: Annotated[int, typer.Option(min=1, max=100)] = 20) -> None:
    """List runs, the newest first."""

    async def work() -> None:
        settings = read_settings()
        signer = open_signer(settings.signing_key_text, settings.signing_key_path)
        filters = RunFilters(workflow=workflow)
        for run in (await list_runs(await connect(), settings, signer, filters, limit=limit)).runs:
            typer.echo(f"{run.started_at:%Y-%m-%d %H:%M:%S} {run.status:10} {run.id}")

    perform(work())


@app.command("show")
def show_run(run: Run) -> None:
    """Show a run as JSON: status, steps, result, failures, log."""

    async def work() -> None:
        view = await read_run(await connect(), read_settings(), None, run)
        typer.echo(json.dumps(view.model_dump(mode="json"), indent=2, ensure_ascii=False))

    perform(work())


@app.command("start")
def start_command(
    workflow: Name,
    data: Data = "{}",
    header: Headers = None,
    key: Annotated[str | None, typer.Option(help="The same key starts the same run once.")] = None,
) -> None:
    """Start a run and print its id."""

    async def work() -> None:
        settings = read_settings()
        cls = find_workflow(discover(settings.workflows_dir).workflows, workflow)
        # Without what the API gives a run: the vault that this machine sees need not be the one of the workers.
        trigger, queue = read_input(data, header), settings.task_queue
        started = await start_run(await connect(), queue, workflow, cls, trigger, key=key, origin="api")
        typer.echo(f"{started.id}{' (it had been started before)' if started.duplicate else ''}")

    perform(work())


@app.command("test")
def try_command(
    workflow: Name,
    data: Data = "{}",
    header: Headers = None,
    wait: Annotated[
        float, typer.Option(min=0, max=LONGEST_SECONDS, help="How many seconds to wait for the end.")
    ] = DEFAULT_SECONDS,
) -> None:
    """Try a workflow out: start a run, and show its steps, log and result. Calls are real, and so is what they do.

    The status is 1 if the run has not ended well; a run that goes on is told as it is after `--wait`.
    """

    async def work() -> RunView:
        settings = read_settings()
        cls = find_workflow(discover(settings.workflows_dir).workflows, workflow)
        trigger = read_input(data, header)
        return await run_test(await connect(), settings, None, workflow, cls, trigger, wait=wait)

    run = perform(work())
    for line in run_lines(run):
        typer.echo(line)
    if run.status not in ("completed", "running"):
        raise typer.Exit(1)


@app.command("cancel")
def cancel_command(run: Run) -> None:
    """Cancel a run; its on_workflow_error still runs."""

    async def work() -> None:
        await cancel_run(await connect(), run)

    perform(work())
    typer.echo(f"Asked {run} to stop.")


@app.command("retry")
def retry_command(run: Run) -> None:
    """Start a run from the failed steps of this one, and print its id."""

    async def work() -> None:
        started = await retry_run(await connect(), run)
        typer.echo(f"{started.id}{' (it had been started before)' if started.duplicate else ''}")

    perform(work())


@app.command("steps")
def steps_command(run: Run) -> None:
    """List every attempt of every step, in the order in which they ended."""

    async def work() -> None:
        settings = read_settings()
        signer = open_signer(settings.signing_key_text, settings.signing_key_path)
        client, cursor = await connect(), None
        while True:
            part = await list_steps(client, signer, run, cursor)
            for step in part.steps:
                took = (step.ended - step.began).total_seconds() if step.began and step.ended else 0
                error = f" {step.error}" if step.error else ""
                typer.echo(f"{step.began:%H:%M:%S} {took:9.3f} s {step.outcome:9} {step.step} "
                           f"(branch {step.branch}, attempt {step.attempt}){error}")  # fmt: skip
            if part.note:
                typer.echo(part.note, err=True)
            cursor = part.next_cursor
            if cursor is None:
                return

    perform(work())
