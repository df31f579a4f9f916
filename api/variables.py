"""The JSON API of variables. The value of a secret one comes in and never goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.auth import BEARER, CurrentCaller, needs
from api.documented import problems
from api.services import Services, Shared
from api.starting import find_workflow
from vault.scopes import ADMIN
from vault.variables import Variable

router = APIRouter(prefix="/api/v1/variables", tags=["Variables"], dependencies=[BEARER])

Workflow = Annotated[str, Path(description="The workflow's name, such as `OrderToNotion`.")]
Name = Annotated[str, Path(description="Capital letters, digits and underscores, such as `NOTION_DATABASE_ID`.")]


class VariableBody(BaseModel):
    """What a variable is set to."""

    model_config = ConfigDict(extra="forbid")

    value: SecretStr = Field(description="Text, 16,384 bytes at most. Of a secret one it is write-only.")
    secret: bool = Field(default=False, strict=True, description="Seal it: steps get a reference.")
    hosts: list[str] = Field(
        default_factory=list, max_length=50, description="Of a secret one: the exact hosts that it may be sent to."
    )


class VariableView(BaseModel):
    """A variable of one workflow."""

    workflow: str
    name: str
    secret: bool
    value: str | None = Field(description="Null for a secret one, and without the scope `admin`.")
    hosts: list[str] = Field(description="Where a secret one may be sent to.")
    updated_at: datetime


@router.get("", dependencies=[needs("read")], summary="List the variables", responses=problems(401, 503))
async def list_all(
    services: Shared,
    caller: CurrentCaller,
    workflow: Annotated[str | None, Query(description="Only variables of this workflow.")] = None,
) -> list[VariableView]:
    """List them by workflow and name. The value of a secret one is never shown."""
    found = await (await services.vault()).variables.list(workflow)
    return [variable_view(variable, values=caller.may(ADMIN)) for variable in found]


@router.put(
    "/{workflow_name}/{variable}",
    dependencies=[needs("admin")],
    summary="Set a variable",
    responses=problems(400, 401, "workflow-unknown", 413, "variable-hosts-missing", "request-invalid", 503),
)
async def put(workflow_name: Workflow, variable: Name, body: VariableBody, services: Shared) -> VariableView:
    """Set a variable in place of what had its name; runs that start from now on read it."""
    value = body.value.get_secret_value()
    made = await set_variable(services, workflow_name, variable, value, secret=body.secret, hosts=body.hosts)
    return variable_view(made, values=True)


@router.delete(
    "/{workflow_name}/{variable}",
    dependencies=[needs("admin")],
    summary="Delete a variable",
    status_code=204,
    response_class=Response,  # no content
    responses=problems(401, 404, 503),
)
async def delete(workflow_name: Workflow, variable: Name, services: Shared) -> Response:
    """Delete a variable; runs in progress keep what they have read."""
    await (await services.vault()).variables.delete(workflow_name, variable)
    return Response(status_code=204)


async def set_variable(
    services: Services, workflow: str, name: str, value: str, *, secret: bool, hosts: list[str]
) -> Variable:
    """Set a variable of a workflow that there is; the API can seal a secret value and cannot open it.

    Raises:
        WorkflowUnknown: there is none of this name, so that nothing would read the variable.
        VariableRefused: one of its kinds says what is wrong.
    """
    find_workflow(services.workflows.workflows, workflow)
    return await (await services.vault()).variables.set(workflow, name, value, secret=secret, hosts=hosts)


def variable_view(variable: Variable, *, values: bool) -> VariableView:
    """Return a variable as it is shown; `values` says whether whoever asks may see plain values."""
    return VariableView(
        workflow=variable.workflow,
        name=variable.name,
        secret=variable.secret,
        value=variable.value if values and not variable.secret else None,
        hosts=list(variable.hosts),
        updated_at=variable.updated_at,
    )
