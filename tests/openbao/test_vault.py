"""The vault with OpenBao's keys, opened as an API and as a worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from tests.openbao.conftest import RoleOf, opened, settings_of
from tests.openbao.server import Server
from tests.vault.conftest import pair
from vault import Account, KeyProviderDenied, KeyProviderFailed, LocalKeys, Secret, Vault, WrongKey
from vault.database import Database
from vault.opening import open_rotations, open_vault
from vault.tables import key_checks


async def test_what_the_api_seals_a_worker_opens(url: str, role: RoleOf) -> None:
    api = await opened(url, role("api"), "seal")
    await api.connections.save("ada", "notion", Account("bot"), pair())
    await api.variables.set("Flow", "KEY", "s3cret", secret=True, hosts=["a.example"])
    worker = await opened(url, role("worker"), "open")
    assert (await worker.connections.open("ada")).tokens.access.reveal() == "access-1"
    assert (await worker.variables.open("Flow", "KEY")).reveal() == "s3cret"
    for vault in (api, worker):
        await vault.ready()
        await vault.close()


async def test_the_api_opens_no_token_and_no_secret_variable(url: str, role: RoleOf) -> None:
    api = await opened(url, role("api"), "seal")
    await api.connections.save("ada", "notion", Account("bot"), pair())
    await api.variables.set("Flow", "KEY", "s3cret", secret=True, hosts=["a.example"])
    for call in (api.connections.open("ada"), api.variables.open("Flow", "KEY")):
        with pytest.raises(KeyProviderDenied):
            await call
    await api.close()


async def test_what_providers_sign_with_is_for_the_api_alone(url: str, role: RoleOf) -> None:
    api = await opened(url, role("api"), "seal")
    await api.webhook_tokens.receive("notion", Secret("verification"))
    _, token = await api.webhook_tokens.reveal("notion")
    assert token.reveal() == "verification"
    worker = await opened(url, role("worker"), "open")
    with pytest.raises(KeyProviderDenied):
        await worker.webhook_tokens.reveal("notion")
    for vault in (api, worker):
        await vault.close()


async def test_a_worker_stores_a_refreshed_pair_without_a_permission_to_seal(url: str, role: RoleOf) -> None:
    api, worker = await opened(url, role("api"), "seal"), await opened(url, role("worker"), "open")
    await api.connections.save("ada", "notion", Account("bot"), pair())
    for number in (2, 3):
        fresh = pair(f"access-{number}", f"refresh-{number}")
        assert await worker.connections.replace_tokens("ada", version=number - 1, tokens=fresh)
        found = (await worker.connections.open("ada")).tokens
        assert found.refresh
        assert (found.access.reveal(), found.refresh.reveal()) == (f"access-{number}", f"refresh-{number}")
    assert not await worker.connections.replace_tokens("ada", version=1, tokens=pair("late"))
    with pytest.raises(KeyProviderDenied):
        await worker.connections.save("bob", "notion", Account("bob"), pair())
    for vault in (api, worker):
        await vault.close()


async def replace_key(openbao: Server, key: str) -> None:
    """Make a key of that name anew, as another OpenBao would have it."""
    openbao.root("POST", f"transit/keys/{key}/config", {"deletion_allowed": True})
    openbao.root("DELETE", f"transit/keys/{key}")
    openbao.root("POST", f"transit/keys/{key}", {"type": "aes256-gcm96", "derived": True})


@pytest.mark.parametrize("key", ["steps", "steps-hooks"])
async def test_another_openbao_is_noticed_when_the_api_opens(url: str, openbao: Server, role: RoleOf, key: str) -> None:
    await (await opened(url, role("api"), "seal")).close()
    await replace_key(openbao, key)
    with pytest.raises(WrongKey, match="does not open this database"):
        await opened(url, role("api"), "seal")


async def test_another_openbao_is_noticed_when_a_worker_opens(url: str, openbao: Server, role: RoleOf) -> None:
    await (await opened(url, role("api"), "seal")).close()
    await replace_key(openbao, "steps")
    with pytest.raises(WrongKey, match="does not open this database"):
        await opened(url, role("worker"), "open")


async def test_another_key_provider_is_noticed(url: str, role: RoleOf, tmp_path: Path) -> None:
    await (await opened(url, role("api"), "seal")).close()
    for may in ("seal", "open"):
        with pytest.raises(WrongKey, match="does not open this database"):
            await Vault.open(url, LocalKeys([bytes(32)]), may=may)
    (tmp_path / "vault.db").unlink()


async def test_a_vault_of_local_keys_does_not_open_with_openbao(url: str, role: RoleOf) -> None:
    await (await Vault.open(url, LocalKeys([bytes(32)]))).close()
    for name, may in (("api", "seal"), ("worker", "open")):
        with pytest.raises(WrongKey, match="does not open this database"):
            await opened(url, role(name), may)  # pyright: ignore[reportArgumentType]  # a literal, lost in the tuple


async def test_a_worker_that_is_there_first_seals_nothing_and_is_checked_later(url: str, role: RoleOf) -> None:
    worker = await opened(url, role("worker"), "open")
    database = Database(url)
    async with database.read() as connection:
        assert (await connection.execute(select(key_checks))).all() == []
    await database.close()
    api = await opened(url, role("api"), "seal")
    await worker.ready()
    for vault in (api, worker):
        await vault.close()


async def test_a_worker_with_the_role_of_the_api_is_noticed(url: str, role: RoleOf) -> None:
    await (await opened(url, role("api"), "seal")).close()
    with pytest.raises(KeyProviderDenied):
        await opened(url, role("api"), "open")
    with pytest.raises(KeyProviderDenied):
        await opened(url, role("worker"), "seal")


async def test_the_settings_open_the_vault(url: str, openbao: Server, tmp_path: Path) -> None:
    unused = tmp_path / "master.key"
    api = await open_vault(url, None, unused, settings_of(openbao, "api"), may="seal")
    await api.connections.save("ada", "notion", Account("bot"), pair())
    worker = await open_vault(url, None, unused, settings_of(openbao, "worker"), may="open")
    assert (await worker.connections.open("ada")).tokens.access.reveal() == "access-1"
    for vault in (api, worker):
        await vault.close()
    async with open_rotations(url, None, unused, settings_of(openbao, "rotator")) as rotations:
        names = {ring: (await rotation.current()).rpartition("/")[0] for ring, rotation in rotations.items()}
    assert names == {"master": "openbao/steps", "hooks": "openbao/steps-hooks"}
    assert not unused.exists(), "no local key takes OpenBao's place"


async def test_no_local_key_takes_the_place_of_an_openbao_that_is_out(
    url: str, tmp_path: Path, openbao: Server
) -> None:
    settings = settings_of(openbao, "api", openbao_url="http://127.0.0.1:9")
    with pytest.raises(KeyProviderFailed):
        await open_vault(url, None, tmp_path / "master.key", settings)
    assert not (tmp_path / "master.key").exists()
