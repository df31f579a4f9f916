"""The page of the API's operations."""

from __future__ import annotations

import contextlib

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import current_session, public
from api.openapi_page import sections
from api.rendering import render
from api.services import Shared
from vault import VaultError

router = APIRouter(include_in_schema=False)


@router.get("/docs", dependencies=[public("The operations are no secret.")], summary="Show the operations of the API")
async def docs(request: Request, services: Shared) -> Response:
    """Show the OpenAPI document as a page, to everybody; whoever is signed in keeps the menu."""
    with contextlib.suppress(VaultError):
        await current_session(request, services)
    return render("docs.html", request.scope, sections=sections(request.app.openapi(), services.settings.public_url))
