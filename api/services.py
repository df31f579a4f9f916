from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Annotated, Self

import httpx
from fastapi import Depends, Request
from temporalio.client import Client

import temporal
from api.addresses import Addresses
from api.attempts import Attempts
from api.earlier_rows import EarlierRows
from api.feeds import Feeds, Pace
from api.giving import read_given
from api.openid import OpenIdProvider
from api.pace import DeliveryPace
from api.problems import TemporalUnavailable
from api.recent_calls import RecentCalls
from api.waiting_runs import WaitingRuns
from settings import Settings
from steps.discovery import Discovered, discover
from steps.given import Given
from vault.errors import VaultUnavailable
from vault.opening import open_signer, open_vault
from vault.registrations import Registrations
from vault.signing import Signer
from vault.vault import Vault

logger = logging.getLogger("api")

_PROVIDER_TIMEOUT = httpx.Timeout(10.0, connect=5.0)


class Services:
    """What the routes work with. The vault and Temporal are opened when first needed, and again after a failure."""

    def __init__(
        self,
        settings: Settings,
        *,
        client: Client | None = None,
        vault: Vault | None = None,
        provider_http: httpx.AsyncClient | None = None,
    ) -> None:
        self.settings = settings
        self.registrations = Registrations(settings)
        self.workflows: Discovered = discover(settings.workflows_dir)
        self._client = client
        self._vault = vault
        self._signer: Signer | None = None
        self._provider_http = provider_http
        self._opening = asyncio.Lock()
        self._owned = AsyncExitStack()
        self.waiting_runs = WaitingRuns(self.temporal, settings.task_queue)
        self.openid = OpenIdProvider(settings, lambda: self.provider_http) if settings.oidc_issuer else None
        self.attempts = Attempts(settings.failed_sign_ins_per_minute)
        self.deliveries = DeliveryPace(settings.deliveries_per_minute)
        self.addresses = Addresses(self.vault)
        self.feeds = Feeds()
        self.live_pace = Pace()
        self.earlier_rows = EarlierRows()
        self.recent_calls = RecentCalls()

    async def __aenter__(self) -> Self:
        try:
            await self.vault()
        except Exception as error:
            # The API starts all the same: /readyz tells, and each request tries again.
            logger.warning("The vault is not open: %s", error)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.feeds.close()
        await self.waiting_runs.close()
        await self._owned.aclose()

    async def vault(self) -> Vault:
        """Return the open vault; raises VaultError when it cannot be opened."""
        if self._vault is None:
            async with self._opening:
                if self._vault is None:
                    self._vault = await self._open_vault()
        return self._vault

    async def given(self, workflow: str) -> Given | None:
        """Return what a run of the workflow is started with."""
        return await read_given(workflow, self.vault, lambda: self.signer)

    async def temporal(self) -> Client:
        """Return the Temporal client, which connects at its first call."""
        if self._client is None:
            async with self._opening:
                if self._client is None:
                    self._client = await _connect()
        return self._client

    @property
    def signer(self) -> Signer:
        """The key that trigger addresses are signed with."""
        if self._signer is None:
            settings = self.settings
            text = settings.signing_key.get_secret_value() if settings.signing_key else None
            self._signer = open_signer(text, settings.signing_key_file or settings.data_dir / "signing.key")
        return self._signer

    @property
    def provider_http(self) -> httpx.AsyncClient:
        """The HTTP client for the token end points of OAuth providers."""
        if self._provider_http is None:
            # No redirect and no proxy of the environment: the client secret goes to the provider alone.
            client = httpx.AsyncClient(timeout=_PROVIDER_TIMEOUT, follow_redirects=False, trust_env=False)
            self._owned.push_async_callback(client.aclose)
            self._provider_http = client
        return self._provider_http

    async def _open_vault(self) -> Vault:
        settings = self.settings
        text = settings.master_key.get_secret_value() if settings.master_key else None
        path = settings.master_key_file or settings.data_dir / "master.key"
        try:
            vault = await open_vault(settings.vault_url, text, path, settings, may="seal")
        except OSError as error:
            raise VaultUnavailable(f"The vault cannot be opened: {error.strerror}.") from error
        self._owned.push_async_callback(vault.close)
        return vault


async def _connect() -> Client:
    try:
        return await temporal.connect(lazy=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise TemporalUnavailable(f"Temporal's configuration cannot be used: {error}") from error


def services_of(request: Request) -> Services:
    """Return the services of the application that the request came to."""
    services: Services = request.app.state.services
    return services


Shared = Annotated[Services, Depends(services_of)]
