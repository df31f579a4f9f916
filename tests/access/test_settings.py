from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api.persons import granted
from settings import Settings
from vault import Person

OPENID: dict[str, Any] = {
    "oidc_issuer": "https://id.example.com",
    "oidc_client_id": "steps",
    "oidc_client_secret": "canary-secret",
}


def build(given: dict[str, Any]) -> Settings:
    return Settings(**given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": None},
        {"oidc_client_id": None},
        {"oidc_client_secret": None},
        {"oidc_issuer": "http://id.example.com"},
        {"oidc_issuer": "https://id.example.com?x=1"},
        {"oidc_issuer": "https://id.example.com#x"},
        {"oidc_issuer": "https://u:p@id.example.com"},
        {"oidc_issuer": "id.example.com"},
        {"oidc_scopes": "email openid"},
        {"oidc_scopes": ""},
        {"oidc_access": "ada@example.com"},
        {"oidc_access": "ada@example.com=root"},
        {"oidc_access": "=admin"},
        {"oidc_access": "group:=admin"},
        {"oidc_access": "*=admin"},
        {"oidc_access": "example.com=admin"},
        {"failed_sign_ins_per_minute": 0},
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        build(OPENID | wrong)
    assert "canary-secret" not in str(refusal.value)


def test_empty_ones_are_not_set() -> None:
    settings = build(dict.fromkeys(OPENID, ""))
    assert (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret) == (None, None, None)


@pytest.mark.parametrize("issuer", ["https://id.example.com/realms/x/", "http://127.0.0.1:9000/o", "http://localhost"])
def test_the_issuer_is_kept_as_the_provider_writes_it(issuer: str) -> None:
    assert build(OPENID | {"oidc_issuer": issuer}).oidc_issuer == issuer


@pytest.mark.parametrize(
    ("access", "scopes"),
    [
        ("", ()),
        ("ada@example.com=read", ("read",)),
        (" ADA@Example.com = read ", ("read",)),
        ("ADA@Example.com=read , ada@example.com=trigger", ("trigger", "read")),
        ("group:ops=operate,sub:42=admin", ("operate", "admin")),
        ("group:OPS=operate,sub:421=admin,bob@example.com=admin", ()),
        ("group:a=b=admin", ("admin",)),
    ],
)
def test_who_may_what(access: str, scopes: tuple[str, ...]) -> None:
    settings = build(OPENID | {"oidc_access": access})
    person = Person("https://id.example.com", "42", "Ada@Example.com", ("ops", "a=b"))
    assert granted(settings, person) == scopes
    assert granted(settings, Person("https://other.example.com", "42", person.email, person.groups)) == ()
