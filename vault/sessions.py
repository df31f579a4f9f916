from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.exc import IntegrityError

from vault.database import Database
from vault.errors import ApiKeyUnknown
from vault.secret import Secret
from vault.tables import api_keys, sessions
from vault.times import Clock
from vault.tokens import digest, new_id, new_token


@dataclass(frozen=True)
class Session:
    """A signed-in browser; `key_id` is the API key that it signed in with, if any."""

    id: str
    key_id: str | None
    created_at: datetime
    expires_at: datetime


class Sessions:
    """Keep browser sessions, of each token only its SHA-256."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    async def create(self, *, key_id: str | None, ttl: timedelta) -> Secret:
        """Open a session and return its token, for the browser's cookie.

        Raises:
            ApiKeyUnknown: no API key has this id.
        """
        token = new_token()
        now = self._now()
        row = {
            "id": new_id(),
            "digest": digest(token),
            "key_id": key_id,
            "created_at": now,
            "expires_at": now + ttl,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
                await connection.execute(insert(sessions).values(row))
        except IntegrityError:
            raise ApiKeyUnknown("No API key has the id that this session was to belong to.") from None
        return Secret(token)

    async def get(self, token: str) -> Session | None:
        """Return the session, or None when it is unknown or over, or its API key is revoked."""
        wanted = (
            select(sessions)
            .outerjoin(api_keys, sessions.c.key_id == api_keys.c.id)
            .where(
                sessions.c.digest == digest(token),
                sessions.c.expires_at > self._now(),
                or_(sessions.c.key_id.is_(None), api_keys.c.id.is_not(None) & api_keys.c.revoked_at.is_(None)),
            )
        )
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else Session(row.id, row.key_id, row.created_at, row.expires_at)

    async def delete(self, token: str) -> None:
        """End the session, if there is one."""
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.digest == digest(token)))
