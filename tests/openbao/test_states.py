"""What keeps OpenBao from working, as processes and operators see it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest

from api.app import create_app
from settings import Settings
from tests.api.browsing import program
from tests.openbao.conftest import ApiAndWorker, RoleOf, settings_of
from tests.openbao.server import Server, free_port
from vault import (
    Account,
    KeyMissing,
    KeyProviderDenied,
    KeyProviderSealed,
    KeyProviderUnreachable,
    KeyRetired,
    Tokens,
    Vault,
    VaultUnavailable,
)
from vault.openbao import OpenBaoKeys, OpenBaoRotator
from vault.openbao_client import OpenBao
from vault.secret import Secret


async def test_sealed_and_unsealed_again(openbao: Server, both: ApiAndWorker) -> None:
    wrapped = await both.wrap(b"data key", b"context")
    openbao.seal()
    try:
        for call in (both.wrap(b"data key", b"context"), both.unwrap(wrapped, b"context")):
            with pytest.raises(KeyProviderSealed, match="OpenBao is sealed: unseal it") as refusal:
                await call
            assert refusal.value.retryable
        fresh = openbao.role("api")
        with pytest.raises(KeyProviderSealed):  # not: the role is refused
            await OpenBaoKeys(fresh, "steps").wrap(b"data key", b"context")
        await fresh.close()
    finally:
        openbao.unseal()
    assert await both.unwrap(wrapped, b"context") == b"data key"


async def test_killed_and_started_again(openbao: Server, both: ApiAndWorker) -> None:
    wrapped = await both.wrap(b"data key", b"context")
    openbao.kill()
    try:
        for call in (both.wrap(b"data key", b"context"), both.unwrap(wrapped, b"context")):
            with pytest.raises(KeyProviderUnreachable, match="OpenBao does not answer") as refusal:
                await call
            assert refusal.value.retryable
    finally:
        openbao.start()
        openbao.wait(lambda status: status == 200)
    assert await both.unwrap(wrapped, b"context") == b"data key"


async def test_calls_under_load_finish_when_it_is_unsealed(openbao: Server, both: ApiAndWorker) -> None:
    seen: list[str] = []
    count = 0

    async def insist() -> None:
        nonlocal count
        wrapped = None
        for _ in range(400):
            try:
                wrapped = wrapped or await both.wrap(b"data key", b"context")
                assert await both.unwrap(wrapped, b"context") == b"data key"
            except VaultUnavailable as error:
                seen.append(error.type)
                await asyncio.sleep(0.05)
            else:
                count += 1
                if count >= 1_500 and "key-provider-sealed" in seen:
                    return

    load = [asyncio.create_task(insist()) for _ in range(20)]
    await asyncio.sleep(0.3)
    await asyncio.to_thread(openbao.seal)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(openbao.unseal)
    await asyncio.wait_for(asyncio.gather(*load), 60)
    assert "key-provider-sealed" in seen
    assert count >= 20


async def test_a_missing_permission_and_a_refused_secret_id_are_told_apart(role: RoleOf) -> None:
    with pytest.raises(KeyProviderDenied, match="check the policy of this role") as refusal:
        await OpenBaoKeys(role("worker"), "steps").wrap(b"data key", b"context")
    assert refusal.value.retryable
    with pytest.raises(KeyProviderDenied, match="STEPS_OPENBAO_SECRET_ID") as refusal:
        await OpenBaoKeys(role("worker", "wrong"), "steps").wrap(b"data key", b"context")
    assert refusal.value.retryable


async def test_a_key_that_there_is_not(openbao: Server, role: RoleOf) -> None:
    with pytest.raises(KeyProviderDenied):  # the shipped roles have no other key
        await OpenBaoKeys(role("api"), "stepz").wrap(b"data key", b"context")
    async with everything(openbao) as client:
        with pytest.raises(KeyMissing, match=r"openbao-setup\.sh") as refusal:
            await OpenBaoKeys(client, "stepz").wrap(b"data key", b"context")
        assert refusal.value.retryable


@asynccontextmanager
async def everything(openbao: Server) -> AsyncGenerator[OpenBao]:
    """Sign in as a role that may do everything with the engine."""
    openbao.root(
        "POST", "sys/policies/acl/everything", {"policy": 'path "transit/*" { capabilities = ["create", "update"] }'}
    )
    openbao.root("POST", "auth/approle/role/everything", {"token_policies": "everything"})
    role_id = openbao.root("GET", "auth/approle/role/everything/role-id")["data"]["role_id"]
    secret_id = openbao.root("POST", "auth/approle/role/everything/secret-id")["data"]["secret_id"]
    client = OpenBao(openbao.url, role_id, Secret(secret_id))
    try:
        yield client
    finally:
        await client.close()


async def test_a_retired_version_opens_nothing_until_it_is_allowed_again(
    openbao: Server, both: ApiAndWorker, role: RoleOf
) -> None:
    rotator = OpenBaoRotator(role("rotator"), "steps")
    wrapped = await both.wrap(b"data key", b"context")
    before, now = await rotator.current(), await rotator.rotate()
    [again] = await rotator.rewrap([(wrapped, b"context")])
    assert (wrapped.key_id, again.key_id) == (before, now)
    assert await both.unwrap(wrapped, b"context") == b"data key"  # not retired yet
    await rotator.retire(now)
    with pytest.raises(KeyRetired, match="retired") as refusal:
        await both.unwrap(wrapped, b"context")
    assert refusal.value.retryable
    with pytest.raises(KeyRetired):
        await rotator.rewrap([(again, b"context"), (wrapped, b"context")])
    assert await both.unwrap(again, b"context") == b"data key"
    openbao.root("POST", "transit/keys/steps/config", {"min_decryption_version": 1})
    assert await both.unwrap(wrapped, b"context") == b"data key"


Break = Callable[[Server, Settings], tuple[Settings, Callable[[], object]]]


def sealed(openbao: Server, settings: Settings) -> tuple[Settings, Callable[[], object]]:
    openbao.seal()
    return settings, openbao.unseal


def unreachable(_: Server, settings: Settings) -> tuple[Settings, Callable[[], object]]:
    return settings.model_copy(update={"openbao_url": f"http://127.0.0.1:{free_port()}"}), lambda: None


def refused(openbao: Server, settings: Settings) -> tuple[Settings, Callable[[], object]]:
    return settings.model_copy(update={"openbao_role_id": "steps-nobody"}), lambda: None


def wrong_role(openbao: Server, settings: Settings) -> tuple[Settings, Callable[[], object]]:
    return settings_of(openbao, "worker", **common(settings)), lambda: None


def retired(openbao: Server, settings: Settings) -> tuple[Settings, Callable[[], object]]:
    version = openbao.root("POST", "transit/keys/steps/rotate")["data"]["latest_version"]
    openbao.root("POST", "transit/keys/steps/config", {"min_decryption_version": version})
    return settings, lambda: openbao.root("POST", "transit/keys/steps/config", {"min_decryption_version": 1})


def common(settings: Settings) -> dict[str, object]:
    return {"data_dir": settings.data_dir, "database_url": settings.database_url, "signing_key": settings.signing_key}


@pytest.mark.parametrize(
    ("breaking", "reason", "says"),
    [
        (sealed, "key-provider-sealed", "OpenBao is sealed"),
        (unreachable, "key-provider-unreachable", "OpenBao does not answer"),
        (refused, "key-provider-denied", "OpenBao denies this role"),
        (wrong_role, "key-provider-denied", "OpenBao denies this role"),
        (retired, "key-retired", "OpenBao has retired the key version"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_readyz_names_the_state(
    openbao: Server, url: str, tmp_path: object, breaking: Break, reason: str, says: str
) -> None:
    key = base64.b64encode(b"s" * 32).decode()
    settings = settings_of(openbao, "api", data_dir=tmp_path, database_url=url, signing_key=key)
    good = create_app(settings)
    async with good.router.lifespan_context(good), program(good, "none") as caller:
        assert vault_check((await caller.get("/readyz")).json())["state"] == "ok"
        broken, mend = breaking(openbao, settings)
        app = create_app(broken)
        try:
            async with app.router.lifespan_context(app), program(app, "steps_" + "A" * 43) as other:
                answer = await other.get("/readyz")
                asked = await other.get("/api/v1/connections")
        finally:
            mend()
        assert answer.status_code == 503
        check = vault_check(answer.json())
        assert (check["state"], check["reason"]) == ("failed", reason)
        assert says in check["detail"]
        assert (asked.status_code, asked.json()["type"]) == (503, reason)
        assert "127.0.0.1" not in answer.text + asked.text
        assert openbao.secret_id("api") not in answer.text + asked.text
        assert vault_check((await caller.get("/readyz")).json())["state"] == "ok"


def vault_check(answer: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    [check] = [check for check in answer["checks"] if check["name"] == "vault"]
    return check


async def test_while_sealed_nothing_is_stored_and_nothing_is_plain(
    openbao: Server, url: str, both: ApiAndWorker
) -> None:
    vault = await Vault.open(url, both)
    await vault.connections.save("ada", "notion", Account("bot"), Tokens(Secret("access-1"), None))
    openbao.seal()
    try:
        for call in (
            vault.connections.save("bob", "notion", Account("bob"), Tokens(Secret("access-2"), None)),
            vault.variables.set("Flow", "KEY", "s3cret", secret=True, hosts=["a.example"]),
            vault.connections.open("ada"),
            vault.ready(),
        ):
            with pytest.raises(KeyProviderSealed):
                await call
    finally:
        openbao.unseal()
    assert [connection.handle for connection in await vault.connections.list()] == ["ada"]
    assert await vault.variables.list() == []
    await vault.close()
