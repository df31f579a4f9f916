"""`python cli.py triggers`, without Temporal."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from api.handshakes import provider_of_trigger
from cli import app
from commands.shared import opened
from vault import Secret

CANARY = "canary-that-nothing-shows"
STANDARD = "whsec_" + base64.b64encode(b"k" * 32).decode()
FLOWS = """from __future__ import annotations

from steps import Api, GitHub, NotionSigned, StandardWebhooks, Workflow


class Orders(Workflow):
    signed = GitHub()

    async def start(self, data, headers, api: Api): ...


class Pages(Orders):
    signed = NotionSigned()


class Payments(Orders):
    signed = StandardWebhooks()


class Plain(Orders):
    signed = None
"""

Command = Callable[..., Result]


@pytest.fixture
def triggers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Run commands on a migrated vault of their own and three workflows."""
    folder = tmp_path / f"flows_{uuid4().hex}"
    folder.mkdir()
    (folder / "signed.py").write_text(FLOWS, encoding="utf-8")
    monkeypatch.setenv("STEPS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STEPS_WORKFLOWS_DIR", str(folder))
    monkeypatch.setenv("STEPS_PUBLIC_URL", "https://steps.example")
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(app, ["triggers", *arguments], input=text)

    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    yield run
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def counting(workflow: str) -> list[str]:
    async def work() -> list[str]:
        async with opened() as vault:
            return [secret.reveal() for secret in await vault.trigger_secrets.counting(workflow)]

    return asyncio.run(work())


def receive(provider: str, token: str) -> str:
    async def work() -> str:
        async with opened() as vault:
            return (await vault.webhook_tokens.receive(provider, Secret(token))).id

    return asyncio.run(work())


def test_the_list_says_what_is_left_to_do_and_until_when_a_replaced_secret_counts(triggers: Command):
    assert triggers("list").stdout.splitlines() == [
        "Orders: github, in X-Hub-Signature-256: NOT SET UP, run `python cli.py triggers secret Orders`",
        "Pages: notion, in X-Notion-Signature: NOT SET UP, run `python cli.py triggers token Pages`",
        "Payments: standard-webhooks, in Webhook-Signature: NOT SET UP, run `python cli.py triggers secret Payments`",
        "Plain: not signed; its address is its only secret",
    ]
    assert triggers("secret", "Orders", text=f"{CANARY}-1\n").exit_code == 0
    assert triggers("secret", "Orders", "--keep", "24 hr", text=f"{CANARY}-2\r\n").exit_code == 0
    shown = triggers("list").stdout
    when = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
    assert re.search(rf"^Orders: github, in X-Hub-Signature-256, set {when}$", shown, re.MULTILINE)
    assert re.search(rf"^Orders: .*, set {when}, counts until {when}$", shown, re.MULTILINE)
    assert CANARY not in shown


def test_a_secret_comes_by_standard_input_and_is_shown_nowhere(triggers: Command):
    result = triggers("secret", "Orders", text=f"{CANARY}\n")
    assert result.output == "Set. Deliveries to Orders have to be signed with it: github, in X-Hub-Signature-256.\n"
    assert counting("Orders") == [CANARY]
    assert triggers("secret", "Payments", text=STANDARD).exit_code == 0
    assert counting("Payments") == [STANDARD]


@pytest.mark.parametrize(
    ("arguments", "text", "says"),
    [
        (
            ["secret", "Order"],
            CANARY,
            r"There is no such workflow\. Did you mean Orders\? Known: .* \(workflow-unknown",
        ),
        (["secret", "Plain"], CANARY, r"Plain declares no signature: write `signed = Shopify\(\)`.*trigger-not-signed"),
        (["secret", "Orders"], None, r"12 to 1024 printable ASCII characters.*trigger-secret-invalid"),
        (["secret", "Orders"], "canary\n", "12 to 1024 printable ASCII characters"),
        (["secret", "Orders"], f" {CANARY}\n", "no space at its ends"),
        (["secret", "Orders"], f"{CANARY}\n{CANARY}\n", "printable ASCII"),
        (["secret", "Payments"], CANARY, r"base64 of 24 bytes or more.*trigger-secret-invalid"),
        (["secret", "Orders", "--keep", "soon"], CANARY, "'soon' is not understood.*delay-invalid"),
        (["secret", "Orders", "--keep", "31 days"], CANARY, "longer than 30 days.*delay-invalid"),
        (["token", "Orders"], None, r"Orders is not signed by Notion.*trigger-not-signed"),
        (["token", "Pages"], None, r"No such verification token has come.*webhook-token-unknown"),
        (["rotate", "Order"], None, r"Did you mean Orders\?.*workflow-unknown"),
        (["rotate", "Plain", "--keep", "31 days"], None, "longer than 30 days.*delay-invalid"),
    ],
)
def test_what_goes_wrong_is_told_in_one_line_without_the_secret(
    triggers: Command, arguments: list[str], text: str | None, says: str
):
    result = triggers(*arguments, text=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.search(says, result.stderr)
    assert result.stderr.count("\n") == 1
    assert "canary" not in result.output
    assert counting("Orders") == counting("Payments") == []


def test_a_file_that_does_not_load_is_named_beside_what_does(triggers: Command):
    folder = Path(os.environ["STEPS_WORKFLOWS_DIR"])
    (folder / "broken.py").write_text(f"{FLOWS.replace('GitHub()', repr(CANARY))}", encoding="utf-8")
    result = triggers("list")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 4
    assert re.match(r"Not loaded: .*broken\.py:6: .*Orders\.signed is a str: write `signed = Shopify", result.stderr)
    assert CANARY not in result.output


def test_the_token_that_notion_sent_is_printed_alone_and_counts_from_then_on(triggers: Command):
    provider = provider_of_trigger("Pages")
    first = receive(provider, f"{CANARY}-1")
    assert triggers("token", "Pages").stdout == f"{CANARY}-1\n"
    assert counting("Pages") == [f"{CANARY}-1"]
    second = receive(provider, f"{CANARY}-2")
    unclear = triggers("token", "Pages")
    assert (unclear.exit_code, unclear.stdout) == (1, "")
    assert "webhook-token-unclear" in unclear.stderr
    assert first in unclear.stderr
    assert second in unclear.stderr
    named = triggers("token", "Pages", "--id", second, "--keep", "1 hr")
    assert named.stdout == f"{CANARY}-2\n"
    assert counting("Pages") == [f"{CANARY}-2", f"{CANARY}-1"]


def test_an_address_is_replaced_and_the_new_one_printed_alone(triggers: Command):
    first, second = (triggers("rotate", name).stdout for name in ("Plain", "Plain"))
    for address in (first, second):
        assert re.fullmatch(r"https://steps\.example/hooks/plain/[A-Za-z0-9_-]{43}\n", address)
    assert first != second
