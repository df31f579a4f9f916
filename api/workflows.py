"""The JSON API of workflows."""

from __future__ import annotations

import inspect

from fastapi import APIRouter

from api.auth import BEARER, CurrentCaller, needs
from api.documented import problems
from api.hooks import hook_address
from api.services import Services, Shared
from api.views import WorkflowView
from steps.definition import step_names
from steps.workflow import Workflow
from vault.scopes import TRIGGER

router = APIRouter(prefix="/api/v1", tags=["Workflows"], dependencies=[BEARER])


@router.get("/workflows", dependencies=[needs("read")], summary="List the workflows", responses=problems(401, 503))
async def list_all(services: Shared, caller: CurrentCaller) -> list[WorkflowView]:
    """List what can be run, with the address of each one's trigger for those who may start runs."""
    return workflow_views(services, addresses=caller.may(TRIGGER))


def workflow_views(services: Services, *, addresses: bool) -> list[WorkflowView]:
    """Return the workflows by name; whoever knows an address can start runs."""
    return [
        WorkflowView(
            name=name,
            doc=inspect.cleandoc(cls.__doc__ or ""),
            steps=step_names(cls, Workflow),
            on=cls.on.words if cls.on else None,
            hook_url=hook_address(services, name) if addresses else None,
        )
        for name, cls in sorted(services.workflows.workflows.items())
    ]
