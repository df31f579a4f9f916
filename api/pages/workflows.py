"""The pages of workflows: all, one with its steps and what it needs, and the form that tries it out."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.forms import read_form
from api.last_runs import last_runs
from api.needs import missing_of, read_present
from api.pages.diagram import diagram_of
from api.pages.step_words import sentence_of
from api.pages.strip import strip_of
from api.pages.workflow_test import TestForm, start_test
from api.problems import TemporalUnavailable
from api.rendering import render
from api.schedule_views import ScheduleView
from api.scheduling import list_schedules
from api.services import Services, Shared
from api.starting import Started, find_workflow
from api.views import run_path
from api.workflow_detail import file_of, workflow_detail
from steps.outline import first_line, outline_of
from steps.sample import sample_text
from steps.workflow import Workflow
from vault.scopes import TRIGGER, covers

router = APIRouter(include_in_schema=False)

_SHOWN_RUNS = 10


@router.get("/workflows", dependencies=[page_needs("read")], summary="Show the workflows")
async def show_all(request: Request, services: Shared) -> Response:
    """Show every workflow with what is missing and how it went of late, and the files that did not load."""
    workflows = services.workflows.workflows
    present, runs = await asyncio.gather(read_present(services), last_runs(services, sorted(workflows)))
    cards = [
        {
            "name": name,
            "doc": first_line(cls.__doc__),
            "starts": _starts(cls),
            "missing": missing_of(name, cls, present),
            "strip": None if runs is None else strip_of(runs[name]),
        }
        for name, cls in sorted(workflows.items())
    ]
    return render(
        "workflows.html",
        request.scope,
        cards=cards,
        problems=services.workflows.problems,
        folder=services.settings.workflows_dir.name,
        reachable=runs is not None,
    )


@router.get("/workflows/{name}", dependencies=[page_needs("read")], summary="Show a workflow")
async def show(request: Request, name: str, services: Shared) -> Response:
    """Show what its code says, what starts it, what it needs, and how it went of late."""
    cls = find_workflow(services.workflows.workflows, name)
    return await _page(request, services, name, cls, TestForm(sample_text(cls)))


@router.post(
    "/workflows/{name}/test", dependencies=[page_needs("trigger", "read")], summary="Try a workflow out from its page"
)
async def test(request: Request, name: str, services: Shared) -> Response:
    """Start a test run, and show it; what cannot be read is shown again as it was typed."""
    cls = find_workflow(services.workflows.workflows, name)
    form = await read_form(request)
    made = await start_test(services, name, TestForm(form.get("payload", ""), form.get("headers", "")))
    if isinstance(made, Started):
        return RedirectResponse(run_path(made.id), 303)
    return await _page(request, services, name, cls, made)


async def _page(request: Request, services: Services, name: str, cls: type[Workflow], form: TestForm) -> Response:
    may_start = covers(request.state.scopes, (TRIGGER,))
    found, runs, schedules = await asyncio.gather(
        workflow_detail(services, name, addresses=may_start), last_runs(services, [name]), _schedules(services, name)
    )
    outline, file = outline_of(cls), file_of(cls)
    return render(
        "workflow.html",
        request.scope,
        status=form.status,
        workflow=found,
        class_name=cls.__name__,
        folder=services.settings.workflows_dir.name,
        diagram=diagram_of(outline),
        follows={step.name: _following(cls, step.name) for step in outline.steps},
        lonely=_never_scheduled(cls),
        findings=[one for one in services.workflows.findings if one.file == file],
        schedules=schedules,
        strip=None if runs is None else strip_of(runs[name]),
        runs=None if runs is None else runs[name][:_SHOWN_RUNS],
        providers=[one.name for one in services.registrations.all()],
        form=form,
        form_open=bool(form.errors),
    )


async def _schedules(services: Services, name: str) -> list[ScheduleView] | None:
    try:
        return await list_schedules(
            await services.temporal(), services.settings.task_queue, services.workflows.workflows, workflow=name
        )
    except TemporalUnavailable:
        return None


def _following(cls: type[Workflow], step: str) -> list[dict[str, Any]]:
    """Return what a step schedules, each with when."""
    outline = outline_of(cls)
    names = {one.name for one in outline.steps} - {"start"}
    return [
        {"target": link.target, "known": link.target in names, "when": sentence_of(link)}
        for link in outline.links
        if link.source == step
    ]


def _never_scheduled(cls: type[Workflow]) -> list[str]:
    """Return the steps that nothing in the code leads to; where only a run can tell, none is."""
    outline = outline_of(cls)
    targets = {link.target for link in outline.links}
    return [] if None in targets else [one.name for one in outline.steps if one.name not in {"start", *targets}]


def _starts(cls: type[Workflow]) -> list[str]:
    """Return what starts it, in a few words each."""
    found = [f"its address, signed ({cls.signed.scheme})" if cls.signed else "its address"]
    if cls.on:
        found.append("an event in Notion")
    if cls.schedule:
        found.append("a schedule")
    return found
