from __future__ import annotations

from collections.abc import Sequence

import httpx

from vault.connection import Tokens
from vault.providers import Provider
from vault.secret import Secret


def revocations(provider: Provider, client: httpx.BasicAuth, tokens: Tokens) -> list[httpx.Request]:
    """Return the requests that end an authorization at its provider (RFC 7009); none where it takes none.

    The refresh token comes first: to revoke it ends the whole grant. The access token is named as well, for not every
    provider takes it along. An authorization that has ended already is no error to either.
    """
    if provider.revoke_url is None:
        return []
    named = [(tokens.refresh, "refresh_token"), (tokens.access, "access_token")]
    return [_request(provider, provider.revoke_url, client, token, hint) for token, hint in named if token is not None]


def was_revoked(statuses: Sequence[int]) -> bool:
    """Tell from the statuses of the answers, in the order of the requests, whether the authorization has ended.

    The first one decides: what is refused of the second has ended with the first.
    """
    return bool(statuses) and 200 <= statuses[0] < 300


def may_change(status: int) -> bool:
    """Tell whether the same request may be answered otherwise later."""
    return status in (408, 425, 429) or status >= 500


def _request(provider: Provider, url: str, client: httpx.BasicAuth, token: Secret, hint: str) -> httpx.Request:
    as_json = provider.token_format == "json"  # noqa: S105 -- a format, no password
    request = httpx.Request(
        "POST",
        url,
        headers={**provider.token_headers, "Accept": "application/json"},
        json={"token": token.reveal()} if as_json else None,
        data=None if as_json else {"token": token.reveal(), "token_type_hint": hint},
    )
    return next(client.auth_flow(request))
