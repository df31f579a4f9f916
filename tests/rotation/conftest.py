"""A vault with a few hundred sealed values, and rotations of its key on the real server."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from commands.rotating import begin, follow, rotator
from steps.key_rotation import MASTER, Order, Progress, id_of
from vault import Account, LocalKeys, Secret, Tokens, Vault, migrate
from vault.database import Database
from vault.key_census import count_keys
from vault.opening import open_rotations

CONNECTIONS = 120
VARIABLES = 80


def handle_of(number: int) -> str:
    return f"account-{number}"


def tokens_of(number: int, mark: str = "first") -> Tokens:
    return Tokens(Secret(f"access-{number}-{mark}"), Secret(f"refresh-{number}-{mark}"), None)


@dataclass
class Place:
    client: Client
    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'vault.db'}"

    @property
    def key_file(self) -> Path:
        return self.folder / "master.key"

    @property
    def env(self) -> dict[str, str]:
        address = self.client.service_client.config.target_host
        return {"STEPS_DATA_DIR": str(self.folder), "TEMPORAL_ADDRESS": address}

    async def vault(self) -> Vault:
        """Open the vault as one more process would."""
        return await Vault.open(self.url, LocalKeys.from_existing(self.key_file))

    async def counted(self) -> dict[str, int]:
        database = Database(self.url)
        try:
            return dict(await count_keys(database))
        finally:
            await database.close()

    async def rotate(self, order: Order, *, text: str | None = None, path: Path | None = None) -> Progress:
        """Do what the command does."""
        async with open_rotations(self.url, text, path or self.key_file) as rotations:
            await begin(self.client, order)
            async with rotator(self.client, rotations["master"]):
                return await follow(self.client, lambda _: None)


async def fill(vault: Vault) -> None:
    for number in range(CONNECTIONS):
        await vault.connections.save(handle_of(number), "notion", Account(str(number)), tokens_of(number))
    for number in range(VARIABLES):
        await vault.variables.set(f"w{number}", "KEY", f"secret-{number}", secret=True, hosts=["a.example"])
    await vault.webhook_tokens.receive("notion", Secret("events"))
    await vault.trigger_secrets.set("Orders", Secret("what-the-shop-signs-with"))


SEALED = 2 * CONNECTIONS + VARIABLES + 3  # with the token of events, a trigger's secret and the key check


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def filled(dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that each test begins with a copy of."""
    place = Place(dev_server.client, tmp_path_factory.mktemp("filled"))
    await migrate(place.url)
    LocalKeys.from_file(place.key_file)
    vault = await place.vault()
    await fill(vault)
    await vault.close()
    return place.folder


@pytest_asyncio.fixture(loop_scope="session")
async def place(dev_server: WorkflowEnvironment, filled: Path, tmp_path: Path) -> AsyncIterator[Place]:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    place = Place(dev_server.client, tmp_path)
    yield place
    with contextlib.suppress(RPCError):
        await dev_server.client.get_workflow_handle(id_of(MASTER)).terminate()
