"""The JSON API of schedules."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.auth import BEARER, needs
from api.documented import problems
from api.json_body import read_json_object
from api.schedule_views import ScheduleBody, ScheduleView
from api.scheduling import (
    create_schedule,
    delete_schedule,
    list_schedules,
    pause_schedule,
    read_schedule,
    resume_schedule,
    run_schedule,
)
from api.services import Shared
from api.starting import find_workflow

router = APIRouter(prefix="/api/v1/schedules", tags=["Schedules"], dependencies=[BEARER])

ScheduleId = Annotated[str, Path(description="The schedule's id, such as `steps/daily-report`.")]
_SCHEMA = ScheduleBody.model_json_schema()
_SCHEMA["properties"]["every"] = _SCHEMA.pop("$defs")["EveryBody"]  # a reference would be sought at the document's top
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA}}}}


@router.get("", dependencies=[needs("read")], summary="List the schedules", responses=problems(401, 404, 422, 503))
async def list_all(
    services: Shared,
    workflow: Annotated[str | None, Query(description="Only schedules of this workflow.")] = None,
) -> list[ScheduleView]:
    """List them by id: those that classes declare, and those that were made here."""
    workflows = services.workflows.workflows
    if workflow is not None:
        find_workflow(workflows, workflow)
    return await list_schedules(await services.temporal(), services.settings.task_queue, workflows, workflow=workflow)


@router.post(
    "",
    dependencies=[needs("admin")],
    summary="Make a schedule",
    status_code=201,
    responses=problems(400, 401, 403, 404, "schedule-conflict", 413, 415, 422, 503),
    openapi_extra=_BODY,
)
async def create(request: Request, response: Response, services: Shared) -> ScheduleView:
    """Let a workflow run by itself, beside what its class declares."""
    try:
        body = ScheduleBody.model_validate(await read_json_object(request))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None
    view = await create_schedule(
        await services.temporal(), services.settings.task_queue, services.workflows.workflows, body
    )
    response.headers["Location"] = "/api/v1/schedules/" + quote(view.id, safe="/")
    return view


# Before the routes below, whose path would take the last word for a part of the id.
@router.post(
    "/{schedule_id:path}/pause",
    dependencies=[needs("operate")],
    summary="Pause a schedule",
    responses=problems(401, 403, 404, 503),
)
async def pause(schedule_id: ScheduleId, services: Shared) -> ScheduleView:
    """Let it start nothing until it is resumed."""
    return await pause_schedule(await services.temporal(), services.settings.task_queue, schedule_id)


@router.post(
    "/{schedule_id:path}/resume",
    dependencies=[needs("operate")],
    summary="Resume a schedule",
    responses=problems(401, 403, 404, 503),
)
async def resume(schedule_id: ScheduleId, services: Shared) -> ScheduleView:
    """Let it start runs again; what it missed meanwhile is not made up for."""
    return await resume_schedule(await services.temporal(), services.settings.task_queue, schedule_id)


@router.post(
    "/{schedule_id:path}/run",
    dependencies=[needs("operate")],
    summary="Run now",
    status_code=202,
    response_class=Response,  # no content
    responses=problems(401, 403, 404, "schedule-conflict", 503),
)
async def run(schedule_id: ScheduleId, services: Shared) -> Response:
    """Start a run now, beside the planned ones; a paused schedule can be run, too."""
    await run_schedule(await services.temporal(), services.settings.task_queue, schedule_id)
    return Response(status_code=202)


@router.get(
    "/{schedule_id:path}", dependencies=[needs("read")], summary="Get a schedule", responses=problems(401, 404, 503)
)
async def get(schedule_id: ScheduleId, services: Shared) -> ScheduleView:
    """Tell when it runs, its next times, its last runs, and its counter."""
    return await read_schedule(await services.temporal(), services.settings.task_queue, schedule_id)


@router.delete(
    "/{schedule_id:path}",
    dependencies=[needs("admin")],
    summary="Delete a schedule",
    status_code=204,
    responses=problems(401, 403, 404, "schedule-declared", 503),
)
async def delete(schedule_id: ScheduleId, services: Shared) -> Response:
    """Delete one that was made here; its runs go on. What a class declares is taken out there."""
    await delete_schedule(await services.temporal(), services.settings.task_queue, schedule_id)
    return Response(status_code=204)
