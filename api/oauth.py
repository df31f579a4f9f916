"""The two ends of an OAuth authorization: the address that the browser is sent to, and the exchange of its code."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

import httpx

from api.oauth_problems import ProviderNotConfigured, ProviderRefused, ProviderUnreachable
from settings import Settings
from steps.parts import parse_object
from vault import providers
from vault.connection import Account, Tokens
from vault.providers import Provider
from vault.secret import Secret

logger = logging.getLogger("api")

_LARGEST_ANSWER = 65_536
_LONGEST_SECONDS = 15.0
_LONGEST_TEXT = 200
_LONGEST_TOKEN = 4096
_AGAIN = "Nothing was stored. Start the connection again."


@dataclass(frozen=True)
class OAuthClient:
    """This deployment's registration at a provider."""

    provider: Provider
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str

    def authorize_url(self, state: str) -> str:
        """Return where the browser gives its consent."""
        query = {"client_id": self.client_id, "redirect_uri": self.redirect_uri, **self.provider.authorize_params}
        return f"{self.provider.authorize_url}?{urlencode(query | {'state': state})}"

    async def exchange(self, http: httpx.AsyncClient, code: str) -> tuple[Account, Tokens]:
        """Return what the code stands for; the code is used up.

        Raises:
            ProviderRefused: the provider answered with an error.
            ProviderUnreachable: there was no answer, or none that can be read.
        """
        title = self.provider.title
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                status, body = await self._post(http, code)
        except (httpx.HTTPError, TimeoutError) as error:
            # Its type alone: the text of some of these holds what was sent.
            logger.warning("The token end point of %s did not answer: %s", title, type(error).__name__)
            raise ProviderUnreachable(f"{title} did not answer. {_AGAIN}") from None
        answer = parse_object(body) or {}
        if status != 200:
            raise _refused(title, status, answer)
        return self._grant(answer)

    async def _post(self, http: httpx.AsyncClient, code: str) -> tuple[int, bytes]:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        as_json = self.provider.token_format == "json"  # noqa: S105  # a format, not a token
        request = http.build_request(
            "POST",
            self.provider.token_url,
            headers={**self.provider.token_headers, "Accept": "application/json", "Accept-Encoding": "identity"},
            json=fields if as_json else None,
            data=None if as_json else fields,
        )
        auth = httpx.BasicAuth(self.client_id, self.client_secret)
        response = await http.send(request, auth=auth, stream=True, follow_redirects=False)
        try:
            return response.status_code, await self._read(response)
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        # As they come over the wire: a compressed answer could unfold to any size.
        body = b""
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > _LARGEST_ANSWER:
                raise ProviderUnreachable(f"{self.provider.title}'s answer is too large to be one. {_AGAIN}")
        return body

    def _grant(self, answer: dict[str, Any]) -> tuple[Account, Tokens]:
        access, refresh, account = answer.get("access_token"), answer.get("refresh_token"), answer.get("bot_id")
        whole = _is_token(access) and (refresh is None or _is_token(refresh)) and isinstance(account, str) and account
        if not whole:
            raise ProviderUnreachable(f"{self.provider.title}'s answer lacks a token or an account. {_AGAIN}")
        owner = answer.get("owner")
        return (
            Account(
                id=str(account),
                workspace_id=_text(answer.get("workspace_id")),
                workspace_name=_text(answer.get("workspace_name")),
                workspace_icon=_text(answer.get("workspace_icon"), 2000),
                owner=cast("dict[str, Any]", owner) if isinstance(owner, dict) else None,
            ),
            Tokens(access=Secret(str(access)), refresh=Secret(str(refresh)) if refresh is not None else None),
        )


def oauth_client(settings: Settings, name: str) -> OAuthClient | None:
    """Return the registration at the provider of this name, or None when there is no such provider.

    Raises:
        ProviderNotConfigured: its client id or secret is not set.
    """
    if name != "notion":
        return None
    client_id, secret = settings.notion_client_id, settings.notion_client_secret
    if not client_id or secret is None or not secret.get_secret_value():
        raise ProviderNotConfigured(
            "Create a public connection in Notion's developer settings with the redirect URI "
            f"{redirect_uri(settings, name)}, set STEPS_NOTION_CLIENT_ID and STEPS_NOTION_CLIENT_SECRET, "
            "and start the API again."
        )
    return OAuthClient(
        providers.notion(settings.notion_origin), client_id, secret.get_secret_value(), redirect_uri(settings, name)
    )


def redirect_uri(settings: Settings, name: str) -> str:
    """Return where the provider sends the browser back to: from the settings, whatever the request's Host says."""
    return f"{settings.public_url}/oauth/callback/{name}"


def bounded(text: str) -> str:
    """Return a text from outside as one short printable line."""
    printable = "".join(character if character.isprintable() else " " for character in text[: _LONGEST_TEXT + 1])
    return printable if len(printable) <= _LONGEST_TEXT else printable[:_LONGEST_TEXT] + "…"


def _refused(title: str, status: int, answer: dict[str, Any]) -> ProviderRefused:
    # RFC 6749's members, or those of Notion's own errors. Never the whole answer, which may repeat the code.
    code = bounded(str(answer.get("error") or answer.get("code") or f"status {status}"))
    logger.warning("The token end point of %s refused a code: %s", title, code)
    return ProviderRefused(f"{title} refused the connection ({code}). {_advice(code)}", provider_code=code)


def _advice(code: str) -> str:
    if code in ("invalid_client", "unauthorized_client"):
        return "Check STEPS_NOTION_CLIENT_ID and STEPS_NOTION_CLIENT_SECRET."
    if code == "invalid_grant":
        return (
            "The code was used or too old, or the redirect URI is not the registered one. Start the connection again."
        )
    return _AGAIN


def _is_token(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TOKEN and value.isascii() and value.isprintable()


def _text(value: object, longest: int = 500) -> str | None:
    return value[:longest] if isinstance(value, str) else None
