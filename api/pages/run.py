"""The page of one run: what it has done, does and waits for, while it happens."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from api.again import run_again
from api.auth import page_needs
from api.forms import read_form
from api.live import OVER, Events, stream
from api.one_run import Whole, read_whole
from api.pages.advice import advice_for
from api.pages.run_view import rows_of, seen, tell, utc_now
from api.pages.timeline_scale import length
from api.reach import reaching_temporal
from api.reading import cancel_run, describe, status_of
from api.rendering import render
from api.retrying import retry_run
from api.services import Services, Shared
from api.starting import run_key
from api.views import run_path
from vault.scopes import OPERATE, covers

router = APIRouter(include_in_schema=False)

_PAGE = 50
_ONCE = re.compile(r"[0-9]{8}-[a-z0-9]{12}")
_STARTED_BY = {
    "hook": "its trigger", "api": "the API", "notion": "an event of Notion", "test": "a test",
    "schedule": "a schedule", "retry": "a retry",
}  # fmt: skip


class Moved(BaseModel):
    """What is another one as soon as a run's page should be."""

    state: str
    running: bool


Offset = Annotated[int, Query(ge=0, le=1_000_000)]


# Those with a word behind the id come before the one without, whose path would take it for a part of the id.
@router.post("/runs/{run_id:path}/cancel", dependencies=[page_needs("operate")], summary="Cancel a run")
async def cancel(run_id: str, services: Shared) -> Response:
    """Ask the run to stop, and show it."""
    await cancel_run(await services.temporal(), run_id)
    return RedirectResponse(run_path(run_id), 303)


@router.post("/runs/{run_id:path}/retry", dependencies=[page_needs("operate")], summary="Retry failed steps")
async def retry(run_id: str, services: Shared) -> Response:
    """Start a run of the failed steps alone, unless that was done before, and show it."""
    started = await retry_run(await services.temporal(), run_id)
    return RedirectResponse(run_path(started.id), 303)


@router.post("/runs/{run_id:path}/again", dependencies=[page_needs("read", "trigger")], summary="Run again")
async def again(request: Request, run_id: str, services: Shared) -> Response:
    """Start a run with the same data, once for each time that the page was loaded, and show it."""
    once = (await read_form(request)).get("once", "")
    started = await run_again(services, run_id, key=once if _ONCE.fullmatch(once) else None)
    return RedirectResponse(run_path(started.id), 303)


@router.get("/runs/{run_id:path}/events", dependencies=[page_needs("read")], summary="Tell when a run has moved on")
async def events(request: Request, run_id: str, services: Shared) -> Response:
    """Say each time that the page should ask for its moving part, and when that was the last time."""

    async def look() -> Moved:
        async with reaching_temporal():
            description = await describe(await services.temporal(), run_id)
        return Moved(state=seen(description, utc_now()), running=status_of(description) == "running")

    def changes(now: Moved, _before: Moved | None) -> Events:
        yield "moved", now.state
        if not now.running:
            yield OVER, ""

    return await stream(request, look, changes, key=("run", run_id))


@router.get("/runs/{run_id:path}/live", dependencies=[page_needs("read")], summary="Show what is new in a run")
async def live(
    request: Request, run_id: str, services: Shared, seen_before: Annotated[str, Query(alias="seen")] = ""
) -> Response:
    """Answer the moving part of the page, or nothing (204) while there is nothing new."""
    async with reaching_temporal():
        # First without the run's record, for which a worker would have to be asked.
        if seen(await describe(await services.temporal(), run_id), utc_now()) == seen_before:
            return Response(status_code=204)
    whole = await _read(request, services, run_id)
    if whole.record is None and whole.view.status == "running":
        # A worker that is busy for a moment is no reason to take away what the page shows.
        return render("run_note.html", request.scope, headers={"HX-Reswap": "none"}, note=whole.view.note)
    return render("run_live.html", request.scope, partial=True, **await _context(services, whole))


@router.get("/runs/{run_id:path}/steps", dependencies=[page_needs("read")], summary="Show every attempt of a run")
async def steps(
    request: Request, run_id: str, services: Shared, cursor: Offset = 0, only: Literal["failed", ""] = ""
) -> Response:
    """Show a page of the attempts that have ended, the failed ones first."""
    whole = await _read(request, services, run_id)
    rows = [row for row in await rows_of(services, whole) if not only or row.outcome == only]
    missing = whole.view.attempts - len(rows) if not only else 0
    return _list(request, "run_steps.html", whole, rows, cursor, only=only, missing=max(missing, 0))


@router.get("/runs/{run_id:path}/calls", dependencies=[page_needs("read")], summary="Show the calls of a run")
async def calls(request: Request, run_id: str, services: Shared, cursor: Offset = 0) -> Response:
    """Show a page of the calls since the run last rolled over, the newest first."""
    whole = await _read(request, services, run_id)
    async with reaching_temporal():
        found = await services.recent_calls.read(await services.temporal(), whole.description)
    rows = list(reversed(found.calls)) if found else []
    earlier = bool(whole.record and whole.record.steps_before)
    return _list(request, "run_calls.html", whole, rows, cursor, earlier=earlier, known=found is not None)


@router.get("/runs/{run_id:path}/log", dependencies=[page_needs("read")], summary="Show the whole log of a run")
async def log(request: Request, run_id: str, services: Shared) -> Response:
    """Show every line that is kept."""
    whole = await _read(request, services, run_id)
    return render("run_log.html", request.scope, run=whole.view)


@router.get("/runs/{run_id:path}", dependencies=[page_needs("read")], summary="Show a run")
async def run(request: Request, run_id: str, services: Shared) -> Response:
    """Show what the run has done, does and waits for."""
    whole = await _read(request, services, run_id)
    return render("run.html", request.scope, partial=False, **await _context(services, whole))


async def _read(request: Request, services: Services, run_id: str) -> Whole:
    signer = services.signer if covers(request.state.scopes, (OPERATE,)) else None
    return await read_whole(await services.temporal(), services.settings, signer, run_id)


async def _context(services: Services, whole: Whole) -> dict[str, Any]:
    now = utc_now()
    story = await tell(services, whole, now)

    def left(due: datetime) -> str:
        seconds = (due - now).total_seconds()
        return f", in {length(seconds)}" if seconds >= 1 else ""

    return {
        "left": left,
        "run": whole.view,
        "story": story,
        "length": length,
        "advice": advice_for,
        "once": run_key(None),
        "started_by": _STARTED_BY.get(whole.view.trigger or "", "another program"),
        "there": whole.view.workflow in services.workflows.workflows,
    }


def _list(request: Request, template: str, whole: Whole, rows: list[Any], cursor: int, **more: Any) -> Response:
    """Answer a page of a list: alone for htmx, which puts it into the run's page, else as a page of its own."""
    following = cursor + _PAGE if cursor + _PAGE < len(rows) else None
    return render(
        template,
        request.scope,
        frame="partial.html" if "hx-request" in request.headers else "base.html",
        run=whole.view,
        rows=rows[cursor : cursor + _PAGE],
        total=len(rows),
        cursor=cursor,
        following=following,
        length=length,
        **more,
    )
