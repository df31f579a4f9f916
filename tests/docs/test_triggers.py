"""The examples of the page about triggers sign as the API checks, and its tables hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from api.signatures import check_signature
from settings import Settings
from steps import GitHub, SharedHeader, StandardWebhooks
from steps.discovery import discover
from steps.signed import SCHEMES, Signed
from tests.docs.pages import blocks, code, rows, section, text_of
from vault import Secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNED = section(text_of("docs/triggers.md"), "Signed deliveries")
BODY = b'{"name": "#1001"}'


def test_the_workflow_of_the_page_loads_and_is_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "signed_in_docs"
    folder.mkdir()
    (folder / "flow.py").write_text(blocks(SIGNED, "python")[0], encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    found = discover(folder)
    assert (found.problems, found.findings) == ([], [])
    assert found.workflows["ShopOrder"].signed is not None


def test_every_scheme_has_its_row_with_its_header():
    table = {row[0].strip("`"): row[1] for row in rows(SIGNED) if "(" in row[0]}
    assert {name.partition("(")[0] for name in table} == {cls.__name__ for cls in SCHEMES}
    for cls in SCHEMES:
        if cls is not SharedHeader:
            assert code(table[f"{cls.__name__}()"]) == cls.header


def test_the_program_of_the_page_signs_as_standard_webhooks_do():
    names: dict[str, Any] = {"__name__": "documented"}
    exec(compile(blocks(SIGNED, "python")[1], "triggers.md", "exec"), names)
    headers = names["signed"](BODY, SECRET)
    assert check_signature(StandardWebhooks(), [Secret(SECRET)], BODY, Headers(headers)) == headers["Webhook-Id"]


@pytest.mark.parametrize(
    ("number", "signed"), [(1, GitHub()), (2, SharedHeader("X-Trigger-Secret"))], ids=["signed", "shared header"]
)
def test_what_curl_is_told_passes(number: int, signed: Signed, tmp_path: Path):
    (tmp_path / "secret-header").write_text(f"X-Trigger-Secret: {SECRET}\n", encoding="utf-8")
    # In the place of curl: what it would send, for everything before it is the shell's and openssl's.
    shown = f"curl() {{ {sys.executable} -c 'import json, sys; print(json.dumps(sys.argv[1:]))' \"$@\"; }}\n"
    block = [one for one in blocks(SIGNED, "sh") if "curl" in one][number - 1]
    environment = {**os.environ, "SECRET": SECRET, "ADDRESS": "https://steps.example/hooks/x/y"}
    ran = subprocess.run(
        ["bash", "-euc", shown + block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        timeout=60,
    )  # fmt: skip
    arguments: list[str] = json.loads(ran.stdout)
    given = [arguments[at + 1] for at, one in enumerate(arguments) if one == "-H"]
    lines = [(tmp_path / one[1:]).read_text("utf-8").strip() if one.startswith("@") else one for one in given]
    headers = Headers(dict(line.split(": ", 1) for line in lines))
    body = arguments[arguments.index("--data-binary") + 1].encode()
    assert body == BODY
    check_signature(signed, [Secret(SECRET)], body, headers)


def test_the_limits_of_the_page_are_those_of_the_settings():
    table = section(text_of("docs/triggers.md"), "What a trigger refuses")
    for name in ("max_body_bytes", "deliveries_per_minute"):
        assert f"{Settings.model_fields[name].default:,}" in table
        assert f"`STEPS_{name.upper()}`" in table
