"""The JSON API of OAuth connections."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.auth import BEARER, needs
from api.documented import problems
from api.services import Shared
from api.trying import try_connection
from api.views import ConnectionView, DeletionView, TrialView, connection_view, deletion_view

router = APIRouter(prefix="/api/v1", tags=["Connections"], dependencies=[BEARER])

Handle = Annotated[str, Path(description="The connection's handle, such as `my-notion`.")]


@router.get("/connections", dependencies=[needs("read")], summary="List the connections", responses=problems(401, 503))
async def list_all(services: Shared) -> list[ConnectionView]:
    """List every connection by handle. Tokens are never shown."""
    return [connection_view(item) for item in await (await services.vault()).connections.list()]


@router.get(
    "/connections/{handle}", dependencies=[needs("read")], summary="Get a connection", responses=problems(401, 404, 503)
)
async def get(handle: Handle, services: Shared) -> ConnectionView:
    """Tell what the connection reaches, and whether it is good."""
    return connection_view(await (await services.vault()).connections.get(handle))


@router.post(
    "/connections/{handle}/test",
    dependencies=[needs("operate")],
    summary="Test a connection",
    responses=problems(401, 403, 404, "worker-unavailable", "vault-unavailable"),
)
async def test(handle: Handle, services: Shared) -> TrialView:
    """Have a worker make a call that does nothing, and tell what the provider said; within 15 seconds."""
    connections = (await services.vault()).connections
    connection = await connections.get(handle)
    tested = await try_connection(await services.temporal(), services.settings.task_queue, connection)
    view = connection_view(await connections.get(handle))
    return TrialView(ok=tested.ok, connection=view, problem=tested.type, message=tested.message)


@router.delete(
    "/connections/{handle}",
    dependencies=[needs("admin")],
    summary="Delete a connection",
    status_code=202,
    responses=problems(401, 403, 404, 503),
)
async def delete(handle: Handle, services: Shared) -> DeletionView:
    """Let nothing use the connection from now on. A worker revokes it at its provider, and then deletes its tokens.

    Runs that use it fail at their next call of it. To delete it again is no error, until it is gone.
    """
    return deletion_view(await (await services.vault()).connections.deletions.begin(handle))
