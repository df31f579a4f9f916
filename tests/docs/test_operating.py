"""The operator's guide: its profiles, its manifests, and a heading for each alert."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from temporalio.envconfig import ClientConfig

from tests.docs.pages import blocks, text_of

PAGES = ["docs/running.md"]


@pytest.mark.parametrize("page", PAGES)
def test_temporal_reads_the_profiles_of_the_page(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shown = "\n".join(blocks(text_of(page), "toml"))
    for name, file in re.findall(r'^(\w+_path) = "(.*)"', shown, re.MULTILINE):
        (tmp_path / name).write_bytes(b"pem")
        shown = shown.replace(file, str(tmp_path / name))
    (tmp_path / "temporal.toml").write_text(shown, encoding="utf-8")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "temporal.toml"))
    for profile in re.findall(r"^\[profile\.([\w-]+)\]$", shown, re.MULTILINE):
        read: dict[str, Any] = dict(ClientConfig.load_client_connect_config(profile))
        assert read["target_host"].endswith(":7233")
        assert read["namespace"] == "shop.a1b2c"
        assert read.get("api_key") or read["tls"].client_cert == b"pem"
