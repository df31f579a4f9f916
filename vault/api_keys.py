from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from vault.database import Database
from vault.errors import ApiKeyInvalid, ApiKeyRefused, ApiKeyUnknown
from vault.scopes import SCOPES
from vault.secret import Secret
from vault.tables import api_keys
from vault.times import USE_NOTED_EVERY, Clock
from vault.tokens import digest, new_id, new_token

_START = "steps_"
_SHOWN = len(_START) + 6
_KEY = re.compile(rf"{_START}[A-Za-z0-9_-]{{43}}")
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class ApiKey:
    """An API key without its text; `prefix` is the start of it, to recognise it by."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime | None = None
    created_by: str | None = None


class ApiKeys:
    """Keep API keys, of each only its SHA-256."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database = database
        self._now = now

    async def create(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        expires_at: datetime | None = None,
        created_by: str | None = None,
        id: str | None = None,
    ) -> tuple[ApiKey, Secret]:
        """Make an API key; its text can be seen here and never again. One `id` makes one key, however often it is sent.

        Raises:
            ApiKeyRefused: the name, a scope, the end or the id cannot be used; `field` says which.
        """
        _check(name, scopes)
        if id is not None and not _ID.fullmatch(id):
            raise ApiKeyRefused("The id of an API key has 32 hexadecimal digits.", field="id")
        if expires_at is not None and expires_at <= self._now():
            raise ApiKeyRefused("An API key expires in the future, or never.", field="expires_at")
        text = _START + new_token()
        chosen = tuple(sorted(set(scopes), key=tuple(SCOPES).index))
        key = ApiKey(id or new_id(), name, text[:_SHOWN], chosen, self._now(), None, None, expires_at, created_by)
        row = {
            "id": key.id,
            "name": name,
            "prefix": key.prefix,
            "digest": digest(text),
            "scopes": list(key.scopes),
            "created_at": key.created_at,
            "expires_at": expires_at,
            "created_by": created_by,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(api_keys).values(row))
        except IntegrityError:
            raise ApiKeyRefused("This API key was made before, and its text was shown then.", field="id") from None
        return key, Secret(text)

    async def verify(self, text: str) -> ApiKey:
        """Return the API key that the text is.

        Raises:
            ApiKeyInvalid: the text is malformed, unknown, revoked or expired; which of them is not told.
        """
        row = None
        if _KEY.fullmatch(text):
            wanted = select(api_keys).where(api_keys.c.digest == digest(text), in_force(self._now()))
            async with self._database.read() as connection:
                row = (await connection.execute(wanted)).first()
        if row is None:
            raise ApiKeyInvalid("This API key is not valid. Make one with `python cli.py keys create`.")
        return await self._note_use(_api_key(row))

    async def list(self) -> list[ApiKey]:
        """Return every API key, the newest first, revoked ones too."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id))
            return [_api_key(row) for row in rows]

    async def revoke(self, id: str) -> ApiKey:
        """Revoke the API key, and with it every browser session that it opened.

        Raises:
            ApiKeyUnknown: no API key has this id.
        """
        row = None
        if _ID.fullmatch(id):
            async with self._database.write() as connection:
                unrevoked = (api_keys.c.id == id) & api_keys.c.revoked_at.is_(None)
                await connection.execute(update(api_keys).where(unrevoked).values(revoked_at=self._now()))
                row = (await connection.execute(select(api_keys).where(api_keys.c.id == id))).first()
        if row is None:
            raise ApiKeyUnknown("No API key has this id. `python cli.py keys list` shows them.")
        return _api_key(row)

    async def _note_use(self, key: ApiKey) -> ApiKey:
        now = self._now()
        if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
            return key
        async with self._database.write() as connection:
            await connection.execute(update(api_keys).where(api_keys.c.id == key.id).values(last_used_at=now))
        return replace(key, last_used_at=now)


def in_force(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an API key is neither revoked nor expired."""
    return api_keys.c.revoked_at.is_(None) & or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)


def _check(name: str, scopes: Sequence[str]) -> None:
    if not (0 < len(name) <= 100 and name.isprintable()):
        raise ApiKeyRefused("The name of an API key has 1 to 100 printable characters.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ApiKeyRefused(f"An API key needs at least one scope, of {', '.join(SCOPES)}.", field="scopes")


def _api_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.id,
        row.name,
        row.prefix,
        tuple(row.scopes),
        row.created_at,
        row.last_used_at,
        row.revoked_at,
        row.expires_at,
        row.created_by,
    )
