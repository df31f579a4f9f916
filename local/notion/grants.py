from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.notion.errors import OAuthError
from local.notion.objects import Bot, new_id

CODE_LIFETIME = timedelta(minutes=10)


@dataclass
class Code:
    """Hold what a person allowed until the application exchanges it."""

    bot: Bot
    redirect_uri: str
    shared: set[str]
    issued_at: datetime


@dataclass
class Grant:
    """Hold one authorization and its current pair of tokens."""

    id: str
    bot: Bot
    access_token: str
    refresh_token: str
    issued_at: datetime


class Grants:
    """Issue, rotate and revoke tokens as strictly as any account of Notion's behaviour has it."""

    def __init__(self, token_prefix: str, clock: Callable[[], datetime], *, replay_revokes: bool = False) -> None:
        self._prefix = token_prefix
        self._clock = clock
        self._replay_revokes = replay_revokes
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._spent: dict[str, Grant] = {}

    def allow(self, bot: Bot, redirect_uri: str, shared: set[str]) -> str:
        """Return a code for what the person allowed; nothing is shared before it is exchanged."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(bot, redirect_uri, shared, self._clock())
        return code

    def exchange(self, code: str, redirect_uri: str | None) -> Grant:
        """Exchange a code, once, within ten minutes, by whoever names the same redirect URI."""
        found = self._codes.pop(code, None)
        if found is None:
            raise OAuthError(400, "invalid_grant", "Invalid code.")
        if self._clock() - found.issued_at > CODE_LIFETIME:
            raise OAuthError(400, "invalid_grant", "The code has expired.")
        if redirect_uri != found.redirect_uri:
            raise OAuthError(400, "invalid_grant", "The redirect_uri does not match the one of the authorization.")
        found.bot.shared = set(found.shared)
        found.bot.hidden.clear()
        return self.issue(found.bot)

    def issue(self, bot: Bot) -> Grant:
        """Mint a fresh pair; an older refresh token of the same bot dies, its access token lives on."""
        for token, older in list(self._refresh.items()):
            if older.bot is bot:
                self._spent[token] = self._refresh.pop(token)
        grant = Grant(new_id(), bot, "", "", self._clock())
        return self._mint(grant)

    def refresh(self, token: str) -> Grant:
        """Rotate both tokens; the older pair is dead at once."""
        grant = self._refresh.pop(token, None)
        if grant is None:
            self._replay(token)
            raise OAuthError(400, "invalid_grant", "Invalid refresh token.")
        self._spent[token] = grant
        self._access.pop(grant.access_token, None)
        return self._mint(grant)

    def revoke(self, token: str) -> None:
        """Revoke the grant that a token belongs to; an unknown token is no error (RFC 7009)."""
        grant = self._access.get(token) or self._refresh.get(token)
        if grant is not None:
            self._end(grant)

    def find(self, token: str) -> Grant | None:
        """Return the grant that a live access or refresh token belongs to."""
        return self._access.get(token) or self._refresh.get(token)

    def bearer(self, token: str) -> Bot | None:
        """Return the bot that a live access token speaks for."""
        grant = self._access.get(token)
        return None if grant is None else grant.bot

    def expire(self) -> int:
        """End every access token and keep the refresh tokens; return how many ended."""
        count = len(self._access)
        self._access.clear()
        return count

    def revoke_all(self) -> int:
        """Revoke every grant, as the person would on Notion's own pages; return how many."""
        grants = {id(grant): grant for grant in (*self._access.values(), *self._refresh.values())}
        for grant in grants.values():
            self._end(grant)
        return len(grants)

    def _mint(self, grant: Grant) -> Grant:
        grant.access_token = self._prefix + secrets.token_hex(22)
        grant.refresh_token = self._refresh_prefix() + secrets.token_hex(22)
        grant.issued_at = self._clock()
        self._access[grant.access_token] = grant
        self._refresh[grant.refresh_token] = grant
        return grant

    def _refresh_prefix(self) -> str:
        """Return nrt_ for ntn_, so that a canary in the prefix marks both tokens."""
        return "nrt_" + self._prefix.removeprefix("ntn_")

    def _replay(self, token: str) -> None:
        grant = self._spent.get(token)
        if grant is not None and self._replay_revokes:
            self._end(grant)

    def _end(self, grant: Grant) -> None:
        self._access.pop(grant.access_token, None)
        self._refresh.pop(grant.refresh_token, None)
