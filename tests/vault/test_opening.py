from __future__ import annotations

import base64
from pathlib import Path

import pytest

from vault import KeyTextInvalid, migrate
from vault.opening import open_keys, open_signer, open_vault

KEY = base64.b64encode(bytes(range(32))).decode()


def test_a_key_given_as_text_needs_no_file(tmp_path: Path):
    open_keys(KEY, tmp_path / "key")
    open_signer(KEY, tmp_path / "key")
    assert not (tmp_path / "key").exists()


def test_without_a_text_the_file_is_made_once_and_read_ever_after(tmp_path: Path):
    first = open_signer(None, tmp_path / "key").sign("purpose", "text")
    assert open_signer(None, tmp_path / "key").sign("purpose", "text") == first


@pytest.mark.parametrize("text", ["", "  ", "short", "é"])
def test_a_text_that_is_no_key_is_refused_and_no_file_takes_its_place(tmp_path: Path, text: str):
    for opening in (open_keys, open_signer):
        with pytest.raises(KeyTextInvalid):
            opening(text, tmp_path / "key")
    assert not (tmp_path / "key").exists()


async def test_a_vault_opens_with_the_key_that_it_was_made_with(tmp_path: Path):
    url = f"sqlite+aiosqlite:///{tmp_path / 'vault.db'}"
    await migrate(url)
    for _ in range(2):
        vault = await open_vault(url, None, tmp_path / "key")
        await vault.ready()
        await vault.close()
