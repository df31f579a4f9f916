"""What becomes of an authorization that a person has given: stored, or given back."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx

from api.oauth import OAuthClient
from api.services import Services
from vault.connection import Account, Connection, Tokens
from vault.connection_errors import AccountDiffers, ConnectionBeingDeleted
from vault.errors import AccountAlreadyConnected, ConnectionUnknown, HandleTaken, VaultError
from vault.revoking import revocations, was_revoked

logger = logging.getLogger("api")

_LONGEST_SECONDS = 10.0


async def keep_authorization(
    services: Services, client: OAuthClient, attempt: dict[str, Any], account: Account, tokens: Tokens
) -> Connection:
    """Store what the authorization gave, and let the runs go on that waited for it.

    One that nothing here uses is given back: revoked, where the provider takes that, before it is refused.

    Raises:
        HandleTaken, ConnectionUnknown, ConnectionBeingDeleted: nothing was stored.
        AccountDiffers, AccountAlreadyConnected: it was for a connection that has the account, or for none.
    """
    vault = await services.vault()
    handle, id = attempt["handle"], attempt.get("connection")
    try:
        if id is None:
            saved = await vault.connections.save(handle, client.provider.name, account, tokens)
        else:
            saved = await vault.connections.reconnect(id, handle, client.provider.name, account, tokens)
    except AccountAlreadyConnected as error:
        services.waiting_runs.tell(error.handle)  # that one has the new pair
        raise
    except AccountDiffers as error:
        if error.other is None:
            raise await _given_back(services, client, tokens, error) from None
        services.waiting_runs.tell(error.other)  # as above
        raise
    except (HandleTaken, ConnectionBeingDeleted) as error:
        raise await _given_back(services, client, tokens, error) from None
    except ConnectionUnknown as error:
        error.args = (f'"{handle}" was deleted meanwhile, so that nothing was stored. Add the connection anew.',)
        raise await _given_back(services, client, tokens, error) from None
    services.waiting_runs.tell(saved.handle)
    return saved


async def _given_back(services: Services, client: OAuthClient, tokens: Tokens, error: VaultError) -> VaultError:
    """Revoke an authorization that nothing uses, and return the error that also says what became of it."""
    title = client.provider.title
    if await _revoke(services.provider_http, client, tokens):
        told = f"The new authorization has been revoked at {title}."
    else:
        told = f"The new authorization could not be revoked: it stays at {title} until you remove it there."
    error.args = (f"{error} {told}",)
    return error


async def _revoke(http: httpx.AsyncClient, client: OAuthClient, tokens: Tokens) -> bool:
    statuses: list[int] = []
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            for request in revocations(client.registration, tokens):
                response = await http.send(request, stream=True, follow_redirects=False)  # its status is enough
                statuses.append(response.status_code)
                await response.aclose()
    except (httpx.HTTPError, TimeoutError) as error:
        # Its type alone: the text of some of these holds what was sent.
        logger.warning("The revoke end point of %s did not answer: %s", client.provider.title, type(error).__name__)
    return was_revoked(statuses)
