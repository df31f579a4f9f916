"""The pages of connections that there are: list, test, reconnect, delete."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.connect import client_of, depart, leading_to
from api.connection_uses import uses_of
from api.rendering import render
from api.services import Services, Shared
from api.trying import try_connection
from api.views import owner_of
from vault.connection import Connection
from vault.connection_errors import ConnectionBeingDeleted
from vault.sessions import Session

router = APIRouter(include_in_schema=False)


@router.get("/connections", dependencies=[page_needs("read")], summary="Show the OAuth connections")
async def show_all(
    request: Request,
    services: Shared,
    connected: Annotated[str, Query()] = "",
    deleted: Annotated[str, Query()] = "",
) -> Response:
    """Show every connection, and which one was just made or deleted."""
    return await _list(request, services, connected=connected, deleted=deleted)


@router.post("/connections/{handle}/test", dependencies=[page_needs("operate")], summary="Test a connection")
async def test(request: Request, handle: str, services: Shared) -> Response:
    """Have a worker test the connection, and show what came of it."""
    connection = await (await services.vault()).connections.get(handle)
    tested = await try_connection(await services.temporal(), services.settings.task_queue, connection)
    return await _list(request, services, tested=handle, outcome=tested)


@router.get(
    "/connections/{handle}/reconnect",
    dependencies=[page_needs("operate")],
    summary="Show how to reconnect a connection",
)
async def show_reconnect(request: Request, handle: str, services: Shared) -> Response:
    """Say which account to choose, and lead to the provider."""
    connection = await _living(services, handle)
    client = client_of(services, connection.provider)
    headers = leading_to(client)
    return render(
        "connection_reconnect.html",
        request.scope,
        headers=headers,
        connection=connection,
        provider=client.provider,
        owner=owner_of(connection),
    )


@router.post("/connections/{handle}/reconnect", summary="Reconnect a connection")
async def reconnect(handle: str, session: Annotated[Session, page_needs("operate")], services: Shared) -> Response:
    """Send the browser to the provider; what it brings back is for this connection and for its account alone."""
    connection = await _living(services, handle)
    client = client_of(services, connection.provider)
    return await depart(services, session, client, connection.handle, connection=connection.id)


@router.post("/connections/{handle}/delete", dependencies=[page_needs("admin")], summary="Delete a connection")
async def delete(handle: str, services: Shared) -> Response:
    """Let nothing use the connection any more, and show what becomes of it."""
    await (await services.vault()).connections.deletions.begin(handle)
    return RedirectResponse(f"/connections?{urlencode({'deleted': handle})}", 303)


async def _living(services: Services, handle: str) -> Connection:
    connection = await (await services.vault()).connections.get(handle)
    if connection.deleting_at is not None:
        raise ConnectionBeingDeleted(connection.handle)
    return connection


async def _list(
    request: Request,
    services: Services,
    *,
    connected: str = "",
    deleted: str = "",
    tested: str = "",
    outcome: Any = None,
) -> Response:
    connections = (await services.vault()).connections
    items = await connections.list()
    known = {item.handle: item for item in items}
    going = known.get(deleted)
    return render(
        "connections.html",
        request.scope,
        connections=items,
        title_of=services.registrations.title,
        owners={item.handle: owner_of(item) for item in items},
        uses={item.handle: uses_of(services, item.handle) for item in items},
        connected=connected if connected in known else None,
        going=deleted if going is not None and going.deleting_at is not None else None,
        gone=await connections.deletions.last(deleted) if deleted and going is None else None,
        tested=known.get(tested),
        outcome=outcome,
    )
