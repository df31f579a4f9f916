from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.exceptions import ApplicationError

from codec.errors import PayloadKeyUnknown, PayloadTampered
from codec.keys import read_keys
from codec.payloads import Encryption


def keys(*names: str) -> str:
    return " ".join(f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}" for name in names)


OLD, NEW = keys("old"), keys("new")
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"canary"')


async def test_a_payload_is_hidden_with_its_metadata_and_comes_back() -> None:
    [hidden] = await Encryption(read_keys(OLD)).encode([PLAIN])
    assert b"canary" not in hidden.SerializeToString()
    assert dict(hidden.metadata) == {"encoding": b"binary/steps-encrypted", "encryption-key-id": b"old"}
    assert await Encryption(read_keys(OLD)).decode([hidden]) == [PLAIN]


@given(st.dictionaries(st.text(max_size=20), st.binary(max_size=40), max_size=4), st.binary(max_size=400))
async def test_every_payload_comes_back(metadata: dict[str, bytes], data: bytes) -> None:
    codec, payload = Encryption(read_keys(OLD)), Payload(metadata=metadata, data=data)
    assert codec.decrypt(codec.encrypt(payload)) == payload
    assert len(codec.encrypt(payload).SerializeToString()) <= len(payload.SerializeToString()) + 110


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    before, after = Encryption(read_keys(OLD)), Encryption(read_keys(f"{NEW} {OLD}"))
    assert after.decrypt(before.encrypt(PLAIN)) == PLAIN
    assert after.encrypt(PLAIN).metadata["encryption-key-id"] == b"new"
    waiting = Encryption(read_keys(f"{OLD} {NEW}"))  # the step between: every process knows the new one
    assert waiting.decrypt(after.encrypt(PLAIN)) == PLAIN


def test_plain_payloads_pass() -> None:
    for codec in (Encryption({}), Encryption(read_keys(OLD))):
        assert codec.decrypt(PLAIN) == PLAIN
    assert Encryption({}).encrypt(PLAIN) == PLAIN


@pytest.mark.parametrize("text", ["", NEW], ids=["none", "another"])
def test_a_key_that_is_not_here_is_named(text: str) -> None:
    hidden = Encryption(read_keys(OLD)).encrypt(PLAIN)
    with pytest.raises(PayloadKeyUnknown, match=r"'old'.*STEPS_PAYLOAD_KEYS") as caught:
        Encryption(read_keys(text)).decrypt(hidden)
    # A final one would end runs, where they can wait for the key.
    assert isinstance(caught.value, ApplicationError)
    assert not caught.value.non_retryable


def damaged() -> dict[str, Payload]:
    hidden = Encryption(read_keys(OLD)).encrypt(PLAIN)
    sealed = bytearray(hidden.data)
    sealed[-1] ^= 1
    changed = {"bit": bytes(sealed), "cut": hidden.data[:-1], "longer": hidden.data + b"x", "empty": b"", "junk": b"{}"}
    return {name: Payload(metadata=dict(hidden.metadata), data=data) for name, data in changed.items()}


@pytest.mark.parametrize("damage", ["bit", "cut", "longer", "empty", "junk"])
def test_what_was_changed_does_not_open(damage: str) -> None:
    with pytest.raises(PayloadTampered) as caught:
        Encryption(read_keys(OLD)).decrypt(damaged()[damage])
    assert "canary" not in str(caught.value)


def test_a_payload_does_not_open_under_another_keys_name() -> None:
    one = base64.b64encode(b"k" * 32).decode()
    hidden = Encryption(read_keys(f"a:{one}")).encrypt(PLAIN)
    moved = Payload(metadata={**hidden.metadata, "encryption-key-id": b"b"}, data=hidden.data)
    with pytest.raises(PayloadTampered):
        Encryption(read_keys(f"a:{one} b:{one}")).decrypt(moved)


@pytest.mark.parametrize("name", [b"", b"\xff\xfe", b"x" * 500])
def test_a_name_that_is_none_is_an_unknown_key(name: bytes) -> None:
    payload = Payload(metadata={"encoding": b"binary/steps-encrypted", "encryption-key-id": name}, data=b"x" * 64)
    with pytest.raises(PayloadKeyUnknown):
        Encryption(read_keys(OLD)).decrypt(payload)
