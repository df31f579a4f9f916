from __future__ import annotations

import base64
import secrets

import pytest
from cryptography.exceptions import InvalidTag

from codec.keys import KeyTextWrong, PayloadKey, read_keys
from settings import read_settings

KEY = base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize(
    ("key", "context", "sealed"),
    [  # the vectors of c2sp.org/XAES-256-GCM
        (b"\1" * 32, b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
        (b"\3" * 32, b"c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
    ],
)
def test_the_cipher_is_the_one_that_others_have_specified(
    key: bytes, context: bytes, sealed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = b"ABCDEFGHIJKLMNOPQRSTUVWX"
    monkeypatch.setattr(secrets, "token_bytes", nonce.ljust)
    made = PayloadKey(key).encrypt(b"XAES-256-GCM", context)
    assert made == nonce + bytes.fromhex(sealed)
    assert PayloadKey(key).decrypt(made, context) == b"XAES-256-GCM"


def test_no_two_payloads_share_a_nonce() -> None:
    key = PayloadKey(b"k" * 32)
    assert len({key.encrypt(b"the same", b"")[:24] for _ in range(500)}) == 500


@pytest.mark.parametrize("size", [0, 1, 23, 24, 39])
def test_what_is_too_short_does_not_open(size: int) -> None:
    with pytest.raises(InvalidTag):
        PayloadKey(b"k" * 32).decrypt(b"x" * size, b"")


def test_the_first_key_comes_first() -> None:
    assert list(read_keys(f"b:{KEY}\n  a:{KEY}\tc-1.x_2:{KEY}\n")) == ["b", "a", "c-1.x_2"]
    assert read_keys(" \n") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (KEY, "entry 1 has no id"),
        (f":{KEY}", "entry 1 has no id"),
        (f"a:{KEY} b c:{KEY}", "'b' is not the base64 of 32 bytes"),
        (f"a:{KEY[:-4]}", "'a' is not the base64 of 32 bytes"),
        (f"a:{KEY}AAAA", "'a' is not the base64 of 32 bytes"),
        (f"a:{KEY} a:{KEY}", "'a' comes twice"),
        (f"{'a' * 33}:{KEY}", "entry 1 has no id"),
        (f"é:{KEY}", "entry 1 has no id"),
    ],
)
def test_a_key_that_cannot_be_one_is_named_and_not_shown(text: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyTextWrong, match=says) as caught:
        read_keys(text)
    assert KEY[:8] not in str(caught.value)
    monkeypatch.setenv("STEPS_PAYLOAD_KEYS", text)
    with pytest.raises(SystemExit) as ended:
        read_settings()
    assert "STEPS_PAYLOAD_KEYS" in str(ended.value)
    assert KEY[:8] not in str(ended.value)


def test_no_key_is_shown() -> None:
    assert "PayloadKey(...)" in str(read_keys(f"a:{KEY}"))
    assert KEY[:8] not in str(read_keys(f"a:{KEY}"))
