"""What the settings take for OpenBao."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from settings import Settings

GOOD = {
    "key_provider": "openbao",
    "openbao_url": "https://openbao.example.com:8200/",
    "openbao_role_id": "steps-api",
    "openbao_secret_id": "canary",
}


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **(GOOD | changes))  # pyright: ignore[reportCallIssue]  # pydantic-settings' own


def test_the_address_stands_without_its_last_slash_and_the_secret_is_hidden():
    made = settings()
    assert made.openbao_url == "https://openbao.example.com:8200"
    assert made.openbao_key == "steps"
    assert "canary" not in repr(made)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8200", "http://localhost:8200", "http://[::1]:8200"])
def test_plain_http_to_this_machine_is_taken(url: str):
    assert settings(openbao_url=url).openbao_url == url


def test_plain_http_is_for_this_machine_alone():
    with pytest.raises(ValidationError, match="must be https"):
        settings(openbao_url="http://openbao:8200")
    assert settings(openbao_url="http://openbao:8200", openbao_plain_http=True).openbao_url == "http://openbao:8200"


@pytest.mark.parametrize(
    "url", ["", "openbao:8200", "ftp://openbao", "https://", "https://openbao/v1", "https://o?x=1"]
)
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(ValidationError, match="must be an address such as"):
        settings(openbao_url=url)


@pytest.mark.parametrize("name", ["openbao_url", "openbao_role_id", "openbao_secret_id"])
def test_openbao_needs_its_address_and_its_role(name: str):
    with pytest.raises(ValidationError, match=f"openbao needs STEPS_{name.upper()}") as refusal:
        settings(**{name: None})
    assert "canary" not in str(refusal.value)


@pytest.mark.parametrize("changes", [{"key_provider": "vault"}, {"openbao_key": "../sys"}, {"openbao_key": "a/b"}])
def test_an_unknown_provider_or_a_name_that_is_a_path_is_refused(changes: dict[str, str]):
    with pytest.raises(ValidationError):
        settings(**changes)
