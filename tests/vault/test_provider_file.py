"""The file of providers: what it may say, and how what is wrong is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vault.provider_errors import ProvidersFileInvalid
from vault.registrations import Registrations

WHOLE = """
[providers.acme]
title = "Acme CRM"
client_id = "steps"
client_secret_env = "ACME_SECRET"
authorize_url = "https://login.acme.example/authorize"
token_url = "https://login.acme.example/token"
hosts = ["api.acme.example"]
[providers.acme.account]
source = "token"
id = "team.id"
"""
CANARY = "canary-of-the-client"


@dataclass
class Given:
    """What the settings say."""

    providers_file: Path | None
    notion_client_id: str | None = None
    notion_client_secret: Any = None
    notion_origin: str = "https://api.notion.com"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_SECRET", CANARY)


def read(tmp_path: Path, text: str) -> Registrations:
    file = tmp_path / "providers.toml"
    file.write_text(text)
    return Registrations(Given(file))


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ProvidersFileInvalid) as caught:
        read(tmp_path, text)
    assert CANARY not in str(caught.value)
    return str(caught.value)


def test_without_a_file_there_is_notion_alone() -> None:
    known = Registrations(Given(None))
    assert [provider.name for provider in known.all()] == ["notion"]
    assert known.get("notion") is None


def test_a_provider_needs_ten_lines(tmp_path: Path) -> None:
    known = read(tmp_path, WHOLE)
    assert [provider.title for provider in known.all()] == ["Notion", "Acme CRM"]
    acme = known.get("acme")
    assert acme is not None
    assert acme.client_secret.reveal() == CANARY
    assert CANARY not in repr(acme)
    provider = acme.provider
    assert (provider.pkce, provider.refresh, provider.token_format, provider.client_auth) == (
        True, "by_expiry", "form", "basic",
    )  # fmt: skip


def test_a_secret_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "acme.secret").write_text("from a file\n")
    known = read(tmp_path, WHOLE.replace('client_secret_env = "ACME_SECRET"', 'client_secret_file = "acme.secret"'))
    acme = known.get("acme")
    assert acme is not None
    assert acme.client_secret.reveal() == "from a file"


HTTPS = "must be an https address"
HOST = "must be one exact host"


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("https://login.acme.example/token", "http://login.acme.example/token", "acme.token_url", HTTPS),
        ("https://login.acme.example/token", "ftp://login.acme.example/token", "acme.token_url", HTTPS),
        ("https://login.acme.example/token", "https://a:b@login.acme.example/token", "acme.token_url", HTTPS),
        ("https://login.acme.example/token", "https://login.acme.example/token#x", "acme.token_url", HTTPS),
        ("https://login.acme.example/token", "https://login.acme.example/to ken", "acme.token_url", HTTPS),
        ("https://login.acme.example/token", "http://127.0.0.1.evil.example/", "acme.token_url", HTTPS),
        ("https://login.acme.example/token", "/token", "acme.token_url", HTTPS),
        ("example/authorize", "example/authorize?state=1", "acme.authorize_url", "must have no query"),
        ('hosts = ["api.acme.example"]', "hosts = []", "acme.hosts", "at least 1"),
        ("api.acme.example", "*.acme.example", "acme.hosts.0", HOST),
        ("api.acme.example", "api.acme.example:444", "acme.hosts.0", HOST),
        ("api.acme.example", "https://api.acme.example", "acme.hosts.0", HOST),
        ("api.acme.example", "API.acme.example", "acme.hosts.0", HOST),
        ("api.acme.example", "localhost", "acme.hosts.0", HOST),
        ('"team.id"', '"team..id"', "acme.account.id", "must be names apart by dots"),
        ('source = "token"', 'source = "cookie"', "acme.account.source", "Input should be"),
        ('source = "token"', 'source = "userinfo"', "acme.account", "url goes with"),
        ('source = "token"', 'source = "id_token"', "providers.acme", "needs issuer"),
        ("[providers.acme.account]", "pkce = 1\n[providers.acme.account]", "acme.pkce", "valid boolean"),
        ("[providers.acme.account]", "iss_required = true\n[providers.acme.account]", "acme", "needs issuer"),
        ("[providers.acme.account]", 'colour = "red"\n[providers.acme.account]', "acme.colour", "not permitted"),
        ("[providers.acme.account]", 'scopes = ["a b"]\n[providers.acme.account]', "acme.scopes.0", "pattern"),
        (
            "[providers.acme.account]",
            '[providers.acme.authorize_params]\nstate = "x"\n[providers.acme.account]',
            "acme.authorize_params",
            "must not set state",
        ),
        (
            "[providers.acme.account]",
            '[providers.acme.token_headers]\nAuthorization = "x"\n[providers.acme.account]',
            "acme.token_headers",
            "none of those",
        ),
        (
            "[providers.acme.account]",
            '[providers.acme.stand_ins]\n"api.acme.example" = "https://evil.example"\n[providers.acme.account]',
            "providers.acme",
            "not on this machine",
        ),
        (
            "[providers.acme.account]",
            'test_url = "https://evil.example/me"\n[providers.acme.account]',
            "providers.acme",
            "on one of its hosts",
        ),
        ('client_secret_env = "ACME_SECRET"', "", "providers.acme", "needs one of client_secret_env"),
        ('client_secret_env = "ACME_SECRET"', f'client_secret = "{CANARY}"', "providers.acme", "keep it elsewhere"),
        ('"ACME_SECRET"', '"NOBODY_SET_IT"', "providers.acme", "holds no client secret"),
        ('client_secret_env = "ACME_SECRET"', 'client_secret_file = "none"', "acme", "holds no client secret"),
        ("providers.acme", "providers.notion", "providers", "notion is taken"),
        ("[providers.acme", '[providers."a b"', "providers", "lowercase letters"),
        ('title = "Acme CRM"', "", "acme.title", "required"),
        ('title = "Acme CRM"', f'title = "{CANARY}', "TOML", "line"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_field(tmp_path: Path, old: str, new: str, field: str, says: str) -> None:
    assert old in WHOLE
    told = refusal(tmp_path, WHOLE.replace(old, new))
    assert field in told
    assert says in told


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProvidersFileInvalid, match="STEPS_PROVIDERS_FILE cannot be read"):
        Registrations(Given(tmp_path / "none.toml"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_for_this_machine_alone(tmp_path: Path, host: str) -> None:
    known = read(tmp_path, WHOLE.replace("https://login.acme.example/token", f"http://{host}:9000/token"))
    provider = known.provider("acme")
    assert provider is not None
    assert provider.token_url == f"http://{host}:9000/token"


FIELDS = {"grant_type": "refresh_token", "refresh_token": "r&=+ é"}


@pytest.mark.parametrize(
    ("changes", "headers", "body"),
    [
        (
            {},
            {"authorization": "Basic c3RlcHM6Y2FuYXJ5LW9mLXRoZS1jbGllbnQ=",
             "content-type": "application/x-www-form-urlencoded"},
            "grant_type=refresh_token&refresh_token=r%26%3D%2B+%C3%A9",
        ),
        (
            {"client_auth": "post"},
            {"content-type": "application/x-www-form-urlencoded"},
            "grant_type=refresh_token&refresh_token=r%26%3D%2B+%C3%A9&client_id=steps&"
            "client_secret=canary-of-the-client",
        ),
        (
            {"token_format": "json"},
            {"authorization": "Basic c3RlcHM6Y2FuYXJ5LW9mLXRoZS1jbGllbnQ=", "content-type": "application/json"},
            '{"grant_type":"refresh_token","refresh_token":"r&=+ é"}',
        ),
        (
            {"token_format": "json", "client_auth": "post"},
            {"content-type": "application/json"},
            '{"grant_type":"refresh_token","refresh_token":"r&=+ é","client_id":"steps",'
            '"client_secret":"canary-of-the-client"}',
        ),
        (
            {"client_id": "a:b c"},
            {"authorization": "Basic YSUzQWIrYzpjYW5hcnktb2YtdGhlLWNsaWVudA=="},
            "grant_type=refresh_token&refresh_token=r%26%3D%2B+%C3%A9",
        ),
    ],
)  # fmt: skip
def test_how_the_client_shows_itself(
    tmp_path: Path, changes: Mapping[str, str], headers: Mapping[str, str], body: str
) -> None:
    text = WHOLE
    for name, value in changes.items():
        text = text.replace('client_id = "steps"\n', "") if name == "client_id" else text
        text = text.replace("hosts =", f'{name} = "{value}"\nhosts =')
    registration = read(tmp_path, text).get("acme")
    assert registration is not None
    request = registration.request(registration.provider.token_url, FIELDS)
    assert {name: request.headers.get(name) for name in headers} == headers
    assert ("authorization" in request.headers) == (changes.get("client_auth") != "post")
    assert request.content.decode() == body
