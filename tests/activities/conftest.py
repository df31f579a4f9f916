"""The real parts that the activities work with: a vault in a file, a signer, Temporal's activity environment."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.converter import DefaultFailureConverter, DefaultPayloadConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import Activities
from settings import Settings
from steps.http import FetchRequest, NotionRequest, Response
from steps.sealed import SealedToken, make_reference, seal_purpose, seal_text
from vault import Account, LocalKeys, Secret, Signer, Tokens, Vault, migrate

FLOW = "OrderToNotion"
CANARY = "ntn_canary/+0a1b2c3d4e5f"
REFRESH = "nrt_canary/+9f8e7d6c5b4a"
CLIENT_SECRET = "canary-of-the-client"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("activities") / "migrated.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@dataclass
class World:
    """One deployment: a vault, and as many workers as a test asks for."""

    url: str
    vault: Vault
    signer: Signer
    keys: LocalKeys
    addresses: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    resolved: list[str] = field(default_factory=list[str])

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        if host[0].isdigit() or ":" in host:
            return [host]
        if host not in self.addresses:
            raise OSError("unknown")
        return self.addresses[host]

    @asynccontextmanager
    async def worker(self, vault: Vault | None = None, **options: Any) -> AsyncGenerator[Worker, None]:
        options = {"notion_client_id": "client", "notion_client_secret": SecretStr(CLIENT_SECRET)} | options
        options = {"notion_requests_per_second": 0} | options
        settings = Settings(_env_file=None, **options)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
        activities = Activities(vault or self.vault, self.signer, settings, self.resolve)
        try:
            yield Worker(activities)
        finally:
            await activities.close()

    async def connect(self, handle: str = "my-notion", access: str = CANARY, refresh: str | None = None) -> str:
        pair = Tokens(Secret(access), None if refresh is None else Secret(refresh))
        await self.vault.connections.save(handle, "notion", Account(id=f"bot of {handle}"), pair)
        return self.seal("connection", handle)

    def seal(self, kind: Any, name: str, workflow: str = FLOW) -> SealedToken:
        return make_reference(kind, name, self.signer.sign(seal_purpose(workflow), seal_text(kind, name)))

    async def access(self, handle: str = "my-notion") -> str:
        return (await self.vault.connections.open(handle)).tokens.access.reveal()


@dataclass
class Worker:
    activities: Activities

    def environment(self, workflow: str = FLOW) -> ActivityEnvironment:
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, workflow_type=workflow)
        return environment

    async def fetch(self, url: str, *, workflow: str = FLOW, **fields: Any) -> Response:
        return await self.environment(workflow).run(self.activities.fetch, FetchRequest(url=url, **fields))

    async def notion(self, method: str, path: str, *, handle: str = "my-notion", **fields: Any) -> dict[str, Any]:
        fields = {"version": "2022-06-28"} | fields
        request = NotionRequest(handle=handle, method=method, path=path, **fields)
        return await self.environment().run(self.activities.notion, request)

    async def failure(self, call: Any) -> ApplicationError:
        """Await a call that fails, and return how: nothing of a secret anywhere in it."""
        with pytest.raises(ApplicationError) as caught:
            await call
        check_clean(caught.value)
        return caught.value


def check_clean(error: BaseException) -> None:
    """Look for secrets in all that Temporal sends of an error, and in what hangs on it."""
    from temporalio.api.failure.v1 import Failure

    sent = Failure()
    DefaultFailureConverter().to_failure(error, DefaultPayloadConverter(), sent)
    seen: list[str] = [str(sent)]
    pending: list[BaseException | None] = [error]
    while pending:
        if (each := pending.pop()) is not None:
            seen += [str(each), repr(each), repr(vars(each))]
            pending += [each.__cause__, each.__context__]
    for text in seen:
        assert "canary" not in text


@pytest.fixture
async def world(migrated: Path, tmp_path: Path) -> AsyncIterator[World]:
    url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'vault.db')}"
    keys = LocalKeys.from_file(tmp_path / "vault.key")
    vault = await Vault.open(url, keys)
    yield World(url, vault, Signer.from_file(tmp_path / "signing.key"), keys)
    await vault.close()
