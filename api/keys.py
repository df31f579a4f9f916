"""The JSON API of API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from api.auth import BEARER, Caller, CurrentCaller, needs
from api.documented import problems
from api.json_body import read_json_object
from api.services import Services, Shared
from vault.api_keys import ApiKey
from vault.errors import ApiKeyRefused
from vault.secret import Secret

router = APIRouter(prefix="/api/v1/keys", tags=["Keys"], dependencies=[BEARER])

Scope = Literal["trigger", "read", "operate", "admin"]


class MakeKey(BaseModel):
    """What an API key is made with."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="What it is for, such as `our shop`.")
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="What it may do.")
    expires_at: AwareDatetime | None = Field(default=None, description="When it ends; never if null.")


class KeyView(BaseModel):
    """An API key, without its text."""

    id: str
    name: str
    prefix: str = Field(description="What its text begins with.")
    scopes: list[str]
    created_at: datetime
    created_by: str | None = Field(description="Who made it; null for one of an earlier version.")
    last_used_at: datetime | None = Field(description="To the minute.")
    expires_at: datetime | None
    revoked_at: datetime | None


class MadeKeyView(KeyView):
    """An API key that was just made."""

    key: str = Field(description="Its text, shown this once.")


_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": MakeKey.model_json_schema()}}}}


@router.get("", dependencies=[needs("admin")], summary="List the API keys", responses=problems(401, 503))
async def list_all(services: Shared) -> list[KeyView]:
    """List them, the newest first, revoked ones too. Their texts are never shown."""
    return [KeyView.model_validate(key, from_attributes=True) for key in await (await services.vault()).api_keys.list()]


@router.post(
    "",
    dependencies=[needs("admin")],
    summary="Make an API key",
    status_code=201,
    responses=problems(400, 401, 413, 415, 422, 503),
    openapi_extra=_BODY,
)
async def create(request: Request, services: Shared, caller: CurrentCaller) -> MadeKeyView:
    """Make an API key and show its text, this once. It does not outlive the key that makes it."""
    try:
        body = MakeKey.model_validate(await read_json_object(request))
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False, include_url=False)) from None
    key, text = await make_key(services, body, caller)
    view = KeyView.model_validate(key, from_attributes=True)
    return MadeKeyView(**view.model_dump(), key=text.reveal())


@router.delete(
    "/{key_id}",
    dependencies=[needs("admin")],
    summary="Revoke an API key",
    status_code=204,
    response_class=Response,  # no content
    responses=problems(401, 404, 503),
)
async def revoke(key_id: Annotated[str, Path(description="The key's id.")], services: Shared) -> Response:
    """Revoke the key, and the browser sessions that it opened, at once. To do it again is no error."""
    await (await services.vault()).api_keys.revoke(key_id)
    return Response(status_code=204)


async def make_key(
    services: Services, body: MakeKey, caller: Caller, *, id: str | None = None
) -> tuple[ApiKey, Secret]:
    """Make an API key that does not outlive the one that makes it, and return it with its text.

    Raises:
        ApiKeyRefused: it cannot be made so, or one of this id has been made.
    """
    keys = (await services.vault()).api_keys
    end = _end(body.expires_at, caller)
    return await keys.create(body.name, body.scopes, expires_at=end, created_by=caller.name, id=id)


def _end(wanted: datetime | None, caller: Caller) -> datetime | None:
    last = caller.key_expires_at
    if last is not None and wanted is not None and wanted > last:
        raise ApiKeyRefused(
            f"A key cannot make one that outlives it: {last.isoformat()} is the latest.", field="expires_at"
        )
    return wanted or last
