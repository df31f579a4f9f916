"""The pages for people: what there is, what runs, what is connected."""

from __future__ import annotations

import contextlib
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import current_session, page_needs, public
from api.health import check_all
from api.openapi_page import operations
from api.problems import TemporalUnavailable
from api.reading import cancel_run, list_runs, read_run
from api.rendering import render
from api.services import Services, Shared
from api.views import RunList, RunStatus, run_path
from api.workflows import workflow_views
from vault import VaultError
from vault.scopes import OPERATE, TRIGGER, covers

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[page_needs("read")], summary="Show the first page")
async def home(request: Request, services: Shared) -> Response:
    """Show whether all is well, the workflows, and the newest runs."""
    readiness = await check_all(services)
    reachable = all(check.state == "ok" for check in readiness.checks if check.name == "temporal")
    return render(
        "home.html",
        request.scope,
        readiness=readiness,
        workflows=workflow_views(services, addresses=covers(request.state.scopes, (TRIGGER,))),
        problems=services.workflows.problems,
        runs=await _recent(services) if reachable else None,
    )


@router.get("/runs", dependencies=[page_needs("read")], summary="Show the runs")
async def runs(
    request: Request,
    services: Shared,
    workflow: Annotated[str | None, Query()] = None,
    status: Annotated[RunStatus | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=4096)] = None,
) -> Response:
    """Show a page of runs."""
    known = workflow if workflow in services.workflows.workflows else None
    page = await list_runs(
        await services.temporal(), services.settings, services.signer, workflow=known, status=status, cursor=cursor
    )
    kept = {"workflow": known, "status": status, "cursor": page.next_cursor}
    following = (
        f"/runs?{urlencode({name: value for name, value in kept.items() if value})}" if page.next_cursor else None
    )
    return render("runs.html", request.scope, page=page, following=following, first=cursor is None)


# Before the route below it, whose path would take `/cancel` for a part of the id.
@router.post("/runs/{run_id:path}/cancel", dependencies=[page_needs("operate")], summary="Cancel a run")
async def cancel(run_id: str, services: Shared) -> Response:
    """Ask the run to stop, and show it."""
    await cancel_run(await services.temporal(), run_id)
    return RedirectResponse(run_path(run_id), 303)


@router.get("/runs/{run_id:path}", dependencies=[page_needs("read")], summary="Show a run")
async def run(request: Request, run_id: str, services: Shared) -> Response:
    """Show what the run has done, does and waits for."""
    signer = services.signer if covers(request.state.scopes, (OPERATE,)) else None
    view = await read_run(await services.temporal(), services.settings, signer, run_id)
    return render("run.html", request.scope, run=view)


@router.get("/docs", dependencies=[public("The operations are no secret.")], summary="Show the operations of the API")
async def docs(request: Request, services: Shared) -> Response:
    """Show the OpenAPI document as a page, to everybody; whoever is signed in keeps the menu."""
    with contextlib.suppress(VaultError):
        await current_session(request, services)
    return render("docs.html", request.scope, operations=operations(request.app.openapi()))


async def _recent(services: Services) -> RunList | None:
    try:
        return await list_runs(await services.temporal(), services.settings, services.signer, limit=10)
    except TemporalUnavailable:
        return None  # It went away between the check and the list; the page can do without.
