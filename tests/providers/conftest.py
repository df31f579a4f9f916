"""A real OAuth server, an application that knows it by its settings, and workers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker as TemporalWorker

from activities import Activities
from activities.tasks import keep_connections
from api.app import create_app
from local.notion import create_app as create_notion
from settings import ROOT, Settings
from steps.dedupe import own_workflows
from steps.discovery import discover
from tests.activities.conftest import World
from tests.api.browsing import PUBLIC_URL, Recorder
from tests.api.conftest import Place
from tests.own_vault import migrated_file, own_settings, vault
from tests.providers.site import CLIENT, SECRET
from vault import LocalKeys, Signer, Vault

__all__ = ["migrated_file", "vault"]

FLOWS = Path(__file__).parent / "acme_flows"
PROVIDERS = {"acme": "userinfo", "acme-id": "id_token"}


@dataclass
class Site:
    """The OAuth server's process."""

    origin: str

    @property
    def issuer(self) -> str:
        return f"{self.origin}/o"

    def asked(self, path: str, grant_type: str = "") -> int:
        """How often the server was asked for this, since it runs."""
        seen: list[dict[str, str]] = httpx.get(f"{self.origin}/control").json()
        return seen.count({"path": path, "grant_type": grant_type})

    def live_for(self, seconds: int) -> None:
        httpx.get(f"{self.origin}/control", params={"lifetime": seconds}).raise_for_status()

    def expire(self) -> None:
        """Take no access token any more that there is now."""
        httpx.get(f"{self.origin}/control", params={"expire": 1}).raise_for_status()

    def table(self, name: str = "acme", **changes: Any) -> str:
        """Write the provider as the settings have it."""
        of_id_token = PROVIDERS.get(name) == "id_token"
        fields: dict[str, Any] = {
            "title": "Acme CRM",
            "client_id": CLIENT,
            "client_secret_env": "TEST_ACME_SECRET",
            "authorize_url": f"{self.origin}/o/authorize/",
            "token_url": f"{self.origin}/o/token/",
            "revoke_url": f"{self.origin}/o/revoke_token/",
            "test_url": "https://api.acme.test/who",
            "issuer": self.issuer,
            "iss_required": True,
            "hosts": ["api.acme.test"],
            "scopes": ["openid", "contacts"],
            "client_auth": "post" if of_id_token else "basic",
        } | changes
        lines = [f"[providers.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in fields.items())]
        source = f'source = "{PROVIDERS.get(name, "userinfo")}"\nid = "sub"\nlabel = "name"'
        url = "" if of_id_token else f'url = "{self.origin}/o/userinfo/"'
        stand_ins = f'[providers.{name}.stand_ins]\n"api.acme.test" = "{self.origin}"'
        return "\n".join([*lines, f"[providers.{name}.account]", source, url, stand_ins, ""])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    backs = [f"{PUBLIC_URL}/oauth/callback/{name}" for name in PROVIDERS]
    folder = tmp_path_factory.mktemp("site")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.providers.site", str(folder), *backs],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, (folder / "log").read_text()
        try:
            yield Site(json.loads(first)["origin"])
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()


@pytest.fixture
def settings(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TEST_ACME_SECRET", SECRET)
    site.live_for(3600)
    file = tmp_path / "providers.toml"
    file.write_text("\n".join(site.table(name) for name in PROVIDERS))
    return own_settings(
        tmp_path,
        task_queue=f"providers-{uuid4()}",
        workflows_dir=FLOWS,
        providers_file=file,
        temporal_ui_url="http://ui.test",
    )


@pytest_asyncio.fixture(loop_scope="session")
async def place(vault: Vault, settings: Settings, dev_server: WorkflowEnvironment) -> AsyncIterator[Place]:
    """An application that calls the server over the network."""
    key, text = await vault.api_keys.create("tests", ["admin"])
    sent = Recorder(httpx.AsyncHTTPTransport())
    async with httpx.AsyncClient(transport=sent) as provider_http:
        app = create_app(settings, client=dev_server.client, vault=vault, provider_http=provider_http)
        yield Place(app, settings, vault, text.reveal(), key.id, create_notion(), sent)


@pytest_asyncio.fixture(loop_scope="session")
async def working(vault: Vault, settings: Settings, dev_server: WorkflowEnvironment) -> AsyncIterator[None]:
    """A worker for the flows of these tests, with what it does beside its polling."""
    found = discover(FLOWS)
    assert not found.problems
    activities = Activities(vault, Signer(b"s" * 32), settings, client=dev_server.client)
    async with TemporalWorker(
        dev_server.client,
        task_queue=settings.task_queue,
        workflows=[*found.workflows.values(), *own_workflows()],
        activities=activities.all(),
    ):
        keeping = asyncio.create_task(keep_connections(vault, dev_server.client, settings))
        yield
        keeping.cancel()
        await asyncio.wait([keeping])
    await activities.close()


@pytest.fixture
def world(vault: Vault, settings: Settings) -> World:
    """The same vault for activities without a run."""
    assert settings.master_key
    keys = LocalKeys.from_text(settings.master_key.get_secret_value())
    return World(settings.vault_url, vault, Signer(b"s" * 32), keys)
