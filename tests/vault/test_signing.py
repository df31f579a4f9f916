from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault import KeyFileExposed, KeyTextInvalid, Signer

KEY = bytes(range(32))


def test_a_signature_is_43_url_safe_characters_and_matches() -> None:
    signature = Signer(KEY).sign("hook", "text")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", signature)
    assert Signer(KEY).matches("hook", "text", signature)


def test_a_signature_stays_the_same_in_later_versions() -> None:
    assert Signer(KEY).sign("hook", "text") == "3jaUBj356OASg99FkAfot6Je7wzbeB85l27Ysctnp-M"


def test_another_purpose_text_or_key_does_not_match() -> None:
    signature = Signer(KEY).sign("hook", "text")
    assert not Signer(KEY).matches("resume", "text", signature)
    assert not Signer(KEY).matches("hook", "text2", signature)
    assert not Signer(bytes(32)).matches("hook", "text", signature)


@given(st.text(st.characters()) | st.text("AQgw_-=", min_size=43, max_size=44))
def test_any_other_string_is_just_wrong(signature: str) -> None:
    assert not Signer(KEY).matches("hook", "text", signature)


def test_a_second_spelling_of_the_same_bytes_is_wrong() -> None:
    signature = Signer(KEY).sign("hook", "text")
    raw = base64.urlsafe_b64decode(signature + "=")
    twins = [signature[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    spellings = [twin for twin in twins if base64.urlsafe_b64decode(twin + "=") == raw]
    assert len(spellings) > 1
    assert [spelling for spelling in spellings if Signer(KEY).matches("hook", "text", spelling)] == [signature]
    assert not Signer(KEY).matches("hook", "text", signature + "=")


def test_any_text_can_be_signed() -> None:
    for text in ("", "ü", "\ud800", "\x00"):
        assert Signer(KEY).matches("hook", text, Signer(KEY).sign("hook", text))


def test_a_file_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    first = Signer.from_file(path).sign("hook", "text")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Signer.from_file(path).sign("hook", "text") == first
    path.chmod(0o644)
    with pytest.raises(KeyFileExposed):
        Signer.from_file(path)


def test_the_key_comes_from_text_too() -> None:
    text = base64.b64encode(KEY).decode()
    assert Signer.from_text(text).sign("hook", "text") == Signer(KEY).sign("hook", "text")
    with pytest.raises(KeyTextInvalid):
        Signer.from_text("")
    with pytest.raises(KeyTextInvalid):
        Signer(b"short")
