from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

NOTION_VERSION = "2026-03-11"


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True)
class AccountRule:
    """Say how the account is learnt that an authorization is for; each path leads into JSON, its names apart by dots.

    The JSON is the answer of the token end point, the claims of its `id_token`, or what a GET of `url` answers.
    """

    source: Literal["token", "id_token", "userinfo"]
    id: str
    """Leads to what names the account for good, a text or a number."""
    label: str | None = None
    """Leads to what people call it."""
    url: str | None = None
    workspace_id: str | None = None
    icon: str | None = None
    owner: str | None = None


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
    account: AccountRule
    scopes: tuple[str, ...] = ()
    authorize_params: Mapping[str, str] = field(default_factory=_nothing)
    """Parameters of the consent page besides the protocol's own."""
    pkce: bool = True
    """Send a challenge (RFC 7636, S256), so that a stolen code is worth nothing elsewhere."""
    issuer: str | None = None
    """What the provider calls itself in `iss` (RFC 9207) and in its id tokens."""
    iss_required: bool = False
    """Refuse an answer of the consent page without `iss`."""
    token_format: Literal["json", "form"] = "form"  # noqa: S105 -- the body's format, no password
    client_auth: Literal["basic", "post"] = "basic"
    """Where the client id and secret stand in calls of the token end point: in a header, or in the body."""
    token_headers: Mapping[str, str] = field(default_factory=_nothing)
    """Headers that the token and revoke end points want besides the client's own authorization."""
    refresh: Literal["on_401", "by_expiry"] = "by_expiry"
    """Refresh when a call is answered with 401, or ahead of the time that the provider names, too."""
    test_url: str | None = None
    """Where a GET with the token tells, without doing anything, whether it is taken; on one of the hosts."""
    stand_ins: Mapping[str, str] = field(default_factory=_nothing)
    """For a host, the origin on this machine that takes its calls."""


def notion(origin: str = "https://api.notion.com") -> Provider:
    """Describe Notion.

    Another origin moves the OAuth end points and the calls to a stand-in; a token is for `api.notion.com` all the same.
    """
    origin = origin.rstrip("/")
    oauth = f"{origin}/v1/oauth"
    return Provider(
        name="notion",
        title="Notion",
        authorize_url=f"{oauth}/authorize",
        token_url=f"{oauth}/token",
        revoke_url=f"{oauth}/revoke",
        hosts=("api.notion.com",),
        account=AccountRule(
            "token",
            id="bot_id",
            label="workspace_name",
            workspace_id="workspace_id",
            icon="workspace_icon",
            owner="owner",
        ),
        authorize_params=MappingProxyType({"owner": "user"}),
        pkce=False,  # Notion has no place for it
        token_format="json",  # noqa: S106 -- the body's format, no password
        token_headers=MappingProxyType({"Notion-Version": NOTION_VERSION}),
        refresh="on_401",
        test_url="https://api.notion.com/v1/users/me",
        stand_ins=_nothing() if origin == "https://api.notion.com" else MappingProxyType({"api.notion.com": origin}),
    )
