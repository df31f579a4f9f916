"""The JSON API of OAuth connections."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.auth import BEARER, authenticated
from api.documented import problems
from api.services import Shared
from api.views import ConnectionView, connection_view

router = APIRouter(prefix="/api/v1", tags=["Connections"], dependencies=[BEARER, Depends(authenticated)])

Handle = Annotated[str, Path(description="The connection's handle, such as `my-notion`.")]


@router.get("/connections", summary="List the connections", responses=problems(401, 503))
async def list_all(services: Shared) -> list[ConnectionView]:
    """List every connection by handle. Tokens are never shown."""
    return [connection_view(item) for item in await (await services.vault()).connections.list()]


@router.get("/connections/{handle}", summary="Get a connection", responses=problems(401, 404, 503))
async def get(handle: Handle, services: Shared) -> ConnectionView:
    """Tell what the connection reaches, and whether it is good."""
    return connection_view(await (await services.vault()).connections.get(handle))


@router.delete(
    "/connections/{handle}", summary="Delete a connection", status_code=204, responses=problems(401, 403, 404, 503)
)
async def delete(handle: Handle, services: Shared) -> Response:
    """Forget the connection and its tokens. Runs that use it fail at their next call of it."""
    await (await services.vault()).connections.delete(handle)
    return Response(status_code=204)
