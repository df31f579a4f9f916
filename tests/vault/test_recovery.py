"""The drill of docs/backup.md, by its own commands: what is restored into empty places opens a connection again."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from settings import ROOT
from tests.docs.pages import blocks, section, text_of
from tests.postgres import Deployed, deploy, running
from tests.vault.conftest import pair
from tests.vault.test_leaks import spellings
from vault import Account, ConnectionUnknown, Vault, WrongKey, migrate
from vault.keyfile import load_keys
from vault.opening import open_signer, open_vault

SAVE, RESTORE = 0, 1  # The blocks of each section, in their order.


@dataclass(frozen=True)
class Places:
    """Where the data was, where its backups go, and where it is to be again."""

    data: Path
    backup: Path
    safe: Path
    again: Path

    def run(self, heading: str, block: int, data: Path, **more: str) -> None:
        """Run a block of the page as an operator does."""
        told = {"DATA": str(data), "BACKUP": str(self.backup), "SAFE": str(self.safe), **more}
        path = f"{Path(sys.executable).parent}:{more.get('PATH', os.environ['PATH'])}"
        command = blocks(section(text_of("docs/backup.md"), heading), "sh")[block]
        ran = subprocess.run(
            ["sh", "-eu", "-c", command],
            env=os.environ | told | {"PATH": path},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(*(tmp_path / name for name in ("data", "backup", "safe", "again")))
    for folder in vars(places).values():
        folder.mkdir()
    return places


async def use(url: str, data: Path) -> Vault:
    """Leave a vault open, as a process that runs does, with something in it."""
    vault = await open_vault(url, None, data / "master.key")
    await vault.connections.save("my-notion", "notion", Account("bot"), pair("canary-access", "canary-refresh"))
    await vault.variables.set("w", "KEY", "canary-variable", secret=True, hosts=["a.example"])
    open_signer(None, data / "signing.key")
    return vault


async def opens(url: str, data: Path) -> tuple[str, str]:
    vault = await open_vault(url, None, data / "master.key")
    try:
        token = (await vault.connections.open("my-notion")).tokens.access
        return token.reveal(), (await vault.variables.open("w", "KEY")).reveal()
    finally:
        await vault.close()


def holds_nothing(backup: Path, data: Path) -> None:
    """Neither a secret, nor the key that opens what is there."""
    content = backup.read_bytes()
    for text in ("canary-access", "canary-refresh", "canary-variable"):
        assert not [spelling for spelling in spellings(text) if spelling in content]
    for key in load_keys(data / "master.key")[0]:
        assert not [one for one in (key, key.hex().encode(), base64.b64encode(key)) if one in content]


async def test_a_file_and_its_keys_are_restored(places: Places):
    url = f"sqlite:///{places.data}/vault.db"
    await migrate(url)
    vault = await use(url, places.data)
    places.run("SQLite", SAVE, places.data)
    naive = shutil.copy(places.data / "vault.db", places.data.with_name("naive.db"))
    await vault.close()
    with pytest.raises(ConnectionUnknown):  # it is still in the -wal file beside
        await opens(f"sqlite:///{naive}", places.data)
    holds_nothing(places.backup / "vault.db", places.data)
    shutil.move(places.data, places.data.with_name("lost"))

    places.run("SQLite", RESTORE, places.again)
    assert {file.stat().st_mode & 0o077 for file in places.again.iterdir()} == {0}
    again = f"sqlite:///{places.again}/vault.db"
    assert await opens(again, places.again) == ("canary-access", "canary-variable")


async def test_a_server_and_its_keys_are_restored(places: Places, deployed: Deployed):
    deployed.empty()
    vault = await use(deployed.application, places.data)
    told = {"PATH": f"{deployed.server.programs}:{os.environ['PATH']}"}
    places.run("PostgreSQL", SAVE, places.data, OWNER_URL=deployed.owner, **told)
    await vault.close()
    holds_nothing(places.backup / "vault.sql", places.data)

    with running() as server:
        new = deploy(server)
        places.run("PostgreSQL", RESTORE, places.again, OWNER_URL=new.owner, **told)
        assert await opens(new.application, places.again) == ("canary-access", "canary-variable")
        said = server.run("psql", "-XAtc", "UPDATE alembic_version SET version_num = ''", new.application, check=False)
        assert "permission denied" in said
        with pytest.raises(WrongKey):  # the database alone, with any key but its own
            await open_vault(new.application, None, places.again.with_name("another.key"))
