"""A vault of a test's own, at the newest revision: `settings` say where, and each test has another."""

from __future__ import annotations

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from settings import Settings
from tests.api.browsing import PUBLIC_URL
from vault import LocalKeys, Vault, migrate

__all__ = ["migrated_file", "own_settings", "vault"]


def own_settings(data: Path, **given: Any) -> Settings:
    """Return settings with keys that any test may know."""
    key = SecretStr(base64.b64encode(b"s" * 32).decode())
    return Settings(data_dir=data, signing_key=key, master_key=key, public_url=PUBLIC_URL, **given)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vault") / "migrated.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest_asyncio.fixture(loop_scope="session")
async def vault(migrated_file: Path, settings: Settings, tmp_path: Path) -> AsyncIterator[Vault]:
    shutil.copy(migrated_file, tmp_path / "vault.db")
    assert settings.master_key
    opened = await Vault.open(settings.vault_url, LocalKeys.from_text(settings.master_key.get_secret_value()))
    yield opened
    await opened.close()
