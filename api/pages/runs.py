"""The pages of runs: all, and one."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.reading import cancel_run, list_runs, read_run
from api.rendering import render
from api.services import Shared
from api.views import RunStatus, run_path
from vault.scopes import OPERATE, covers

router = APIRouter(include_in_schema=False)


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
