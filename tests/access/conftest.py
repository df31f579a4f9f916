"""Signing in at an OpenID server that is not ours, by its own pages."""

from __future__ import annotations

import json
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI

from api.app import create_app
from local.ports import choose
from settings import ROOT, Settings
from tests.api.browsing import PUBLIC_URL
from tests.conftest import eventually
from tests.own_vault import migrated_file, own_settings, vault
from vault import Vault

__all__ = ["migrated_file", "vault"]

CALLBACK = f"{PUBLIC_URL}/oauth/signin/callback"
PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"email": "Ada@example.com", "email_verified": True, "groups": ["staff"]},
    "bob": {"email": "bob@example.com", "email_verified": True, "groups": ["ops", "staff"]},
    "eve": {"email": "ada@example.com", "email_verified": False},  # typed in, and never confirmed
    "mallory": {"email": "mallory@example.com", "email_verified": True},
    "trudy": {"email": "ada@example.com", "email_verified": "true"},
}


@dataclass(frozen=True)
class Identity:
    """The OpenID server: where it is, and what it knows of us."""

    origin: str
    client_secret: str
    password: str

    @property
    def issuer(self) -> str:
        return f"{self.origin}/o"

    async def sign_in(self, address: str, name: str, *, allow: bool = True) -> str:
        """Go through the server's pages as a person does; return where the browser is sent back to."""
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
            page = await browser.get(address)
            page = await self._post(browser, page, username=name, password=self.password)
            browser.follow_redirects = False
            answer = await self._post(browser, page, **({"allow": "Authorize"} if allow else {}))
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    async def _post(self, browser: httpx.AsyncClient, page: httpx.Response, **fields: str) -> httpx.Response:
        assert page.status_code == 200, page.text
        hidden: dict[str, str] = {}
        for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page.text):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name:
                hidden[name[1]] = unescape(value[1]) if value else ""
        return await browser.post(urljoin(str(page.url), ""), data=hidden | fields)


@pytest.fixture(scope="session")
def identity_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("identity")


def serve(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.access.identity", str(port), str(folder)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)


@asynccontextmanager
async def serving_identity(identity_folder: Path, *redirect_uris: str) -> AsyncGenerator[Identity]:
    """Run django-oauth-toolkit as a process of its own."""
    port = choose(8900, set())
    found = Identity(f"http://127.0.0.1:{port}", secrets.token_urlsafe(24), secrets.token_urlsafe(12))
    key = rsa.generate_private_key(65537, 2048)
    given = {
        "key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "people": PEOPLE,
        "password": found.password,
        "client_id": "durable-steps",
        "client_secret": found.client_secret,
        "redirect_uris": redirect_uris,
    }
    (identity_folder / "people.json").write_text(json.dumps(given), encoding="utf-8")
    process = serve(identity_folder, port)

    async def answers() -> bool:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{found.issuer}/.well-known/openid-configuration")).status_code == 200

    try:
        await eventually(answers, seconds=60)
        yield found
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def identity(identity_folder: Path) -> AsyncIterator[Identity]:
    async with serving_identity(identity_folder, CALLBACK, "http://127.0.0.1:8799/oauth/signin/callback") as identity:
        yield identity


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return own_settings(tmp_path, workflows_dir=tmp_path)


MakeApp = Callable[..., FastAPI]


@pytest_asyncio.fixture(loop_scope="session")
async def make_app(vault: Vault, settings: Settings) -> AsyncIterator[MakeApp]:
    """Make an application that lets people of an OpenID server sign in."""
    http = httpx.AsyncClient(trust_env=False)

    def make(issuer: str, secret: str, access: str, **more: Any) -> FastAPI:
        given: dict[str, Any] = settings.model_dump() | {
            "oidc_issuer": issuer,
            "oidc_client_id": "durable-steps",
            "oidc_client_secret": secret,
            "oidc_access": access,
        }
        return create_app(Settings(**(given | more)), vault=vault, provider_http=http)

    yield make
    await http.aclose()
