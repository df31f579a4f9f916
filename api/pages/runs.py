"""The page of all runs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth import page_needs
from api.reading import list_runs
from api.rendering import render
from api.services import Shared
from api.views import RunStatus

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
