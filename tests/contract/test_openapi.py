from __future__ import annotations

import subprocess
from pathlib import Path

from tests.conftest import binary
from tests.contract.front import Front


def test_whatever_the_document_allows_is_answered_as_it_says(front: Front, tmp_path: Path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(front.config(), encoding="utf-8")
    ran = subprocess.run(
        [
            binary("schemathesis"), "--config-file", config, "run", f"{front.address}/openapi.json",
            "--header", f"Authorization: Bearer {front.key}", "--checks", "all", "--max-examples", "8",
            "--generation-database", "none", "--continue-on-failure", "--no-color", "--warnings", "off",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-8000:]
