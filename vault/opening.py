"""How a process opens its vault and its signing key: from text in the environment, or from a key file."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from vault.database import Database
from vault.keys import KeyProvider, KeyRotator, LocalKeys
from vault.migration import check_migrated
from vault.rotation import Rotation
from vault.sealed_columns import Ring
from vault.signing import Signer
from vault.vault import Vault


def open_keys(text: str | None, path: Path) -> KeyProvider:
    """Return the key provider: the text's keys, or without a text the file's, which is made at the first start.

    An empty text is refused: whoever sets a key and gets it wrong must not be given another one.
    """
    return LocalKeys.from_text(text) if text is not None else LocalKeys.from_file(path)


def open_rotator(text: str | None, path: Path) -> KeyRotator:
    """Return what changes the master key; a key file must be there, for a new one would open nothing.

    Raises:
        KeyFileInvalid: there is no such file, or it is damaged.
    """
    return LocalKeys.from_text(text) if text is not None else LocalKeys.from_existing(path)


def open_signer(text: str | None, path: Path) -> Signer:
    """Return the signer, its key found in the same way."""
    return Signer.from_text(text) if text is not None else Signer.from_file(path)


async def open_vault(url: str, text: str | None, path: Path) -> Vault:
    """Open the vault.

    Raises:
        VaultError: it is not migrated, has another key, or does not answer; nothing is ever stored without a key.
    """
    return await Vault.open(url, open_keys(text, path))


@asynccontextmanager
async def open_rotations(url: str, text: str | None, path: Path) -> AsyncGenerator[dict[Ring, Rotation]]:
    """Open the database for rotations of its keys, by rotators alone, which open no value; one for each key.

    Raises:
        VaultError: it is not migrated or does not answer, or the key cannot be read.
    """
    rotator = open_rotator(text, path)
    database = Database(url)
    try:
        await check_migrated(database)
        # A local key seals everything. Where the hook key is another one, each has its own of `columns_of`.
        yield {"master": Rotation(database, rotator)}
    finally:
        await database.close()
