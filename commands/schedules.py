"""`python cli.py schedules`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from temporalio.client import Client

from api import scheduling
from api.schedule_views import ScheduleBody, ScheduleView
from commands.shared import perform
from settings import read_settings
from steps.discovery import discover
from steps.payload import describe
from temporal import connect

Id = Annotated[str, typer.Argument(help="The schedule's id, such as steps/daily-report.")]
app = typer.Typer(no_args_is_help=True, help="See, make, pause, resume and run schedules.")


@app.command("list")
def list_command(workflow: str | None = None) -> None:
    """List the schedules: state, next time, id, and when they run."""

    async def work() -> None:
        settings = read_settings()
        found = discover(settings.workflows_dir).workflows
        for one in await scheduling.list_schedules(await connect(), settings.task_queue, found, workflow=workflow):
            following = f"{one.next_times[0]:%Y-%m-%d %H:%M:%S}" if one.next_times else "-"
            typer.echo(f"{'paused' if one.paused else 'active':7} {following:19} {one.id:40} {one.when}")

    perform(work())


@app.command("show")
def show(schedule: Id) -> None:
    """Show a schedule as JSON: when, next times, last runs, counter."""
    _echo(_on(schedule, scheduling.read_schedule))


@app.command("pause")
def pause(schedule: Id) -> None:
    """Let a schedule start nothing until it is resumed."""
    _on(schedule, scheduling.pause_schedule)
    typer.echo(f"Paused {schedule}.")


@app.command("resume")
def resume(schedule: Id) -> None:
    """Let a schedule start runs again; what it missed is not made up for."""
    _on(schedule, scheduling.resume_schedule)
    typer.echo(f"Resumed {schedule}.")


@app.command("run")
def run(schedule: Id) -> None:
    """Start a run now, beside the planned ones."""
    _on(schedule, scheduling.run_schedule)
    typer.echo(f"Asked {schedule} to run now.")


@app.command("create")
def create(
    workflow: Annotated[str, typer.Argument(help="The class's name, such as OrderToNotion.")],
    options: Annotated[str, typer.Argument(help='JSON, such as \'{"cron": "0 3 * * *", "time_zone": "UTC"}\'.')],
) -> None:
    """Make a schedule beside what the class declares, and print its id."""
    try:
        body = ScheduleBody.model_validate({**json.loads(options), "workflow": workflow})
    except ValidationError as error:
        raise typer.BadParameter(describe(error)) from None
    except (ValueError, TypeError):
        raise typer.BadParameter("The options are not a JSON object.") from None

    async def work() -> ScheduleView:
        settings = read_settings()
        found = discover(settings.workflows_dir).workflows
        return await scheduling.create_schedule(await connect(), settings.task_queue, found, body)

    made = perform(work())
    typer.echo(f"{made.id}: {made.when}")


@app.command("delete")
def delete(schedule: Id) -> None:
    """Delete a schedule that the API or this command made; its runs go on."""
    _on(schedule, scheduling.delete_schedule)
    typer.echo(f"Deleted {schedule}.")


def _on(schedule: str, operation: Callable[[Client, str, str], Awaitable[Any]]) -> Any:
    async def work() -> Any:
        return await operation(await connect(), read_settings().task_queue, schedule)

    return perform(work())


def _echo(view: ScheduleView) -> None:
    typer.echo(json.dumps(view.model_dump(mode="json"), indent=2, ensure_ascii=False))
