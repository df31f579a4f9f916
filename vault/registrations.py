from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote_plus

import httpx

from vault.key_settings import Hidden
from vault.provider_file import read_provider_file
from vault.providers import Provider, notion
from vault.secret import Secret


class ProviderSettings(Protocol):
    """What the settings of the product say of providers; the vault does not know them otherwise."""

    @property
    def providers_file(self) -> Path | None:
        """The file of providers."""
        ...

    @property
    def notion_client_id(self) -> str | None:
        """The client id at Notion."""
        ...

    @property
    def notion_client_secret(self) -> Hidden | None:
        """The client secret at Notion."""
        ...

    @property
    def notion_origin(self) -> str:
        """Where Notion is, or its stand-in."""
        ...


@dataclass(frozen=True)
class Registration:
    """This deployment's registration at a provider."""

    provider: Provider
    client_id: str
    client_secret: Secret = field(repr=False)

    def request(self, url: str, fields: dict[str, str]) -> httpx.Request:
        """Return the POST of these fields to one of the provider's own end points, in the client's name."""
        provider, secret = self.provider, self.client_secret.reveal()
        headers = {**provider.token_headers, "Accept": "application/json", "Accept-Encoding": "identity"}
        if provider.client_auth == "post":
            fields = {**fields, "client_id": self.client_id, "client_secret": secret}
        if provider.token_format == "json":  # noqa: S105 -- a format, no password
            request = httpx.Request("POST", url, headers=headers, json=fields)
        else:
            request = httpx.Request("POST", url, headers=headers, data=fields)
        if provider.client_auth == "post":
            return request
        # Encoded as a form is (RFC 6749, 2.3.1): a colon in an id would end it.
        basic = httpx.BasicAuth(quote_plus(self.client_id), quote_plus(secret))
        return next(basic.sync_auth_flow(request))


class Registrations:
    """The providers that this deployment knows: Notion, and those of the file."""

    def __init__(self, settings: ProviderSettings) -> None:
        """Read them.

        Raises:
            ProvidersFileInvalid: the file cannot be used.
        """
        built_in = notion(settings.notion_origin)
        self._providers = {built_in.name: built_in}
        self._registered: dict[str, Registration] = {}
        id, secret = settings.notion_client_id, settings.notion_client_secret
        if id and secret is not None and secret.get_secret_value():
            self._registered["notion"] = Registration(built_in, id, Secret(secret.get_secret_value()))
        if settings.providers_file is not None:
            for name, (provider, client_id, text) in read_provider_file(settings.providers_file).items():
                self._providers[name] = provider
                self._registered[name] = Registration(provider, client_id, Secret(text))

    def all(self) -> list[Provider]:
        """Return every provider, the built-in one first."""
        return list(self._providers.values())

    def provider(self, name: str) -> Provider | None:
        """Return the provider of this name, whether this deployment is registered there or not."""
        return self._providers.get(name)

    def title(self, name: str) -> str:
        """Return what people call the provider of this name, also of one that is known no longer."""
        provider = self._providers.get(name)
        return name.capitalize() if provider is None else provider.title

    def get(self, name: str) -> Registration | None:
        """Return the registration at the provider of this name."""
        return self._registered.get(name)


def where_registered(name: str) -> str:
    """Return where the client id and secret of a provider are set."""
    return (
        "STEPS_NOTION_CLIENT_ID and STEPS_NOTION_CLIENT_SECRET"
        if name == "notion"
        else f"client_id and the client secret of [providers.{name}] in STEPS_PROVIDERS_FILE"
    )
