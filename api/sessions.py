"""The browsers that are signed in: for people their own, for operators all."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse

from api.access_problems import SessionUnknown
from api.auth import BEARER, needs, page_needs
from api.documented import problems
from api.persons import scopes_of
from api.rendering import render
from api.services import Services, Shared
from vault.sessions import Session

router = APIRouter(tags=["Keys"])

SessionId = Annotated[str, Path(description="The session's id.")]
AnySession = Annotated[Session, page_needs()]


class SessionView(BaseModel):
    """A signed-in browser."""

    id: str
    name: str = Field(description="The name of its API key, or the e-mail address of the person.")
    key_id: str | None = Field(description="The API key that it signed in with; null for a person.")
    scopes: list[str] = Field(description="What it may do now.")
    created_at: datetime
    seen_at: datetime = Field(description="When it was last used, to the minute.")
    expires_at: datetime


@router.get(
    "/api/v1/sessions",
    dependencies=[BEARER, needs("admin")],
    summary="List the signed-in browsers",
    responses=problems(401, 503),
)
async def list_all(services: Shared) -> list[SessionView]:
    """List every session that is not over, the newest first."""
    return [_view(services, session) for session in await (await services.vault()).sessions.list()]


@router.delete(
    "/api/v1/sessions/{session_id}",
    dependencies=[BEARER, needs("admin")],
    summary="Sign a browser out",
    status_code=204,
    response_class=Response,  # no content
    responses=problems(401, 404, 503),
)
async def end(session_id: SessionId, services: Shared) -> Response:
    """End the session at once."""
    if not await (await services.vault()).sessions.end(session_id):
        raise SessionUnknown("It may have ended by itself: GET /api/v1/sessions lists those that there are.")
    return Response(status_code=204)


@router.get("/sessions", summary="Show your sessions", include_in_schema=False)
async def show(request: Request, session: AnySession, services: Shared) -> Response:
    """Show where else the same key, or the same person, is signed in."""
    own = [_view(services, other) for other in await _own(services, session)]
    return render("sessions.html", request.scope, sessions=own, this=session.id)


@router.post("/sessions/end", summary="Sign out everywhere", include_in_schema=False)
async def end_all(session: AnySession, services: Shared) -> Response:
    """End every session of the same key or person, this one too."""
    vault = await services.vault()
    for other in await _own(services, session):
        await vault.sessions.end(other.id)
    return RedirectResponse("/signin", 303)


@router.post("/sessions/{session_id}/end", summary="Sign one browser out", include_in_schema=False)
async def end_one(session_id: SessionId, session: AnySession, services: Shared) -> Response:
    """End one session of the same key or person."""
    if session_id not in {other.id for other in await _own(services, session)}:
        raise SessionUnknown("It may have ended by itself. Your sessions are listed at /sessions.")
    await (await services.vault()).sessions.end(session_id)
    return RedirectResponse("/sessions", 303)


async def _own(services: Services, session: Session) -> list[Session]:
    return [other for other in await (await services.vault()).sessions.list() if other.same_owner(session)]


def _view(services: Services, session: Session) -> SessionView:
    person = session.person
    return SessionView(
        id=session.id,
        name=(person.email or person.subject) if person is not None else session.name or "",
        key_id=session.key_id,
        scopes=list(scopes_of(services.settings, session)),
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
    )
