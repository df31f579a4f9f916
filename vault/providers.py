from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

NOTION_VERSION = "2026-03-11"


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Provider:
    """Describe a provider of OAuth connections: where its end points are, and where its tokens may go."""

    name: str
    title: str
    authorize_url: str
    token_url: str
    revoke_url: str | None
    hosts: tuple[str, ...]
    """The exact hosts that a token of this provider may be sent to, over https."""
    authorize_params: Mapping[str, str] = field(default_factory=_nothing)
    token_format: Literal["json", "form"] = "form"  # noqa: S105 -- the body's format, no password
    token_headers: Mapping[str, str] = field(default_factory=_nothing)
    """Headers that the token and revoke end points want besides the client's own authorization."""
    test_url: str | None = None
    """Where a GET with the token tells, without doing anything, whether it is taken; on one of the hosts."""


def notion(origin: str = "https://api.notion.com") -> Provider:
    """Describe Notion.

    Another origin moves the OAuth end points alone (to a stand-in); tokens still go to `api.notion.com` only.
    """
    oauth = f"{origin.rstrip('/')}/v1/oauth"
    return Provider(
        name="notion",
        title="Notion",
        authorize_url=f"{oauth}/authorize",
        token_url=f"{oauth}/token",
        revoke_url=f"{oauth}/revoke",
        hosts=("api.notion.com",),
        authorize_params=MappingProxyType({"owner": "user", "response_type": "code"}),
        token_format="json",  # noqa: S106 -- the body's format, no password
        token_headers=MappingProxyType({"Notion-Version": NOTION_VERSION}),
        test_url="https://api.notion.com/v1/users/me",
    )
