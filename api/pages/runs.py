"""The page of one run."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.reading import cancel_run, read_run
from api.rendering import render
from api.services import Shared
from api.views import run_path
from vault.scopes import OPERATE, covers

router = APIRouter(include_in_schema=False)


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
