from __future__ import annotations

from collections.abc import Sequence

import httpx

from vault.connection import Tokens
from vault.registrations import Registration


def revocations(registration: Registration, tokens: Tokens) -> list[httpx.Request]:
    """Return the requests that end an authorization at its provider (RFC 7009); none where it takes none.

    The refresh token comes first: to revoke it ends the whole grant. The access token is named as well, for not every
    provider takes it along. An authorization that has ended already is no error to either.
    """
    url = registration.provider.revoke_url
    if url is None:
        return []
    named = [(tokens.refresh, "refresh_token"), (tokens.access, "access_token")]
    requests: list[httpx.Request] = []
    for token, hint in named:
        if token is None:
            continue
        fields = {"token": token.reveal()}
        if registration.provider.token_format == "form":  # noqa: S105 -- a format, no password
            fields["token_type_hint"] = hint
        requests.append(registration.request(url, fields))
    return requests


def was_revoked(statuses: Sequence[int]) -> bool:
    """Tell from the statuses of the answers, in the order of the requests, whether the authorization has ended.

    The first one decides: what is refused of the second has ended with the first.
    """
    return bool(statuses) and 200 <= statuses[0] < 300


def may_change(status: int) -> bool:
    """Tell whether the same request may be answered otherwise later."""
    return status in (408, 425, 429) or status >= 500
