"""The operator's guide: its profiles, its manifests, and a heading for each alert."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.envconfig import ClientConfig

from settings import ROOT
from tests.docs.pages import blocks, section, text_of

ALERTS = ROOT / "docker" / "alerts.yml"
PAGE = text_of("docs/operating.md")


def test_temporal_reads_the_profiles_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    [shown] = blocks(PAGE, "toml")
    for name, file in re.findall(r'^(\w+_path) = "(.*)"', shown, re.MULTILINE):
        (tmp_path / name).write_bytes(b"pem")
        shown = shown.replace(file, str(tmp_path / name))
    (tmp_path / "temporal.toml").write_text(shown, encoding="utf-8")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "temporal.toml"))
    profiles = re.findall(r"^\[profile\.([\w-]+)\]$", shown, re.MULTILINE)
    assert profiles == ["cloud", "cloud-mtls"]
    for profile in profiles:
        read: dict[str, Any] = dict(ClientConfig.load_client_connect_config(profile))
        assert read["target_host"].endswith(":7233")
        assert read["namespace"] == "shop.a1b2c"
        assert read.get("api_key") or read["tls"].client_cert == b"pem"


def alerts() -> set[str]:
    """Return the alerts that there are rules for."""
    if not ALERTS.exists():
        return set()
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


EXPLAINED = re.findall(
    r"^### `(\w+)`\n\n(.*?)(?=^##|\Z)", section(PAGE, "What to do for each alert"), re.MULTILINE | re.DOTALL
)


def test_every_alert_has_a_heading():
    assert alerts() <= {name for name, _ in EXPLAINED}


def test_every_alert_says_what_it_means_where_to_look_what_mends_it_and_what_is_lost_meanwhile():
    assert EXPLAINED
    for name, text in EXPLAINED:
        lines = re.findall(r"^- \*\*(.*?)\*\*(?: and \*\*(.*?)\*\*)?:", text, re.MULTILINE)
        assert [word for line in lines for word in line if word] == ["Means", "Look", "Mend", "Meanwhile"], name
