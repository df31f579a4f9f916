"""Keys that OpenBao wraps, unwraps and rotates."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from tests.openbao.conftest import ApiAndWorker, RoleOf
from tests.vault.conftest import pair
from vault import Account, KeyProviderDenied, TamperedSecret, Vault, WrongKey
from vault.database import Database
from vault.envelope import Envelope
from vault.keys import KeyProvider, WrappedKey
from vault.openbao import OpenBaoKeys, OpenBaoRotator
from vault.tables import connections


class Rewrapping(KeyProvider):
    """Wrap the keys of the row anew, once, just when somebody has unwrapped one."""

    def __init__(self, inner: KeyProvider, rotator: OpenBaoRotator, url: str) -> None:
        self._inner, self._rotator, self._url = inner, rotator, url
        self.armed = False

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        return await self._inner.wrap(data_key, context)

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        data_key = await self._inner.unwrap(wrapped, context)
        if self.armed:
            self.armed = False
            [again] = await self._rotator.rewrap([(wrapped, context)])
            await change(self._url, lambda sealed: rewrapped(sealed, wrapped, again))
        return data_key


def rewrapped(sealed: bytes, before: WrappedKey, after: WrappedKey) -> bytes:
    assert (len(before.key_id), len(before.blob)) == (len(after.key_id), len(after.blob))
    return sealed.replace(before.key_id.encode(), after.key_id.encode()).replace(before.blob, after.blob)


async def change(url: str, changed: Callable[[bytes], bytes]) -> None:
    database = Database(url)
    async with database.write() as connection:
        sealed = (await connection.execute(select(connections.c.access))).scalar_one()
        await connection.execute(update(connections).values(access=changed(sealed)))
    await database.close()


async def test_a_refresh_keeps_the_wrapping_that_a_rotation_just_made(
    url: str, role: RoleOf, both: ApiAndWorker
) -> None:
    rotator = OpenBaoRotator(role("rotator"), "steps")
    keys = Rewrapping(both, rotator, url)
    vault = await Vault.open(url, keys)
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    newest = await rotator.rotate()
    keys.armed = True
    assert await vault.connections.replace_tokens("ada", version=1, tokens=pair("access-2", "refresh-2"))
    assert (await vault.connections.open("ada")).tokens.access.reveal() == "access-2"
    assert newest.encode() in await stored(url)
    await vault.close()


async def stored(url: str) -> bytes:
    database = Database(url)
    async with database.read() as connection:
        found = (await connection.execute(select(connections.c.access))).scalar_one()
    await database.close()
    return found


async def test_a_key_moved_to_another_context_does_not_open(both: ApiAndWorker) -> None:
    wrapped = await both.wrap(b"data key", b"of ada")
    with pytest.raises(TamperedSecret):
        await both.unwrap(wrapped, b"of bob")
    for blob in (wrapped.blob[:-1] + bytes([wrapped.blob[-1] ^ 1]), b"", b"x" * 60):
        with pytest.raises(TamperedSecret):
            await both.unwrap(WrappedKey(wrapped.key_id, blob), b"of ada")


@pytest.mark.parametrize(
    "key_id", ["openbao/other/v1", "0123456789abcdef", "", "openbao/steps/v0", "openbao/steps/v99"]
)
async def test_a_key_of_another_provider_or_name_is_a_wrong_key(role: RoleOf, key_id: str) -> None:
    with pytest.raises(WrongKey):
        await OpenBaoKeys(role("worker"), "steps").unwrap(WrappedKey(key_id, b"x" * 60), b"context")


async def test_a_rotator_wraps_again_and_sees_no_key(role: RoleOf, both: ApiAndWorker) -> None:
    rotator = OpenBaoRotator(role("rotator"), "steps")
    items = [(await both.wrap(f"key {n}".encode(), b"c%d" % n), b"c%d" % n) for n in range(5)] * 50
    newest = await rotator.rotate()
    done = await rotator.rewrap(items)
    assert {item.key_id for item in done} == {newest} == {await rotator.current()}
    assert [await both.unwrap(done[n], b"c%d" % n) for n in range(5)] == [f"key {n}".encode() for n in range(5)]
    assert await rotator.rewrap([]) == []
    keys = OpenBaoKeys(role("rotator"), "steps")
    for call in (keys.wrap(b"data key", b"c0"), keys.unwrap(done[0], b"c0")):
        with pytest.raises(KeyProviderDenied):
            await call
    with pytest.raises(TamperedSecret):
        await rotator.rewrap([(done[0], b"another")])
    for key_id in ("openbao/other/v1", "openbao/steps/v999"):
        with pytest.raises(WrongKey):
            await rotator.retire(key_id)
    await rotator.retire("openbao/steps/v1")
    assert await both.unwrap(items[0][0], items[0][1]) == b"key 0"


async def test_a_value_sealed_anew_keeps_its_wrapped_key_and_shares_no_nonce(both: ApiAndWorker) -> None:
    envelope = Envelope(both)
    first = await envelope.seal("one", b"context")
    again = [await envelope.reseal(first, "two", b"context") for _ in range(3)]
    assert [await envelope.open(sealed, b"context") for sealed in again] == ["two"] * 3
    assert len({sealed[-31:-19] for sealed in [first, *again]}) == 4
    with pytest.raises(TamperedSecret):
        await envelope.reseal(first, "two", b"another")
