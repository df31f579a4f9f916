"""The file of providers: a table `[providers.<name>]` for each, checked field by field."""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from vault.provider_errors import ProvidersFileInvalid
from vault.providers import AccountRule, Provider

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
_PATH = re.compile(r"[^.\s]+(\.[^.\s]+)*")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_VISIBLE = re.compile(r"[!-~]([ -~]*[!-~])?")
_TAKEN = frozenset({"notion"})
_OURS = frozenset(
    {"client_id", "client_secret", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "request",
     "request_uri", "response_mode", "response_type", "scope", "state"}
)  # fmt: skip
_OUR_HEADERS = frozenset({"accept", "accept-encoding", "authorization", "content-length", "content-type", "cookie",
                          "host", "transfer-encoding"})  # fmt: skip


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(text: str) -> str:
    parts = urlsplit(text)
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not safe or "@" in parts.netloc or "#" in text or not _VISIBLE.fullmatch(text) or " " in text:
        raise ValueError("must be an https address without a fragment; http is for this machine alone")
    return text


def _end_point(text: str) -> str:
    _address(text)
    if "?" in text:
        raise ValueError("must have no query; put parameters of the consent page into authorize_params")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise ValueError(
            "must be one exact host in lower case, such as api.example.com, without scheme, port or wildcard"
        )
    return text


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError("must be names apart by dots, such as sub or data.user.id")
    return text


def _parameters(given: dict[str, str]) -> dict[str, str]:
    if taken := sorted(_OURS & given.keys()):
        raise ValueError(f"must not set {', '.join(taken)}: the flow sets it")
    return given


def _headers(given: dict[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if not _HEADER.fullmatch(name) or not _VISIBLE.fullmatch(value) or name.lower() in _OUR_HEADERS:
            raise ValueError("must be headers of visible characters, and none of those that the call sets itself")
    return given


Address = Annotated[str, AfterValidator(_address)]
EndPoint = Annotated[str, AfterValidator(_end_point)]
Path_ = Annotated[str, AfterValidator(_path)]
Words = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Scope = Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class AccountTable(_Table):
    """How the account is learnt."""

    source: Literal["token", "id_token", "userinfo"]
    id: Path_
    label: Path_ | None = None
    url: Address | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.source == "userinfo") != (self.url is not None):
            raise ValueError("url goes with source = 'userinfo', and with no other")
        return self


class ProviderTable(_Table):
    """One provider, and this deployment's registration there."""

    title: Words
    client_id: Words
    client_secret_env: str | None = None
    client_secret_file: str | None = None
    authorize_url: EndPoint
    token_url: EndPoint
    revoke_url: EndPoint | None = None
    test_url: Address | None = None
    issuer: Address | None = None
    iss_required: bool = False
    hosts: Annotated[list[Annotated[str, AfterValidator(_host)]], Field(min_length=1)]
    scopes: list[Scope] = []
    authorize_params: Annotated[dict[str, str], AfterValidator(_parameters)] = {}
    token_headers: Annotated[dict[str, str], AfterValidator(_headers)] = {}
    pkce: bool = True
    token_format: Literal["form", "json"] = "form"  # noqa: S105 -- the body's format, no password
    client_auth: Literal["basic", "post"] = "basic"
    refresh: Literal["by_expiry", "on_401"] = "by_expiry"
    account: AccountTable
    stand_ins: dict[str, Address] = {}

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, given: Any) -> Any:
        if isinstance(given, dict) and "client_secret" in given:
            raise ValueError("holds a client_secret: keep it elsewhere, and name it by client_secret_env or _file")
        return given  # pyright: ignore[reportUnknownVariableType]  # checked field by field after this

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.client_secret_env is None) == (self.client_secret_file is None):
            raise ValueError("needs one of client_secret_env and client_secret_file")
        if self.issuer is None and (self.iss_required or self.account.source == "id_token"):
            raise ValueError("needs issuer, for iss_required and for an id_token")
        if self.account.source == "id_token" and "openid" not in self.scopes:
            raise ValueError("needs the scope openid, for an id_token")
        if self.test_url is not None and not self._may_see_tokens(self.test_url):
            raise ValueError("needs a test_url of https on one of its hosts")
        for host, origin in self.stand_ins.items():
            parts = urlsplit(origin)
            if host not in self.hosts or not is_loopback(parts.hostname or "") or parts.path not in ("", "/"):
                raise ValueError("has a stand-in that is not on this machine, or is for none of its hosts")
        return self

    def _may_see_tokens(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.port is None and parts.hostname in self.hosts


class ProvidersTable(_Table):
    """The whole file."""

    providers: dict[str, ProviderTable]

    @model_validator(mode="after")
    def _names(self) -> Self:
        for name in self.providers:
            if not _NAME.fullmatch(name) or name in _TAKEN:
                raise ValueError(f"{name!r}: a name is lowercase letters, numbers, and hyphens, and notion is taken")
        return self


def read_provider_file(path: Path) -> dict[str, tuple[Provider, str, str]]:
    """Return each provider with the client id and the client secret.

    Raises:
        ProvidersFileInvalid: with every field that is wrong, and nothing of what stands there.
    """
    try:
        tables = ProvidersTable.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ProvidersFileInvalid(f"STEPS_PROVIDERS_FILE cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = re.search(r"\(at .*\)$", str(error))
        raise ProvidersFileInvalid(f"STEPS_PROVIDERS_FILE is not TOML {where[0] if where else ''}".strip()) from None
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, item['loc'])) or 'providers'}: {item['msg']}" for item in error.errors()]
        raise ProvidersFileInvalid("\n".join(["STEPS_PROVIDERS_FILE:", *lines])) from None
    return {
        name: (_provider(name, table), table.client_id, _secret(name, table, path))
        for name, table in tables.providers.items()
    }


def _secret(name: str, table: ProviderTable, path: Path) -> str:
    if table.client_secret_env is not None:
        secret, where = os.environ.get(table.client_secret_env, ""), f"client_secret_env: {table.client_secret_env}"
    else:
        file = path.parent / (table.client_secret_file or "")
        where = "client_secret_file"
        try:
            secret = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            secret = ""
    if not secret:
        raise ProvidersFileInvalid(f"STEPS_PROVIDERS_FILE:\nproviders.{name}.{where} holds no client secret")
    return secret


def _provider(name: str, table: ProviderTable) -> Provider:
    account = table.account
    return Provider(
        name=name,
        title=table.title,
        authorize_url=table.authorize_url,
        token_url=table.token_url,
        revoke_url=table.revoke_url,
        hosts=tuple(table.hosts),
        account=AccountRule(account.source, id=account.id, label=account.label, url=account.url),
        scopes=tuple(table.scopes),
        authorize_params=MappingProxyType(table.authorize_params),
        pkce=table.pkce,
        issuer=table.issuer,
        iss_required=table.iss_required,
        token_format=table.token_format,
        client_auth=table.client_auth,
        token_headers=MappingProxyType(table.token_headers),
        refresh=table.refresh,
        test_url=table.test_url,
        stand_ins=MappingProxyType({host: origin.rstrip("/") for host, origin in table.stand_ins.items()}),
    )
