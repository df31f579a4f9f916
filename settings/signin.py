from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from settings.base import Options
from settings.places import is_loopback

_SCOPES = ("trigger", "read", "operate", "admin")


class SignInOptions(Options):
    """How people sign in, beside with an API key."""

    failed_sign_ins_per_minute: int = Field(
        default=30, ge=1, description="Wrong keys and links of one client address; ten times that of all."
    )
    oidc_issuer: str | None = Field(default=None, description="The OpenID provider that people sign in at.")
    oidc_client_id: str | None = Field(default=None, description="Your client id there.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its client secret.")
    oidc_scopes: str = Field(default="openid email", description="What is asked of it; the first is `openid`.")
    oidc_groups_claim: str = Field(default="groups", min_length=1, description="The claim that names groups.")
    oidc_access: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Who may do what: `ada@example.com=admin,group:ops=operate`; nobody if empty."
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value is not None and not is_safe(value):
            raise ValueError("must be an https address without query and fragment, exactly as the provider writes it")
        return value

    @field_validator("oidc_scopes")
    @classmethod
    def _openid(cls, value: str) -> str:
        if value.split()[:1] != ["openid"]:
            raise ValueError("must be scopes separated by spaces, the first of which is openid")
        return " ".join(value.split())

    @field_validator("oidc_access", mode="before")
    @classmethod
    def _split_access(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("oidc_access")
    @classmethod
    def _access(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for rule in value:
            who, _, scope = rule.rpartition("=")
            named = who.removeprefix("sub:").removeprefix("group:")
            if scope not in _SCOPES or not named or ("@" not in who and not who.startswith(("sub:", "group:"))):
                raise ValueError(f"must be who=scope, separated by commas; a scope is one of {', '.join(_SCOPES)}")
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(value is not None for value in given) and not all(given):
            raise ValueError("STEPS_OIDC_ISSUER, STEPS_OIDC_CLIENT_ID and STEPS_OIDC_CLIENT_SECRET go together")
        return self

    @property
    def oidc_access_rules(self) -> list[tuple[str, str]]:
        """Who, as `email`, `sub:...` or `group:...`, and the scope that they have; e-mail addresses in lower case."""
        rules = [rule.rpartition("=") for rule in self.oidc_access]
        return [(who if who.startswith(("sub:", "group:")) else who.lower(), scope) for who, _, scope in rules]


def is_safe(address: str, *, query: bool = False) -> bool:
    """Tell whether codes and secrets may be sent to an address: by https, or on this machine."""
    parts = urlsplit(address)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    whole = bool(parts.hostname) and (query or not parts.query) and not parts.fragment and parts.username is None
    return whole and (parts.scheme == "https" or plain)
