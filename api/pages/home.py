"""The first page: whether all is well, what there is, and what ran."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import page_needs
from api.health import check_all
from api.problems import TemporalUnavailable
from api.reading import list_runs
from api.rendering import render
from api.services import Services, Shared
from api.views import RunList
from api.workflows import workflow_views
from vault.scopes import TRIGGER, covers

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
        workflows=await workflow_views(services, addresses=covers(request.state.scopes, (TRIGGER,))),
        problems=services.workflows.problems,
        runs=await _recent(services) if reachable else None,
    )


async def _recent(services: Services) -> RunList | None:
    try:
        return await list_runs(await services.temporal(), services.settings, services.signer, limit=10)
    except TemporalUnavailable:
        return None  # It went away between the check and the list; the page can do without.
