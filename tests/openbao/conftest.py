"""One real OpenBao server for all these tests, set up by what is shipped for it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from settings import Settings
from tests.openbao.server import Server
from tests.vault.conftest import migrated_file
from vault import KeyProvider, Vault, WrappedKey
from vault.openbao import OpenBaoKeys
from vault.openbao_client import OpenBao
from vault.vault import May

__all__ = ["migrated_file"]

RoleOf = Callable[..., OpenBao]


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("openbao"))
    server.start()
    try:
        server.set_up()
        yield server
    finally:
        server.stop()


@pytest.fixture
async def role(openbao: Server) -> AsyncIterator[RoleOf]:
    """Sign in as one of the shipped roles."""
    made: list[OpenBao] = []

    def sign_in(name: str, secret_id: str | None = None) -> OpenBao:
        made.append(openbao.role(name, secret_id))
        return made[-1]

    yield sign_in
    for client in made:
        await client.close()


class ApiAndWorker(KeyProvider):
    """Seal as the API does, open as a worker does: neither may do both."""

    def __init__(self, api: OpenBao, worker: OpenBao, key: str = "steps") -> None:
        self._api, self._worker = OpenBaoKeys(api, key), OpenBaoKeys(worker, key)

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        return await self._api.wrap(data_key, context)

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        return await self._worker.unwrap(wrapped, context)


@pytest.fixture
def both(role: RoleOf) -> ApiAndWorker:
    return ApiAndWorker(role("api"), role("worker"))


@pytest.fixture
def url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'vault.db')}"


async def opened(url: str, client: OpenBao, may: May, key: str = "steps") -> Vault:
    """Open a vault as one of the processes does."""
    return await Vault.open(url, OpenBaoKeys(client, key), OpenBaoKeys(client, f"{key}-hooks"), may=may)


def settings_of(openbao: Server, role: str, **changes: object) -> Settings:
    """Return the settings of a process that has this role."""
    given = {
        "key_provider": "openbao",
        "openbao_url": openbao.url,
        "openbao_role_id": f"steps-{role}",
        "openbao_secret_id": openbao.secret_id(role),
    }
    return Settings(_env_file=None, **(given | changes))  # pyright: ignore[reportCallIssue, reportArgumentType]  # pydantic-settings' own
