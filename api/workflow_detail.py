"""One workflow with all that its code tells: its steps and what leads to which, what it needs, a sample."""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from api.hooks import hook_address
from api.needs import Needs, Present, is_ready, missing_of, needs_of, read_present
from api.services import Services
from api.starting import find_workflow
from api.views import WorkflowView
from steps.definition import step_names
from steps.outline import Kind, Link, StepCode, outline_of
from steps.sample import sample_text
from steps.workflow import Workflow


class StepNode(BaseModel):
    """A step."""

    name: str
    doc: str = Field(description="The first line of its docstring.")
    line: int = Field(description="Where it begins, in its class's file or in that of a base.")


class StepEdge(BaseModel):
    """That a step schedules another, as its code says."""

    source: str
    target: str | None = Field(description="Null where only a run can tell.")
    kind: Kind = Field(
        description="`next`; `each`, of the payloads of a `fan_out`; `all`, when those have ended; `event`, when one "
        "comes; `timeout`, when none has come."
    )
    delay: str | None = Field(description="In words, such as `10 seconds`; `varies` where a run says it.")
    many: bool = Field(description="Whether it may be scheduled several times: in a loop, or for each payload.")
    sometimes: bool = Field(description="Whether the code may go another way.")
    after: list[str] = Field(description="Of `all`: the steps whose branches it waits for.")


class WorkflowDetail(WorkflowView, Needs):
    """A workflow that can be run, with what its code tells."""

    file: str = Field(description="The file that defines it.")
    respond: bool = Field(description="Whether the trigger answers with what `start` returns.")
    missing: list[str] = Field(description="What a run, or a delivery, would fail for want of, in words.")
    nodes: list[StepNode] = Field(description="The steps, `start` first.")
    hooks: list[StepNode] = Field(description="What runs once, at the end.")
    edges: list[StepEdge]
    sample: Any = Field(description="A payload to try it out with, of the type that `start` declares.")


async def workflow_detail(services: Services, name: str, *, addresses: bool) -> WorkflowDetail:
    """Return a workflow by its name.

    Raises:
        WorkflowUnknown: there is none of this name.
    """
    cls = find_workflow(services.workflows.workflows, name)
    present = await read_present(services, name)
    outline = outline_of(cls)
    return WorkflowDetail(
        **(await _view(services, name, cls, present, addresses=addresses)).model_dump(),
        **needs_of(name, cls, present).model_dump(),
        file=file_of(cls),
        respond=cls.respond is not None,
        missing=missing_of(name, cls, present),
        nodes=[_node(one) for one in outline.steps],
        hooks=[_node(one) for one in outline.hooks],
        edges=[_edge(one) for one in outline.links],
        sample=json.loads(sample_text(cls)),
    )


async def workflow_views(services: Services, *, addresses: bool) -> list[WorkflowView]:
    """Return the workflows by name; whoever knows an address can start runs."""
    present = await read_present(services)
    workflows = sorted(services.workflows.workflows.items())
    return [await _view(services, name, cls, present, addresses=addresses) for name, cls in workflows]


async def _view(
    services: Services, name: str, cls: type[Workflow], present: Present, *, addresses: bool
) -> WorkflowView:
    return WorkflowView(
        name=name,
        doc=inspect.cleandoc(cls.__doc__ or ""),
        steps=step_names(cls, Workflow),
        on=cls.on.words if cls.on else None,
        signed=cls.signed.words if cls.signed else None,
        ready=is_ready(name, cls, present),
        hook_url=await _address(services, name) if addresses else None,
    )


async def _address(services: Services, name: str) -> str:
    present = await services.addresses.of(name)
    return hook_address(services.settings, services.signer, name, present.generation)


def file_of(cls: type[Workflow]) -> str:
    """Return the name of the file that defines a workflow, within its folder."""
    return Path(inspect.getfile(cls)).name


def _node(step: StepCode) -> StepNode:
    return StepNode(**asdict(step))


def _edge(link: Link) -> StepEdge:
    return StepEdge(**asdict(link))
