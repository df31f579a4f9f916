"""What the API tells of itself to whoever watches the metrics."""

from __future__ import annotations

import asyncio
import logging

from api.health import check_all
from api.services import Services
from telemetry.families import CHECK, HTTP_REQUEST_SECONDS, HTTP_REQUESTS, TRIGGERS, VAULT_FAILURE, VAULT_UP
from telemetry.place import Request
from telemetry.recording import count, observe, prepare, recorder, show

logger = logging.getLogger("api")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ENTRANCES = ("/hooks/",)
_EVERY = 15.0
_STATES = ("ok", "warning", "failed")


def tell(request: Request, method: str, route: str, status: int, seconds: float) -> None:
    """Tell of a request that was answered."""
    if not recorder().on:
        return
    run = request.runs[0] if request.runs else None
    count(HTTP_REQUESTS, method if method in _METHODS else "other", route, str(status or "cut"), run=run)
    observe(HTTP_REQUEST_SECONDS, seconds, route, run=run)
    if route.startswith(_ENTRANCES):
        count(TRIGGERS, request.workflow or "unknown", outcome_of(request, status), run=run)


def outcome_of(request: Request, status: int) -> str:
    """Return what became of a delivery to a trigger."""
    if not 200 <= status < 400:
        return "refused" if 400 <= status < 500 else "failed"
    if not request.runs:
        return "no-run"  # a handshake, or an event that no workflow wants
    return "duplicate" if request.duplicate else "started"


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
