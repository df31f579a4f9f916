"""The pages of API keys: list, make one, revoke one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from api.auth import caller_of, page_needs
from api.forms import read_form
from api.keys import MakeKey, make_key
from api.rendering import render
from api.services import Services, Shared
from vault.api_keys import ApiKey
from vault.errors import ApiKeyRefused
from vault.scopes import SCOPES
from vault.sessions import Session
from vault.tokens import new_id

router = APIRouter(include_in_schema=False)

_LONGEST_TYPED = 200
_WORDS = {
    "name": "Name it with 1 to 100 characters, so that you know it again.",
    "scopes": "Choose at least one scope.",
    "expires_at": "Choose a day, or leave it empty.",
}


@router.get("/keys", dependencies=[page_needs("admin")], summary="Show the API keys")
async def show_all(request: Request, services: Shared, revoked: Annotated[str, Query()] = "") -> Response:
    """Show every API key, and which one was just revoked. Their texts are not kept."""
    vault = await services.vault()
    keys, now = await vault.api_keys.list(), datetime.now(UTC)
    states = {key.id: state_of(key, now) for key in keys}
    opened = Counter(session.key_id for session in await vault.sessions.list())
    return render(
        "keys.html",
        request.scope,
        keys=[key for key in keys if states[key.id] == "in force"],
        over=[key for key in keys if states[key.id] != "in force"],
        states=states,
        opened=opened,
        revoked=next((key for key in keys if key.id == revoked and key.revoked_at), None),
        mine=request.state.session.key_id,
    )


@router.get("/keys/add", dependencies=[page_needs("admin")], summary="Show the form for an API key")
async def show_form(request: Request) -> Response:
    """Show the form."""
    return _form(request, {}, {})


@router.post("/keys/add", summary="Make an API key")
async def add(request: Request, session: Annotated[Session, page_needs("admin")], services: Shared) -> Response:
    """Make the key, and show its text in this answer alone: it stands in no address, and is kept nowhere."""
    typed = await read_form(request)
    try:
        body = MakeKey.model_validate(_fields_of(typed))
        key, text = await make_key(services, body, caller_of(request, session), id=typed.get("id"))
    except ValidationError as error:
        wrong = {str(item["loc"][0]) for item in error.errors(include_input=False, include_url=False)}
        return _form(request, typed, {field: _WORDS[field] for field in wrong}, status=422)
    except ApiKeyRefused as error:
        if error.field == "id" and (made := await _made_before(services, typed.get("id", ""))):
            return render("key_made.html", request.scope, status=409, key=made, text=None)
        return _form(request, typed, {error.field: str(error)}, status=422)
    return render("key_made.html", request.scope, status=201, key=key, text=text.reveal())


@router.post("/keys/{key_id}/revoke", dependencies=[page_needs("admin")], summary="Revoke an API key")
async def revoke(key_id: str, services: Shared) -> Response:
    """Revoke the key and whatever it has signed in, at once."""
    key = await (await services.vault()).api_keys.revoke(key_id)
    return RedirectResponse(f"/keys?revoked={key.id}", 303)


def state_of(key: ApiKey, now: datetime) -> str:
    """Say whether the key counts now."""
    if key.revoked_at is not None:
        return "revoked"
    return "ended" if key.expires_at is not None and key.expires_at <= now else "in force"


def _form(request: Request, typed: Mapping[str, str], errors: Mapping[str, str], *, status: int = 200) -> Response:
    return render(
        "key_add.html",
        request.scope,
        status=status,
        # One form makes one key: its id is chosen here, and a second one of the same id is refused.
        id=new_id(),
        typed={name: value[:_LONGEST_TYPED] for name, value in typed.items()},
        errors=errors,
        scopes=SCOPES,
        today=datetime.now(UTC).date().isoformat(),
        last=request.state.session.key_expires_at,
    )


def _fields_of(typed: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": typed.get("name", "").strip(),
        "scopes": [scope for scope in SCOPES if f"scope-{scope}" in typed],
        "expires_at": _end_of_day(typed.get("expires_at", "")),
    }


def _end_of_day(text: str) -> Any:
    """Return the moment at which the day is over; a text that is no day as it is, which the model then refuses."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=1) if text else None
    except (ValueError, OverflowError):
        return "no day"


async def _made_before(services: Services, id: str) -> ApiKey | None:
    return next((key for key in await (await services.vault()).api_keys.list() if key.id == id), None)
