"""How a process opens its vault and its signing key: from text in the environment, from a key file, or by OpenBao."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from vault.database import Database
from vault.key_settings import KeySettings
from vault.keys import KeyProvider, KeyRotator, LocalKeys
from vault.migration import check_migrated
from vault.openbao import OpenBaoKeys, OpenBaoRotator
from vault.openbao_client import OpenBao
from vault.rotation import Rotation
from vault.sealed_columns import Ring, columns_of
from vault.secret import Secret
from vault.signing import Signer
from vault.vault import May, Vault


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


async def open_vault(
    url: str, text: str | None, path: Path, provider: KeySettings | None = None, *, may: May = "both"
) -> Vault:
    """Open the vault; the text and the file are for a provider that is not OpenBao.

    Raises:
        VaultError: it is not migrated, has another key, or does not answer; nothing is ever stored without a key.
    """
    if provider is None or provider.key_provider != "openbao":
        return await Vault.open(url, open_keys(text, path), may=may)
    server, key = _openbao(provider), provider.openbao_key
    return await Vault.open(url, OpenBaoKeys(server, key), OpenBaoKeys(server, hook_key(key)), may=may)


@asynccontextmanager
async def open_rotations(
    url: str, text: str | None, path: Path, provider: KeySettings | None = None
) -> AsyncGenerator[dict[Ring, Rotation]]:
    """Open the database for rotations of its keys, by rotators alone, which open no value; one for each key.

    Raises:
        VaultError: it is not migrated or does not answer, or the key cannot be read.
    """
    database = Database(url)
    try:
        await check_migrated(database)
        if provider is None or provider.key_provider != "openbao":
            yield {"master": Rotation(database, open_rotator(text, path))}  # a local key seals everything
            return
        server = _openbao(provider)
        try:
            keys: dict[Ring, str] = {"master": provider.openbao_key, "hooks": hook_key(provider.openbao_key)}
            yield {
                ring: Rotation(database, OpenBaoRotator(server, key), columns_of(ring)) for ring, key in keys.items()
            }
        finally:
            await server.close()
    finally:
        await database.close()


def hook_key(key: str) -> str:
    """Return the name of OpenBao's key for what the API itself must verify."""
    return f"{key}-hooks"


def _openbao(provider: KeySettings) -> OpenBao:
    secret_id = provider.openbao_secret_id
    return OpenBao(
        provider.openbao_url or "",
        provider.openbao_role_id or "",
        Secret(secret_id.get_secret_value() if secret_id else ""),
        ca_file=provider.openbao_ca_file,
    )
