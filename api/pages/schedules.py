"""The pages of schedules: list, make, pause, resume, run now, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.forms import read_form
from api.pages.schedule_form import (
    NEW,
    OVERLAPS,
    REFUSALS,
    UNITS,
    FieldsWrong,
    body_of,
    errors_of,
    read_schedule_form,
)
from api.problems import ApiError, ScheduleConflict, ScheduleDeclared, WorkflowUnknown
from api.rendering import render
from api.schedule_runs import run_and_find, statuses_of
from api.schedule_views import ScheduleView
from api.scheduling import create_schedule, delete_schedule, list_schedules, pause_schedule, resume_schedule
from api.services import Services, Shared
from api.views import run_path

router = APIRouter(include_in_schema=False)

_SHOWN_RUNS = 3
_DONE = ("made", "paused", "resumed", "asked")


@router.get("/schedules", dependencies=[page_needs("read")], summary="Show the schedules")
async def show_all(
    request: Request, services: Shared, done: Annotated[str, Query()] = "", id: Annotated[str, Query()] = ""
) -> Response:
    """Show every schedule, and what was just done to which."""
    return await _list(request, services, done=done, id=id)


@router.get("/schedules/add", dependencies=[page_needs("admin")], summary="Show the form for a schedule")
async def show_form(request: Request, services: Shared, workflow: Annotated[str, Query()] = "") -> Response:
    """Show the form."""
    return _form(request, services, NEW | {"workflow": workflow[:255]}, {})


@router.post("/schedules/add", dependencies=[page_needs("admin")], summary="Make a schedule")
async def add(request: Request, services: Shared) -> Response:
    """Make the schedule beside those that classes declare, and show the list."""
    typed = read_schedule_form(await read_form(request))
    settings, workflows = services.settings, services.workflows.workflows
    try:
        made = await create_schedule(await services.temporal(), settings.task_queue, workflows, body_of(typed))
    except FieldsWrong as error:
        return _form(request, services, typed, error.errors, status=422)
    except WorkflowUnknown as error:
        return _form(request, services, typed, {"workflow": str(error)}, status=422)
    except REFUSALS as error:
        return _form(request, services, typed, errors_of(error, typed), status=422)
    return _back("made", made.id)


@router.post("/schedules/{schedule_id:path}/pause", dependencies=[page_needs("operate")], summary="Pause a schedule")
async def pause(schedule_id: str, services: Shared) -> Response:
    """Let it start nothing until it is resumed."""
    view = await pause_schedule(await services.temporal(), services.settings.task_queue, schedule_id)
    return _back("paused", view.id)


@router.post("/schedules/{schedule_id:path}/resume", dependencies=[page_needs("operate")], summary="Resume a schedule")
async def resume(schedule_id: str, services: Shared) -> Response:
    """Let it start runs again."""
    view = await resume_schedule(await services.temporal(), services.settings.task_queue, schedule_id)
    return _back("resumed", view.id)


@router.post("/schedules/{schedule_id:path}/run", dependencies=[page_needs("operate")], summary="Run now")
async def run(request: Request, schedule_id: str, services: Shared) -> Response:
    """Start a run beside the planned ones, and show it."""
    try:
        run_id = await run_and_find(await services.temporal(), services.settings.task_queue, schedule_id)
    except ScheduleConflict as error:
        return await _list(request, services, refused=error)
    return RedirectResponse(run_path(run_id), 303) if run_id else _back("asked", schedule_id)


@router.post("/schedules/{schedule_id:path}/delete", dependencies=[page_needs("admin")], summary="Delete a schedule")
async def delete(request: Request, schedule_id: str, services: Shared) -> Response:
    """Delete one that was made here; its runs go on."""
    try:
        await delete_schedule(await services.temporal(), services.settings.task_queue, schedule_id)
    except ScheduleDeclared as error:
        return await _list(request, services, refused=error)
    return _back("deleted", schedule_id)


def _back(done: str, schedule_id: str) -> Response:
    return RedirectResponse(f"/schedules?{urlencode({'done': done, 'id': schedule_id})}", 303)


async def _list(
    request: Request, services: Services, *, done: str = "", id: str = "", refused: ApiError | None = None
) -> Response:
    client, task_queue = await services.temporal(), services.settings.task_queue
    also = [id] if id.startswith(f"{task_queue}/") else []  # Temporal's list does not have a new one at once
    schedules = await list_schedules(client, task_queue, services.workflows.workflows, also=also)
    known = {schedule.id: schedule for schedule in schedules}
    shown = {one.id: [run for run in one.last_runs if run.id][:_SHOWN_RUNS] for one in schedules}
    return render(
        "schedules.html",
        request.scope,
        status=refused.status if refused else 200,
        schedules=schedules,
        states={one.id: _state(one) for one in schedules},
        runs=shown,
        statuses=await statuses_of(client, [run.id for some in shown.values() for run in some]),
        workflows=services.workflows.workflows,
        done=done if done in _DONE and id in known else None,
        changed=known.get(id),
        deleted=done == "deleted" and id not in known,
        refused=refused,
        blocking=str(refused.fields.get("run", "")) if refused else "",
    )


def _state(schedule: ScheduleView) -> str:
    if schedule.paused:
        return "paused"
    return "active" if schedule.next_times else "over"


def _form(
    request: Request, services: Services, typed: Mapping[str, str], errors: Mapping[str, str], *, status: int = 200
) -> Response:
    context: dict[str, Any] = {"typed": typed, "errors": errors, "units": UNITS, "overlaps": OVERLAPS}
    return render(
        "schedule_add.html", request.scope, status=status, workflows=sorted(services.workflows.workflows), **context
    )
