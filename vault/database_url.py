"""The address of the vault's database, as operators write it."""

from __future__ import annotations

import ssl
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from vault.errors import DatabaseUrlInvalid

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
# https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_OURS = ("sslmode", "ssl", "sslrootcert", "application_name")
_UNDERSTOOD = {*_OURS, "host", "port"}
_SYSTEM = "system"


def read_url(text: str) -> URL:
    """Return the address, with the driver that is used.

    Raises:
        DatabaseUrlInvalid: it cannot be read, or is of something that the vault cannot use.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Without the text and without the cause: a database URL may hold a password.
        raise DatabaseUrlInvalid("The database URL cannot be read. Write it like sqlite:///data/vault.db.") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise DatabaseUrlInvalid(f"A database of the kind {url.drivername!r} cannot be used: use sqlite or postgresql.")
    if driver.startswith("sqlite") and (url.database in (None, "", ":memory:") or "mode=memory" in text):
        raise DatabaseUrlInvalid("The vault needs a database file: sqlite:///data/vault.db.")
    return url.set(drivername=driver)


def connect_arguments(url: URL) -> tuple[URL, dict[str, Any]]:
    """Take out of PostgreSQL's address what the driver has other words for, and return those.

    Raises:
        DatabaseUrlInvalid: a parameter is unknown, or asks for what cannot be done.
    """
    if unknown := sorted({*url.query} - _UNDERSTOOD):
        known = ", ".join(sorted(_UNDERSTOOD))
        raise DatabaseUrlInvalid(f"The database URL has the parameter {unknown[0]!r}; understood are {known}.")
    if twice := [name for name in _OURS if isinstance(url.query.get(name), tuple)]:
        raise DatabaseUrlInvalid(f"The database URL has the parameter {twice[0]!r} twice.")
    told = {name: str(value) for name, value in url.query.items() if name in _OURS}
    arguments: dict[str, Any] = {"server_settings": {"application_name": told.get("application_name", "durable-steps")}}
    return url.difference_update_query(_OURS), arguments | _tls(told)


def _tls(told: dict[str, str]) -> dict[str, Any]:
    mode, authority = told.get("sslmode", told.get("ssl")), told.get("sslrootcert")
    if mode is None and authority is None:
        return {}  # the driver asks for TLS, and goes without where the server has none
    mode = mode or "verify-full"
    if mode not in _MODES:
        raise DatabaseUrlInvalid(f"sslmode in the database URL must be one of {', '.join(_MODES)}.")
    if authority is None:
        return {"ssl": mode}
    if mode in ("disable", "allow", "prefer") or (authority == _SYSTEM and mode != "verify-full"):
        # Anybody gets a certificate from an authority that the system knows: its name must be looked at.
        raise DatabaseUrlInvalid("sslrootcert in the database URL needs sslmode=verify-full, or verify-ca with a file.")
    try:
        context = ssl.create_default_context(cafile=None if authority == _SYSTEM else authority)
    except OSError as error:
        raise DatabaseUrlInvalid(f"The file {authority} of sslrootcert cannot be used: {error.strerror}.") from None
    context.check_hostname = mode == "verify-full"  # like libpq, which checks the authority with `require`, too
    return {"ssl": context}
