from __future__ import annotations

import asyncio

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vault import (
    Envelope,
    KeyProvider,
    LocalKeys,
    TamperedSecret,
    VaultError,
    VaultUnavailable,
    WrappedKey,
    WrongKey,
    context_of,
)

ENVELOPE = Envelope(LocalKeys([bytes(range(32))]))
HERE = context_of("table", "row", "field")


def sealed(text: str, context: bytes = HERE) -> bytes:
    return asyncio.run(ENVELOPE.seal(text, context))


def opened(blob: bytes, context: bytes = HERE) -> str:
    return asyncio.run(ENVELOPE.open(blob, context))


@given(st.text(st.characters()))
def test_what_is_sealed_opens(text: str) -> None:
    assert opened(sealed(text)) == text


SEALED = sealed("a secret of some length")


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_changed_byte_opens(position: int, change: int) -> None:
    damaged = bytearray(SEALED)
    damaged[position] ^= change
    with pytest.raises((TamperedSecret, WrongKey)):
        opened(bytes(damaged))


@given(st.binary(max_size=200) | st.integers(0, len(SEALED) - 1).map(lambda length: SEALED[:length]))
def test_no_other_bytes_open(blob: bytes) -> None:
    with pytest.raises((TamperedSecret, WrongKey)):
        opened(blob)


PLACES = st.lists(st.text("abc\x00", max_size=3), min_size=3, max_size=6)


@given(PLACES, PLACES)
def test_no_two_places_share_a_context(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert context_of(*one[:3], *one[3:]) != context_of(*other[:3], *other[3:])


@pytest.mark.parametrize("elsewhere", [("other", "row", "field"), ("table", "r2", "field"), ("table", "row", "f2")])
async def test_a_secret_opens_at_its_own_place_only(elsewhere: tuple[str, str, str]) -> None:
    blob = await ENVELOPE.seal("secret", HERE)
    with pytest.raises(TamperedSecret):
        await ENVELOPE.open(blob, context_of(*elsewhere))


async def test_each_value_has_a_data_key_of_its_own() -> None:
    used: list[bytes] = []

    class Noting(LocalKeys):
        async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
            used.append(data_key)
            return await super().wrap(data_key, context)

    envelope = Envelope(Noting([bytes(32)]))
    blobs = [await envelope.seal("same", HERE) for _ in range(20)]
    assert len(set(used)) == len(set(blobs)) == 20
    assert not any(data_key in blob for data_key, blob in zip(used, blobs, strict=True))


async def test_a_data_key_of_one_value_does_not_open_another() -> None:
    one, other = [await ENVELOPE.seal("same text", HERE) for _ in range(2)]
    with pytest.raises(TamperedSecret):
        await ENVELOPE.open(one[:80] + other[80:], HERE)


class Failing(KeyProvider):
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        raise self.error

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        raise self.error


@pytest.mark.parametrize("error", [OSError("canary"), RuntimeError("canary"), KeyError("canary")])
async def test_a_failing_provider_seals_and_opens_nothing(error: Exception) -> None:
    envelope = Envelope(Failing(error))
    for attempt in (envelope.seal("secret", HERE), envelope.open(SEALED, HERE)):
        with pytest.raises(VaultUnavailable) as refusal:
            await attempt
        assert refusal.value.retryable
        assert "canary" not in str(refusal.value)


async def test_a_provider_may_say_itself_what_is_wrong() -> None:
    with pytest.raises(VaultError) as refusal:
        await Envelope(Failing(WrongKey("no"))).open(SEALED, HERE)
    assert type(refusal.value) is WrongKey


@pytest.mark.parametrize("data_key", [b"", b"short", bytes(32)])
async def test_a_provider_that_returns_another_key_opens_nothing(data_key: bytes) -> None:
    class Lying(LocalKeys):
        async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
            return data_key

    with pytest.raises(TamperedSecret):
        await Envelope(Lying([bytes(range(32))])).open(SEALED, HERE)
