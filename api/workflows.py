"""The JSON API of workflows."""

from __future__ import annotations

import inspect

from fastapi import APIRouter, Depends

from api.auth import BEARER, authenticated
from api.documented import problems
from api.hooks import hook_address
from api.services import Services, Shared
from api.views import WorkflowView
from steps.definition import step_names
from steps.workflow import Workflow

router = APIRouter(prefix="/api/v1", tags=["Workflows"], dependencies=[BEARER, Depends(authenticated)])


@router.get("/workflows", summary="List the workflows", responses=problems(401, 503))
async def list_all(services: Shared) -> list[WorkflowView]:
    """List what can be run, with the address of each one's trigger."""
    return workflow_views(services)


def workflow_views(services: Services) -> list[WorkflowView]:
    """Return the workflows by name."""
    return [
        WorkflowView(
            name=name,
            doc=inspect.cleandoc(cls.__doc__ or ""),
            steps=step_names(cls, Workflow),
            on=cls.on.words if cls.on else None,
            hook_url=hook_address(services, name),
        )
        for name, cls in sorted(services.workflows.workflows.items())
    ]
