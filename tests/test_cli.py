from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli import app
from settings import ROOT

GROUPS = ["connections", "runs", "keys", "variables"]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run commands on a vault of their own, with no Temporal."""
    monkeypatch.setenv("STEPS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

    def run(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), input=text)

    return run


@pytest.mark.parametrize(
    "command", ["dev", "demo", "worker", "api", "migrate", "connections", "runs", "keys", "variables"]
)
def test_every_command_explains_itself(cli: Any, command: str):
    result = cli(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout) > 100


def test_a_vault_that_is_not_migrated_says_what_to_run(cli: Any):
    result = cli("keys", "list")
    assert result.exit_code == 1
    assert "python cli.py migrate" in result.stderr


def test_keys_are_made_listed_and_revoked(cli: Any):
    assert cli("migrate").exit_code == 0
    secret = cli("keys", "create", "our shop").stdout.strip()
    assert secret.startswith("steps_")
    listed = cli("keys", "list").stdout
    assert "our shop" in listed
    assert secret not in listed
    assert cli("keys", "revoke", listed.split()[0]).exit_code == 0
    assert "revoked" in cli("keys", "list").stdout
    assert "api-key-unknown" in cli("keys", "revoke", "nothing").stderr


def test_variables_are_set_listed_and_deleted(cli: Any):
    cli("migrate")
    assert cli("variables", "set", "OrderToNotion", "NOTION_DATABASE_ID", "abc").exit_code == 0
    secret = ("variables", "set", "OrderToNotion", "SHOP_KEY", "--secret")
    assert "host" in cli(*secret, text="canary-value").stderr
    assert cli(*secret, "--host", "shop.example", text="canary-value").exit_code == 0
    listed = cli("variables", "list").stdout
    assert "abc" in listed
    assert "canary-value" not in listed
    assert "shop.example" in listed
    assert cli("variables", "delete", "OrderToNotion", "SHOP_KEY").exit_code == 0
    assert "variable-unknown" in cli("variables", "delete", "OrderToNotion", "SHOP_KEY").stderr
    assert "API_KEY" in cli("variables", "set", "OrderToNotion", "lower", "x").stderr


def test_connections_are_listed_and_a_missing_one_is_named(cli: Any):
    cli("migrate")
    assert cli("connections", "list").exit_code == 0
    assert "connection-unknown" in cli("connections", "delete", "my-notion").stderr


def test_without_temporal_the_runs_commands_say_so(cli: Any):
    result = cli("runs", "list")
    assert result.exit_code == 1
    assert "Temporal does not answer" in result.stderr


def test_a_run_is_not_started_with_data_that_is_not_json(cli: Any):
    result = cli("runs", "start", "OrderToNotion", "--data", "{oops")
    assert result.exit_code == 2
    assert "not JSON" in result.stderr


def test_an_unknown_workflow_gets_the_closest_name(cli: Any):
    result = cli("runs", "start", "OrderToNotoin", "--data", json.dumps({}))
    assert result.exit_code == 1
    assert "Did you mean OrderToNotion?" in result.stderr


def test_a_wrong_setting_is_named_with_what_it_must_be():
    process = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "keys", "list"],
        env={**os.environ, "STEPS_PUBLIC_URL": "somewhere"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 1
    assert process.stderr.startswith("STEPS_PUBLIC_URL: Value error, must be an address such as https://")
    assert "somewhere" not in process.stderr
