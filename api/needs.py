"""What a workflow's code needs, and what of it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, Field

from api.services import Services
from steps.outline import outline_of
from steps.workflow import Workflow
from vault.connection import Connection


class VariableNeed(BaseModel):
    """A variable that the code reads, without its value."""

    name: str
    required: bool = Field(description="Whether a step that reads it fails without it.")
    present: bool


class ConnectionNeed(BaseModel):
    """A connection that the code names."""

    handle: str
    provider: str | None = Field(description="Null while there is none of this handle.")
    status: str = Field(description="`active`, `needs_reauthorization`, `revoked`, `deleting` or `missing`.")


class Needs(BaseModel):
    """All that the code names."""

    variables: list[VariableNeed]
    other_variables: bool = Field(description="Whether it also reads variables whose names only a run can tell.")
    connections: list[ConnectionNeed]


@dataclass(frozen=True)
class Present:
    """What the vault has: names of variables by workflow, connections by handle, and triggers with a secret."""

    variables: frozenset[tuple[str, str]]
    connections: Mapping[str, Connection]
    secrets: frozenset[str]


async def read_present(services: Services, workflow: str | None = None) -> Present:
    """Return what there is for one workflow, or for all."""
    vault = await services.vault()
    return Present(
        frozenset((one.workflow, one.name) for one in await vault.variables.list(workflow)),
        {one.handle: one for one in await vault.connections.list()},
        frozenset(one.workflow for one in await vault.trigger_secrets.list()),
    )


def needs_of(name: str, cls: type[Workflow], present: Present) -> Needs:
    """Return what a workflow needs, and whether it is there."""
    outline = outline_of(cls)
    named = {*outline.handles, *([cls.on.connection] if cls.on and cls.on.connection else [])}
    return Needs(
        variables=[
            VariableNeed(name=one.name, required=one.required, present=(name, one.name) in present.variables)
            for one in outline.variables
        ],
        other_variables=outline.other_variables,
        connections=[_connection(handle, present.connections.get(handle)) for handle in sorted(named)],
    )


def is_ready(name: str, cls: type[Workflow], present: Present) -> bool:
    """Whether the trigger takes deliveries: what it is signed with is set."""
    return cls.signed is None or name in present.secrets


def missing_of(name: str, cls: type[Workflow], present: Present) -> list[str]:
    """Return what a run would fail for want of, each with its name."""
    needs = needs_of(name, cls, present)
    missing = [f"the variable {one.name}" for one in needs.variables if one.required and not one.present]
    missing += [f"the connection {one.handle}" for one in needs.connections if one.status == "missing"]
    missing += [
        f"an authorization of {one.handle}" for one in needs.connections if one.status not in ("active", "missing")
    ]
    return missing + ([] if is_ready(name, cls, present) else ["the secret of its trigger"])


def _connection(handle: str, found: Connection | None) -> ConnectionNeed:
    if found is None:
        return ConnectionNeed(handle=handle, provider=None, status="missing")
    status = "deleting" if found.deleting_at else found.status.value
    return ConnectionNeed(handle=handle, provider=found.provider, status=status)
