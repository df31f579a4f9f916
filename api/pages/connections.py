"""The pages of connections that there are: list, test, reconnect, delete."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.connect import client_of, depart, leading_to
from api.pages.connections_view import card_of, cards_of
from api.problems import TemporalUnavailable, WorkerUnavailable
from api.rendering import render
from api.services import Services, Shared
from api.trying import try_connection
from api.views import owner_of
from steps.connection_tasks import Tested
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
    """Have a worker test the connection, and show what came of it: a page, or for htmx what changes of its card."""
    connection = await (await services.vault()).connections.get(handle)
    in_place = request.headers.get("HX-Request") == "true"
    try:
        outcome = await try_connection(await services.temporal(), services.settings.task_queue, connection)
    except (WorkerUnavailable, TemporalUnavailable) as error:
        if not in_place:
            raise
        outcome = Tested(ok=False, type=error.type, message=str(error))
    if not in_place:
        return await _list(request, services, tested=handle, outcome=outcome)
    after = await (await services.vault()).connections.get(handle)
    return render("connection_tested.html", request.scope, card=card_of(services, after), outcome=outcome)


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
    outcome: Tested | None = None,
) -> Response:
    connections = (await services.vault()).connections
    items = await connections.list()
    known = {item.handle: item for item in items}
    going = known.get(deleted)
    return render(
        "connections.html",
        request.scope,
        cards=cards_of(services, items),
        title_of=services.registrations.title,
        connected=connected if connected in known else None,
        connected_to=known[connected].provider if connected in known else None,
        going=deleted if going is not None and going.deleting_at is not None else None,
        gone=await connections.deletions.last(deleted) if deleted and going is None else None,
        tested=card_of(services, known[tested]) if tested in known else None,
        outcome=outcome,
        replacing=False,
    )
