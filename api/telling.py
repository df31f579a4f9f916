"""What the API tells of itself to whoever watches the metrics."""

from __future__ import annotations

import asyncio
import logging
import time

from api.health import check_all
from api.services import Services
from telemetry.families import CHECK, HTTP_REQUEST_SECONDS, HTTP_REQUESTS, TRIGGERS, VAULT_FAILURE, VAULT_UP
from telemetry.ids import SpanId, read_traceparent, run_span, trace_of
from telemetry.place import Request
from telemetry.recording import count, observe, prepare, recorder, show, tell
from telemetry.spans import Span, Value, of_run

logger = logging.getLogger("api")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ENTRANCES = ("/hooks/",)
_EVERY = 15.0
_STATES = ("ok", "warning", "failed")


def tell_of(request: Request, method: str, route: str, status: int, seconds: float, caller: str | None) -> None:
    """Tell of a request that was answered; `caller` is the `traceparent` that it came with, or not."""
    if not recorder().on:
        return
    run, method = request.run, method if method in _METHODS else "other"
    count(HTTP_REQUESTS, method, route, str(status or "cut"), run=run)
    observe(HTTP_REQUEST_SECONDS, seconds, route, run=run)
    if route.startswith(_ENTRANCES):
        count(TRIGGERS, request.workflow or "unknown", outcome_of(request, status), run=run)
    _tell_runs(request, method, route, status, seconds, caller)


def outcome_of(request: Request, status: int) -> str:
    """Return what became of a delivery to a trigger."""
    if not 200 <= status < 400:
        return "refused" if 400 <= status < 500 else "failed"
    if not request.runs:
        return "no-run"  # a handshake, or an event that no workflow wants
    return "started" if any(request.runs.values()) else "duplicate"


def _tell_runs(request: Request, method: str, route: str, status: int, seconds: float, caller: str | None) -> None:
    """Tell of a request in the trace of each run that it has started or woken; the caller's own trace is linked."""
    ended = time.time_ns()
    above = read_traceparent(caller)
    for run, started in request.runs.items():
        said: dict[str, Value | None] = {
            **of_run(run, request.workflow),
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status or None,
        }
        span = Span(
            SpanId(trace_of(run), request.span),
            f"{method} {route}",
            ended - int(seconds * 1e9),
            ended,
            said,
            parent=None if started else run_span(run),
            kind="server",
            error=str(status) if status >= 500 else None if status else "cut",
            links=(above,) if above else (),
        )
        tell(span)


async def keep_checks(services: Services) -> None:
    """Look again and again at what the service needs, for as long as anybody listens; never raises."""
    for name in services.workflows.workflows:
        for outcome in ("started", "duplicate", "refused", "failed"):
            prepare(TRIGGERS, name, outcome)
    while recorder().on:
        try:
            await show_checks(services)
        except Exception:
            logger.exception("What the service needs could not be looked at")
        await asyncio.sleep(_EVERY)


async def show_checks(services: Services) -> None:
    """Show the state of everything that the service needs, as /readyz tells it."""
    checks = (await check_all(services)).checks
    show(CHECK, {(check.name, state): float(check.state == state) for check in checks for state in _STATES})
    vault = next(check for check in checks if check.name == "vault")
    works = vault.state == "ok"
    show(VAULT_UP, {(): float(works)})
    show(VAULT_FAILURE, {} if works else {(vault.reason or "vault-unavailable",): 1.0})
