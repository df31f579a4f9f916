"""The first page: whether all is well, what needs a person, and what became of today's runs."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import page_needs
from api.health import check_all, polling_of
from api.hooks import hook_address
from api.pages.concerns import find_concerns
from api.pages.facts import find_facts
from api.problems import TemporalUnavailable
from api.reading import list_runs
from api.rendering import render
from api.services import Services, Shared
from api.today import Today, read_today
from api.views import RunSummary
from vault.scopes import TRIGGER, covers

router = APIRouter(include_in_schema=False)

_NEWEST = 8
_EXAMPLE = "OrderToNotion"


@router.get("/", dependencies=[page_needs("read")], summary="Show the first page")
async def home(request: Request, services: Shared) -> Response:
    """Show whether all is well, what failed today, and the newest runs; also while Temporal does not answer."""
    readiness, polling = await asyncio.gather(check_all(services), polling_of(services))
    connections = await (await services.vault()).connections.list()
    today, runs = await _runs(services) if polling is not None else (None, None)
    beginning = not connections or runs == []
    return render(
        "home.html",
        request.scope,
        concerns=await find_concerns(services, readiness.checks, connections),
        facts=find_facts(readiness.checks, polling, connections),
        connections=connections,
        today=today,
        runs=runs,
        beginning=beginning,
        example=await _example(request, services) if beginning else None,
    )


async def _runs(services: Services) -> tuple[Today | None, list[RunSummary] | None]:
    """Return what became of today's runs, and the newest; neither when Temporal went away since it was asked."""
    try:
        client = await services.temporal()
        today, page = await asyncio.gather(
            read_today(client, services.settings.task_queue),
            list_runs(client, services.settings, services.signer, limit=_NEWEST),
        )
    except TemporalUnavailable:
        return None, None
    return today, page.runs


async def _example(request: Request, services: Services) -> tuple[str, str] | None:
    """Return the workflow of the first steps and its trigger's address, for those who may start runs."""
    if not covers(request.state.scopes, (TRIGGER,)):
        return None
    plain = [name for name, cls in sorted(services.workflows.workflows.items()) if cls.signed is None]
    name = _EXAMPLE if _EXAMPLE in plain else next(iter(plain), None)
    if name is None:
        return None
    address = await services.addresses.of(name)
    return name, hook_address(services.settings, services.signer, name, address.generation)
