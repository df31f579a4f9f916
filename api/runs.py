"""The JSON API of runs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.auth import BEARER, CurrentCaller, needs
from api.calls import CallList, list_calls
from api.chain import list_steps
from api.delivery import kept_headers
from api.documented import problems
from api.json_body import read_json_object
from api.one_run import read_run
from api.reading import cancel_run, list_runs
from api.retrying import retry_run
from api.run_filters import RunFilters
from api.run_parameters import filters_of
from api.services import Shared
from api.starting import check_same_body, find_workflow, start_run
from api.testing import DEFAULT_SECONDS, LONGEST_SECONDS, run_test
from api.views import RunList, RunView, StartedView, StepList, api_path, started_view
from steps.branch import Trigger
from vault.scopes import OPERATE

router = APIRouter(prefix="/api/v1", tags=["Runs"], dependencies=[BEARER])

RunId = Annotated[str, Path(description="The run's id, such as `order-to-notion/1001`.")]


class StartRun(BaseModel):
    """What a run is started with."""

    model_config = ConfigDict(extra="forbid")

    data: Any = Field(default=None, description="The data of the first step.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers for the steps to read.")


_BODY = {"requestBody": {"content": {"application/json": {"schema": StartRun.model_json_schema()}}}}


@router.post(
    "/workflows/{name}/runs",
    dependencies=[needs("trigger")],
    summary="Start a run",
    status_code=202,
    responses={200: {"model": StartedView, "description": "The key had started this run before."}}
    | problems(400, 401, 403, 404, 413, 415, "request-invalid", "idempotency-key-reused", 431, 503),
    openapi_extra=_BODY,
)
async def start(
    name: Annotated[str, Path(description="The workflow's name, such as `OrderToNotion`.")],
    request: Request,
    response: Response,
    services: Shared,
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key starts one run, however often it comes, and becomes part of its id."),
    ] = None,
) -> StartedView:
    """Start a run of the workflow and answer when Temporal has stored it."""
    cls = find_workflow(services.workflows.workflows, name)
    body = _checked(await read_json_object(request))
    trigger = Trigger(data=body.data, headers=kept_headers(body.headers.items()), given=await services.given(name))
    client, settings = await services.temporal(), services.settings
    started = await start_run(
        client, settings.task_queue, name, cls, trigger, key=(idempotency_key or "").strip() or None, origin="api"
    )
    if started.duplicate:
        await check_same_body(client, started, trigger)
        response.status_code = 200
    response.headers["Location"] = api_path(started.id)
    return started_view(settings, started)


@router.post(
    "/workflows/{name}/test",
    dependencies=[needs("trigger", "read")],
    summary="Try a workflow out",
    responses={202: {"model": RunView, "description": "The run had not ended in this time; it goes on."}}
    | problems(400, 401, 403, 404, 413, 415, 422, 431, 503),
    openapi_extra=_BODY,
)
async def try_out(
    name: Annotated[str, Path(description="The workflow's name, such as `OrderToNotion`.")],
    request: Request,
    response: Response,
    services: Shared,
    caller: CurrentCaller,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_SECONDS, allow_inf_nan=False, description="Seconds to wait for the end.")
    ] = DEFAULT_SECONDS,
) -> RunView:
    """Start a run that behaves as a triggered one does, wait for its end, and answer with all that is kept of it.

    Its id begins its second half with `test-`. Calls are real, and so is what they do.
    """
    cls = find_workflow(services.workflows.workflows, name)
    body = _checked(await read_json_object(request))
    trigger = Trigger(data=body.data, headers=kept_headers(body.headers.items()))
    signer = services.signer if caller.may(OPERATE) else None
    run = await run_test(await services.temporal(), services.settings, signer, name, cls, trigger, wait=wait)
    response.status_code = 202 if run.status == "running" else 200
    response.headers["Location"] = api_path(run.id)
    return run


@router.get("/runs", dependencies=[needs("read")], summary="List the runs", responses=problems(400, 401, 404, 422, 503))
async def list_all(
    services: Shared,
    filters: Annotated[RunFilters, Depends(filters_of)],
    limit: Annotated[int, Query(ge=1, le=100, description="How many runs a page has at most.")] = 20,
    cursor: Annotated[str | None, Query(max_length=4096, description="The `next_cursor` of the page before.")] = None,
) -> RunList:
    """List those that run now, the newest first, and then those that have ended, the last ended first."""
    workflows = services.workflows.workflows
    if filters.workflow is not None:
        find_workflow(workflows, filters.workflow)
    client, settings = await services.temporal(), services.settings
    return await list_runs(client, settings, services.signer, filters, workflows=workflows, limit=limit, cursor=cursor)


# Before the route below it, whose path would take `/cancel` for a part of the id.
@router.post(
    "/runs/{run_id:path}/cancel",
    dependencies=[needs("operate")],
    summary="Cancel a run",
    status_code=202,
    response_class=Response,  # no content
    responses=problems(401, 403, 404, "run-ended", 503),
)
async def cancel(run_id: RunId, services: Shared) -> Response:
    """Ask the run to stop. Steps that run now are interrupted, and `on_workflow_error` runs."""
    await cancel_run(await services.temporal(), run_id)
    return Response(status_code=202)


@router.post(
    "/runs/{run_id:path}/retry",
    dependencies=[needs("operate")],
    summary="Retry a failed run from its failed steps",
    status_code=202,
    responses={200: {"model": StartedView, "description": "This retry had been started before."}}
    | problems(401, 403, 404, "run-not-retryable", 413, 503),
)
async def retry(run_id: RunId, response: Response, services: Shared) -> StartedView:
    """Start a run of the failed steps alone, with their payloads and the failed run's store; answer when it is stored.

    Its id is the failed run's with `~2` behind it, or one more, so that a second request starts nothing.
    """
    started = await retry_run(await services.temporal(), run_id)
    response.status_code = 200 if started.duplicate else 202
    response.headers["Location"] = api_path(started.id)
    return started_view(services.settings, started)


@router.get(
    "/runs/{run_id:path}/steps",
    dependencies=[needs("read")],
    summary="List a run's steps",
    responses=problems(400, 401, 404, 422, 503),
)
async def steps(
    run_id: RunId,
    services: Shared,
    cursor: Annotated[str | None, Query(max_length=4096, description="The `next_cursor` of the part before.")] = None,
) -> StepList:
    """Tell every attempt of every step that has ended, with its log lines, in order; a long run in parts."""
    return await list_steps(await services.temporal(), services.signer, run_id, cursor)


@router.get(
    "/runs/{run_id:path}/calls",
    dependencies=[needs("read")],
    summary="List a run's calls",
    responses=problems(400, 401, 404, 422, 503),
)
async def calls(
    run_id: RunId,
    services: Shared,
    cursor: Annotated[str | None, Query(max_length=4096, description="The `next_cursor` of the part before.")] = None,
) -> CallList:
    """Tell every call of a run that Temporal's history has: what, when, how it ended; never headers or bodies."""
    return await list_calls(await services.temporal(), services.signer, run_id, cursor)


@router.get("/runs/{run_id:path}", dependencies=[needs("read")], summary="Get a run", responses=problems(401, 404, 503))
async def get(run_id: RunId, services: Shared, caller: CurrentCaller) -> RunView:
    """Tell the run's state, its steps, its result, its failures and its log."""
    signer = services.signer if caller.may(OPERATE) else None  # which makes the addresses that resume it
    return await read_run(await services.temporal(), services.settings, signer, run_id)


def _checked(body: dict[str, Any]) -> StartRun:
    try:
        return StartRun.model_validate(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None
