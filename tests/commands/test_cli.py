"""The commands that need no Temporal, and what the others say without it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands.shared import opened
from settings import ROOT
from vault import Account, Secret, Tokens
from vault.opening import open_vault

GROUPS = ["connections", "runs", "schedules", "deploys", "histories", "keys", "triggers", "variables", "webhooks"]


@pytest.mark.parametrize(
    "command",
    ["dev", "demo", "worker", "api", "migrate", "check", *GROUPS],
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
    secret = cli(
        "keys", "create", "our shop", "--scope", "trigger", "--scope", "read", "--expires", "90 days"
    ).stdout.strip()
    assert secret.startswith("steps_")
    listed = cli("keys", "list").stdout
    assert re.search(r"active +our shop  \(trigger,read, until 20\d\d-\d\d-\d\d; by command line; never used\)", listed)
    assert secret not in listed
    assert cli("keys", "revoke", listed.split()[0]).exit_code == 0
    assert "revoked" in cli("keys", "list").stdout
    assert "api-key-unknown" in cli("keys", "revoke", "nothing").stderr


def test_a_key_needs_a_scope_that_there_is_and_an_end_that_is_understood(cli: Any):
    cli("migrate")
    assert cli("keys", "create", "our shop").exit_code == 2
    assert "api-key-refused" in cli("keys", "create", "our shop", "--scope", "root").stderr
    assert "delay-invalid" in cli("keys", "create", "our shop", "--scope", "read", "--expires", "soon").stderr
    assert "api-key-refused" in cli("keys", "create", "our shop", "--scope", "read", "--expires", "0 days").stderr
    assert cli("keys", "list").stdout == ""


def test_the_status_of_the_master_key_needs_no_temporal_and_makes_no_key(cli: Any, tmp_path: Path):
    cli("migrate")
    assert "key-file-invalid" in cli("keys", "status").stderr
    assert not (tmp_path / "master.key").exists()
    cli("variables", "set", "OrderToNotion", "SHOP_KEY", "--secret", "--host", "shop.example", text="canary-value")
    shown = cli("keys", "status")
    assert shown.exit_code == 0
    assert re.match(r"[0-9a-f]{16} +2 values  current\nRotation: not known, for Temporal does not", shown.stdout)


def test_without_temporal_the_master_key_is_not_rotated(cli: Any, tmp_path: Path):
    cli("migrate")
    cli("keys", "list")
    before = (tmp_path / "master.key").read_bytes()
    assert "Temporal does not answer" in cli("keys", "rotate").stderr
    assert (tmp_path / "master.key").read_bytes() == before


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


def test_the_webhook_is_shown_and_its_token_only_when_asked_for(cli: Any, tmp_path: Path):
    cli("migrate")
    assert "State     waiting" in cli("webhooks", "notion").stdout
    assert "webhook-token-unknown" in cli("webhooks", "notion", "--token").stderr
    tokens = ["secret_canary_of_the_first", "secret_canary_of_the_second"]

    async def shake() -> list[str]:
        vault = await open_vault(f"sqlite:///{tmp_path}/vault.db", None, tmp_path / "master.key")
        ids = [(await vault.webhook_tokens.receive("notion", Secret(token))).id for token in tokens]
        await vault.close()
        return ids

    ids = asyncio.run(shake())
    shown = cli("webhooks", "notion")
    assert "http://127.0.0.1:8000/hooks/notion/events/" in shown.stdout
    assert "2 handshakes came" in shown.stdout
    assert not re.search("canary|shown", shown.output)
    unclear = cli("webhooks", "notion", "--token")
    assert (unclear.exit_code, unclear.stdout) == (1, "")
    assert "webhook-token-unclear" in unclear.stderr
    for token, token_id in zip(tokens, ids, strict=True):
        assert cli("webhooks", "notion", "--token", "--id", token_id).stdout == f"{token}\n"
    assert cli("webhooks", "notion").stdout.count("shown") == 2


def test_connections_are_listed_and_a_missing_one_is_named(cli: Any):
    cli("migrate")
    assert cli("connections", "list").exit_code == 0
    assert "connection-unknown" in cli("connections", "delete", "my-notion").stderr


def test_without_a_worker_a_deleted_connection_is_unusable_at_once(cli: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("commands.connections._WAIT_SECONDS", 0)
    cli("migrate")

    async def connect() -> None:
        async with opened() as vault:
            account = Account("bot", workspace_name="Corner\x1b[2J Shop")
            await vault.connections.save("my-notion", "notion", account, Tokens(Secret("ntn_canary"), None))

    asyncio.run(connect())
    listed = cli("connections", "list").stdout
    assert "active" in listed
    assert "\x1b" not in listed
    for _ in range(2):
        deleted = cli("connections", "delete", "my-notion")
        assert deleted.exit_code == 0
        assert "Nothing uses my-notion any more." in deleted.stdout
        assert "as soon as a worker runs" in deleted.stdout
    assert "being deleted" in cli("connections", "list").stdout


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
