"""The provider of the page, read as the API and the workers read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import blocks, text_of
from vault.provider_file import read_provider_file


def test_the_file_of_the_page_defines_a_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ACME_CLIENT_SECRET", "a-secret")
    [shown] = blocks(text_of("docs/providers.md"), "toml")
    (tmp_path / "providers.toml").write_text(shown, encoding="utf-8")
    [(name, (provider, client_id, _))] = read_provider_file(tmp_path / "providers.toml").items()
    assert (name, client_id) == ("acme", "steps")
    assert "api.acme.example" in provider.hosts
