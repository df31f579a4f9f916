from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from vault.api_keys import in_force
from vault.database import Database
from vault.errors import ApiKeyUnknown
from vault.secret import Secret
from vault.tables import api_keys, sessions
from vault.times import USE_NOTED_EVERY, Clock
from vault.tokens import digest, new_id, new_token

IDLE = timedelta(hours=2)
"""A session that is not used for so long is over."""


@dataclass(frozen=True)
class Person:
    """Who signed in at the OpenID provider, as it said then; `email` only where it had verified that."""

    issuer: str
    subject: str
    email: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """A signed-in browser: by an API key, whose scopes are those of now, or by a person."""

    id: str
    key_id: str | None
    created_at: datetime
    expires_at: datetime
    seen_at: datetime
    scopes: tuple[str, ...] = ()
    name: str | None = None
    key_expires_at: datetime | None = None
    person: Person | None = None

    def same_owner(self, other: Session) -> bool:
        """Tell whether the same API key or the same person opened both."""
        if self.key_id is not None or other.key_id is not None:
            return self.key_id == other.key_id
        mine, theirs = self.person, other.person
        return mine is not None and theirs is not None and _account(mine) == _account(theirs)


class Sessions:
    """Keep browser sessions, of each token only its SHA-256."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    async def create(self, *, key_id: str | None = None, person: Person | None = None, ttl: timedelta) -> Secret:
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
            "person": asdict(person) if person is not None else None,
            "created_at": now,
            "seen_at": now,
            "expires_at": now + ttl,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
                await connection.execute(insert(sessions).values(row))
        except IntegrityError:
            raise ApiKeyUnknown("No API key has the id that this session was to belong to.") from None
        return Secret(token)

    async def get(self, token: str, *, noted: bool = True) -> Session | None:
        """Return the session and note its use; None when it is unknown or over, or its API key is."""
        async with self._database.read() as connection:
            row = (await connection.execute(self._living().where(sessions.c.digest == digest(token)))).first()
        if row is None:
            return None
        return await self._note_use(_session(row)) if noted else _session(row)

    async def find(self, id: str) -> Session | None:
        """Return the session of this id and note nothing; None as in `get`."""
        async with self._database.read() as connection:
            row = (await connection.execute(self._living().where(sessions.c.id == id))).first()
        return _session(row) if row is not None else None

    async def list(self) -> list[Session]:
        """Return every session that is not over, the newest first."""
        wanted = self._living().order_by(sessions.c.created_at.desc(), sessions.c.id)
        async with self._database.read() as connection:
            return [_session(row) for row in await connection.execute(wanted)]

    async def delete(self, token: str) -> None:
        """End the session of this token; to end one that is over is no error."""
        await self._end(sessions.c.digest == digest(token))

    async def end(self, id: str) -> bool:
        """End the session of this id; tell whether there was one."""
        return await self._end(sessions.c.id == id)

    def _living(self) -> Select[Any]:
        now = self._now()
        used = func.coalesce(sessions.c.seen_at, sessions.c.created_at)
        return (
            select(sessions, api_keys.c.scopes, api_keys.c.name, api_keys.c.expires_at.label("key_expires_at"))
            .outerjoin(api_keys, sessions.c.key_id == api_keys.c.id)
            .where(
                sessions.c.expires_at > now,
                used > now - IDLE,
                or_(sessions.c.key_id.is_(None), api_keys.c.id.is_not(None) & in_force(now)),
            )
        )

    async def _note_use(self, session: Session) -> Session:
        now = self._now()
        if now - session.seen_at < USE_NOTED_EVERY:
            return session
        async with self._database.write() as connection:
            await connection.execute(update(sessions).where(sessions.c.id == session.id).values(seen_at=now))
        return replace(session, seen_at=now)

    async def _end(self, which: ColumnElement[bool]) -> bool:
        async with self._database.write() as connection:
            ended = await connection.execute(delete(sessions).where(which).returning(sessions.c.id))
            return ended.first() is not None


def _account(person: Person) -> tuple[str, str]:
    return person.issuer, person.subject


def _person(told: dict[str, Any]) -> Person:
    return Person(told["issuer"], told["subject"], told["email"], tuple(told["groups"]))


def _session(row: Row[Any]) -> Session:
    told: dict[str, Any] | None = row.person
    return Session(
        id=row.id,
        key_id=row.key_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        seen_at=row.seen_at or row.created_at,
        scopes=tuple(row.scopes or ()),
        name=row.name,
        key_expires_at=row.key_expires_at,
        person=_person(told) if told is not None else None,
    )
