"""Both keys rotated by the rotator's role, while an API and a worker go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.openbao.conftest import RoleOf, opened, settings_of
from tests.openbao.server import Server
from tests.vault.conftest import pair
from vault import Account, Secret, Vault
from vault.opening import open_rotations
from vault.rotation import Rotation


async def rewrap(rotation: Rotation) -> None:
    for name in rotation.columns:
        after = None
        while True:
            page = await rotation.rewrap(name, after, most=5)
            assert page.unreadable == ()
            after = page.after
            if after is None:
                break


async def filled(url: str, role: RoleOf) -> tuple[Vault, Vault]:
    api, worker = await opened(url, role("api"), "seal"), await opened(url, role("worker"), "open")
    for number in range(12):
        await api.connections.save(f"c{number}", "notion", Account(f"bot-{number}"), pair(f"access-{number}"))
    await api.variables.set("Flow", "KEY", "s3cret", secret=True, hosts=["a.example"])
    await api.webhook_tokens.receive("notion", Secret("verification"))
    await api.webhook_tokens.reveal("notion")
    return api, worker


async def test_everything_opens_after_the_old_versions_are_retired(
    url: str, openbao: Server, role: RoleOf, tmp_path: Path
) -> None:
    api, worker = await filled(url, role)
    read = 0
    stop = asyncio.Event()

    async def use(number: int) -> None:
        nonlocal read
        version = 1
        while not stop.is_set():
            found = await worker.connections.open(f"c{number}")
            assert found.tokens.access.reveal().startswith("access-")
            assert await worker.connections.replace_tokens(
                f"c{number}", version=version, tokens=pair(f"access-{number}-{version}")
            )
            version += 1
            read += 1

    load = [asyncio.create_task(use(number)) for number in range(4)]
    async with open_rotations(url, None, tmp_path / "none", settings_of(openbao, "rotator")) as rotations:
        assert set(rotations) == {"master", "hooks"}
        for rotation in rotations.values():
            before = await rotation.current()
            now = await rotation.begin(before)
            assert now != before
            while await rotation.left():
                await rewrap(rotation)
            assert await rotation.retire(now)
            assert set(await rotation.count()) == {now}
        await asyncio.sleep(0.3)
        stop.set()
        await asyncio.gather(*load)
        assert await rotations["master"].left() == 0
    assert read > 4
    assert (await worker.connections.open("c11")).tokens.access.reveal() == "access-11"
    assert (await worker.variables.open("Flow", "KEY")).reveal() == "s3cret"
    [(_, token)] = await api.webhook_tokens.counting("notion")
    assert token.reveal() == "verification"
    for vault in (api, worker, await opened(url, role("api"), "seal"), await opened(url, role("worker"), "open")):
        await vault.ready()
        await vault.close()
    for key in ("steps", "steps-hooks"):
        assert openbao.root("GET", f"transit/keys/{key}")["data"]["min_decryption_version"] > 1
        openbao.root("POST", f"transit/keys/{key}/config", {"min_decryption_version": 1})
