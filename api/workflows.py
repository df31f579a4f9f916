"""The JSON API of workflows."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.auth import BEARER, CurrentCaller, needs
from api.documented import problems
from api.services import Shared
from api.views import WorkflowView
from api.workflow_detail import WorkflowDetail, workflow_detail, workflow_views
from vault.scopes import TRIGGER

router = APIRouter(prefix="/api/v1", tags=["Workflows"], dependencies=[BEARER])


@router.get("/workflows", dependencies=[needs("read")], summary="List the workflows", responses=problems(401, 503))
async def list_all(services: Shared, caller: CurrentCaller) -> list[WorkflowView]:
    """List what can be run, with the address of each one's trigger for those who may start runs."""
    return await workflow_views(services, addresses=caller.may(TRIGGER))


@router.get(
    "/workflows/{name}",
    dependencies=[needs("read")],
    summary="Get a workflow",
    responses=problems(401, 403, 404, 503),
)
async def get(
    name: Annotated[str, Path(description="The workflow's name, such as `OrderToNotion`.")],
    services: Shared,
    caller: CurrentCaller,
) -> WorkflowDetail:
    """Tell what its code says: which step schedules which, which variables and connections it needs, and a sample."""
    return await workflow_detail(services, name, addresses=caller.may(TRIGGER))
