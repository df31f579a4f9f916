"""The page of all runs: filtered, page by page, and live on its first page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.auth import page_needs
from api.feeds import mark_of
from api.live import Events, stream
from api.pages.run_news import news_of
from api.reading import list_runs
from api.rendering import fragment, render
from api.run_filters import RunFilters
from api.run_parameters import chosen_filters
from api.services import Services, Shared
from api.views import RunList, RunStatus

router = APIRouter(include_in_schema=False)

PAGE = 50
_LIVE = "Live: what changes appears by itself."
_SIGNED_OUT = 'This page is no longer live, for your session is over. <a href="/signin?next=%2Fruns">Sign in</a>'

Chosen = Annotated[RunFilters, Depends(chosen_filters)]


@router.get("/runs", dependencies=[page_needs("read")], summary="Show the runs")
async def runs(
    request: Request,
    services: Shared,
    filters: Chosen,
    cursor: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    """Show a page of runs, with the form that narrows them."""
    page = await _look(services, filters, cursor)
    live = None if cursor else filters.address("/runs/live", seen=mark_of(page))
    return render(
        "runs.html",
        request.scope,
        # What a script puts into the address bar, without the fields that are empty.
        headers={"HX-Push-Url": filters.address("/runs", cursor=cursor)} if "hx-request" in request.headers else None,
        filters=filters,
        chosen=filters.named(),
        workflows=_with(filters.workflow, services.workflows.workflows),
        statuses=get_args(RunStatus),
        handles=_with(filters.connection, [item.handle for item in await (await services.vault()).connections.list()]),
        live=live,
        address=filters.address("/runs"),
        **_shown(filters, page, first=not cursor),
    )


@router.get("/runs/live", dependencies=[page_needs("read")], summary="Tell what changes in the first page of runs")
async def live(
    request: Request, services: Shared, filters: Chosen, seen: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Send the table again whenever it has changed, for as long as somebody looks at it."""

    def changes(page: RunList, before: RunList | None) -> Events:
        yield "runs", fragment("run_list.html", request.scope, **_shown(filters, page, first=True))
        yield "news", news_of(page, before)

    return await stream(
        request,
        partial(_look, services, filters),
        changes,
        key=("runs", filters),
        seen=seen,
        opening=[("news", _LIVE)],
        signed_out=[("news", _SIGNED_OUT)],
    )


async def _look(services: Services, filters: RunFilters, cursor: str = "") -> RunList:
    return await list_runs(
        await services.temporal(),
        services.settings,
        services.signer,
        filters,
        workflows=services.workflows.workflows,
        limit=PAGE,
        cursor=cursor or None,
    )


def _shown(filters: RunFilters, page: RunList, *, first: bool) -> dict[str, Any]:
    return {
        "page": page,
        "filtered": bool(filters),
        "newest": None if first else filters.address("/runs"),
        "older": filters.address("/runs", cursor=page.next_cursor) if page.next_cursor else None,
    }


def _with(chosen: str | None, known: Iterable[str]) -> list[str]:
    """Return the choices in order; what is chosen is among them, even if it is no longer there."""
    return sorted({*known, *([chosen] if chosen else [])})
