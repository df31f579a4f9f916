"""The API: `uvicorn api.app:create_app --factory`, with `--no-access-log`, for it writes its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles
from temporalio.client import Client

from api import (
    answers,
    callback,
    codec,
    connect,
    connections,
    documented,
    health,
    hooks,
    keys,
    notion_events,
    oidc_signin,
    resume,
    runs,
    schedules,
    sessions,
    signin,
    triggers,
    variables,
    webhooks,
    workflows,
)
from api.access_log import AccessLog
from api.auth import SignInNeeded, to_sign_in
from api.body_limit import BodyLimit
from api.codec_cors import CodecCors
from api.cross_site import CrossSite
from api.declared import check_declared
from api.failures import Failures
from api.pages import connections as connection_pages
from api.pages import docs, home, run_list
from api.pages import keys as key_pages
from api.pages import run as run_page
from api.pages import schedules as schedule_pages
from api.pages import variables as variable_pages
from api.pages import workflows as workflow_pages
from api.security_headers import SecurityHeaders
from api.services import Services
from api.stopping import beside, told_to_stop
from api.telling import keep_checks
from settings import Settings, origin_of, read_settings
from telemetry.families import OF_THE_API
from telemetry.recording import recording
from vault.provider_errors import ProvidersFileInvalid
from vault.vault import Vault

_ROOMS = (
    health,
    runs,
    schedules,
    workflows,
    connections,
    webhooks,
    variables,
    keys,
    sessions,
    triggers,
    hooks,
    notion_events,
    resume,
    oidc_signin,  # before `signin`, for a code may be `openid`
    signin,
    connection_pages,  # before `connect`, for a handle may be `add`
    connect,
    callback,
    codec,
    home,
    run_list,
    run_page,  # after it, for whatever follows /runs/ may be a run's id
    workflow_pages,
    schedule_pages,
    variable_pages,
    key_pages,
    docs,
)


def create_app(
    settings: Settings | None = None,
    *,
    client: Client | None = None,
    vault: Vault | None = None,
    provider_http: httpx.AsyncClient | None = None,
) -> FastAPI:
    """Return the application. What is passed in stays the caller's to close; the rest is opened when needed."""
    settings = settings or read_settings()
    try:
        services = Services(settings, client=client, vault=vault, provider_http=provider_http)
    except ProvidersFileInvalid as error:
        raise SystemExit(str(error)) from None
    telling = ExitStack()
    # Here, where what ends the process says why and no more.
    telling.enter_context(recording(settings, OF_THE_API, "durable-steps-api"))
    temporal_ui = origin_of(settings.temporal_ui_url) if settings.payload_keys_text.strip() else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        with telling:
            async with services, beside(keep_checks(services)):
                with told_to_stop(services.feeds.close):
                    yield

    app = FastAPI(
        title="Durable Steps",
        version="1",
        description=documented.DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own page loads scripts from elsewhere; /docs is ours
        redoc_url=None,
        redirect_slashes=False,  # it would build the address from the Host header
        middleware=[
            Middleware(AccessLog),
            Middleware(SecurityHeaders, secure=settings.secure),
            Middleware(Failures),
            Middleware(CodecCors, path=codec.PATH, origin=temporal_ui),
            Middleware(
                BodyLimit, limit=settings.max_body_bytes, larger={codec.PATH: codec.MAX_BYTES} if temporal_ui else {}
            ),
            Middleware(CrossSite, public_url=settings.public_url, shared_path=codec.PATH, shared_with=temporal_ui),
        ],
    )
    app.state.services = services
    app.state.routes = [route for room in _ROOMS for route in room.router.routes]
    answers.install(app)
    documented.install(app)
    app.add_exception_handler(SignInNeeded, to_sign_in)
    # The routes as the rooms made them: to include their routers would make each once more, 0.2 s in all.
    app.router.routes.extend(app.state.routes)
    check_declared(app.routes)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    return app
