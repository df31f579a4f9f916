"""The drill of docs/backup.md: both stores' backups, put into empty ones, and a connection that works again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.openbao.conftest import settings_of
from tests.openbao.server import Server, server_program
from tests.postgres import Postgres
from tests.vault.conftest import pair
from vault import Account, VaultUnavailable, migrate
from vault.opening import open_vault


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Server]:
    """An OpenBao that will be lost, with everything in its folder."""
    server = Server(tmp_path / "lost")
    server.folder.mkdir()
    server.start()
    server.set_up()
    yield server
    server.stop()


@pytest.fixture
def empty(lost: Server, tmp_path: Path) -> Iterator[Server]:
    """The one that takes its place: the same configuration and unseal key, at the same address, and nothing in it."""
    server = Server(tmp_path / "restored", lost.port)
    (server.folder / "data").mkdir(parents=True)
    shutil.copy(lost.folder / "unseal.key", server.folder)
    config = (lost.folder / "openbao.hcl").read_text(encoding="utf-8")
    # Its data alone is elsewhere: OpenBao refuses a backup whose audit log was at another path.
    here = config.replace(str(lost.folder / "data"), str(server.folder / "data"))
    (server.folder / "openbao.hcl").write_text(here, encoding="utf-8")
    yield server
    server.stop()


def bao(server: Server, *arguments: str) -> str:
    known = (server.folder / "init.txt").exists()
    told = {"BAO_ADDR": server.url, "PATH": os.environ["PATH"], "HOME": str(server.folder)} | (
        {"BAO_TOKEN": server.root_token} if known else {}
    )
    ran = subprocess.run([server_program(), *arguments], env=told, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


async def test_both_backups_restored_into_empty_stores_open_a_connection(
    postgres: Postgres, lost: Server, empty: Server, tmp_path: Path
):
    name, copy = postgres.make(), postgres.make()
    source, target = postgres.url(name), postgres.url(copy)
    await migrate(source)
    api = await open_vault(source, None, tmp_path / "none", settings_of(lost, "api"), may="seal")
    await api.connections.save("my-notion", "notion", Account("bot"), pair("canary-access", "canary-refresh"))
    await api.close()

    dump, snapshot = tmp_path / "vault.sql", tmp_path / "openbao.snapshot"
    postgres.run("pg_dump", "--no-owner", "--no-privileges", "--file", str(dump), source)
    bao(lost, "operator", "raft", "snapshot", "save", str(snapshot))
    for backup in (dump, snapshot):
        assert b"canary" not in backup.read_bytes()

    postgres.run("psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(dump), target)
    alone = settings_of(lost, "worker", openbao_url="http://127.0.0.1:9")
    with pytest.raises(VaultUnavailable):  # the database alone opens nothing
        await open_vault(target, None, tmp_path / "none", alone)

    lost.stop()
    empty.start()
    made = bao(empty, "operator", "init", "-recovery-shares=1", "-recovery-threshold=1")
    (empty.folder / "init.txt").write_text(made)
    empty.wait(lambda status: status == 200)
    bao(empty, "operator", "raft", "snapshot", "restore", "-force", str(snapshot))
    empty.stop()
    empty.start()  # with what was restored
    empty.wait(lambda status: status == 200)
    restored = settings_of(lost, "worker")

    worker = await open_vault(target, None, tmp_path / "none", restored, may="open")
    try:
        assert (await worker.connections.open("my-notion")).tokens.access.reveal() == "canary-access"
    finally:
        await worker.close()
