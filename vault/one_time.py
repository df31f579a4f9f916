from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select

from vault.database import Database
from vault.errors import OneTimeExpired, OneTimeForeign, OneTimeRefused, OneTimeUnknown
from vault.secret import Secret
from vault.tables import one_time
from vault.times import Clock
from vault.tokens import digest, new_token

_KEPT_AFTER_EXPIRY = timedelta(hours=1)


class OneTime:
    """Keep single-use tokens (the state of an authorization, a sign-in link), of each only its SHA-256."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    async def put(self, purpose: str, payload: dict[str, Any], *, ttl: timedelta, browser: str | None = None) -> Secret:
        """Store the payload, which is JSON and holds no secret, and return the token that takes it back.

        With `browser` (any text that only one browser knows), no other browser can take it.
        """
        token = new_token()
        now = self._now()
        row = {
            "digest": digest(token),
            "purpose": purpose,
            "browser": None if browser is None else digest(browser),
            "payload": payload,
            "expires_at": now + ttl,
        }
        async with self._database.write() as connection:
            # Kept for a while, so that a late user reads "expired" and not "unknown".
            await connection.execute(delete(one_time).where(one_time.c.expires_at <= now - _KEPT_AFTER_EXPIRY))
            await connection.execute(insert(one_time).values(row))
        return Secret(token)

    async def take(self, purpose: str, token: str, *, browser: str | None = None) -> dict[str, Any]:
        """Return the payload and use the token up; of many callers at once, one has it.

        Raises:
            OneTimeUnknown: the token was never issued for this purpose, or has been used.
            OneTimeExpired: it is too old.
            OneTimeForeign: it belongs to another browser, for which it stays good.
        """
        mine = digest(token)
        allowed = one_time.c.browser.is_(None)
        if browser is not None:
            allowed = or_(allowed, one_time.c.browser == digest(browser))
        this = (one_time.c.digest == mine, one_time.c.purpose == purpose)
        now = self._now()
        taking = delete(one_time).where(*this, one_time.c.expires_at > now, allowed).returning(one_time.c.payload)
        async with self._database.write() as connection:
            row = (await connection.execute(taking)).first()
        if row is not None:
            return row.payload
        async with self._database.read() as connection:
            left = (await connection.execute(select(one_time.c.expires_at).where(*this))).first()
        raise _refusal(expired=left is not None and left.expires_at <= now, known=left is not None)


def _refusal(*, expired: bool, known: bool) -> OneTimeRefused:
    if expired:
        return OneTimeExpired("This link has expired. Start again.")
    if known:
        return OneTimeForeign("This link was made for another browser. Go on in the browser that you started in.")
    return OneTimeUnknown("This link has been used already, or was never issued. Start again.")
