from __future__ import annotations

import base64
import html
import json
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.scrub import MASK, Scrubber

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "percent": lambda text: quote(text, safe=""),
    "percent, slash kept": quote,
    "percent, lower case": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "form": quote_plus,
    "json": lambda text: json.dumps(text)[1:-1],
    "json, slash escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json, all escaped": lambda text: "".join(f"\\u{ord(one):04x}" for one in text),
    "json in json": lambda text: json.dumps(json.dumps(text))[3:-3],
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "html": html.escape,
    "hex": lambda text: text.encode().hex(),
}

# Nothing of the mask in it, so that the mask cannot complete a secret.
secrets = st.text(string.digits + "ABCXYZ!#$%&'()*+,-./:;<=>?@\\^_`{|}~\"", min_size=8, max_size=64)
around = st.text(st.characters(codec="utf-8"), max_size=20)


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS.keys())
@given(secret=secrets, before=around, after=around)
def test_no_form_of_a_secret_stays(encode: Callable[[str], str], secret: str, before: str, after: str) -> None:
    scrubber = Scrubber()
    scrubber.add(secret)
    assert encode(secret) not in scrubber.clean(before + encode(secret) + after)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@given(secret=secrets, before=around, after=around)
def test_no_secret_stays_in_the_base64_of_a_longer_text(
    encode: Callable[[bytes], bytes], secret: str, before: str, after: str
) -> None:
    scrubber = Scrubber()
    scrubber.add(secret)
    text = encode((before + secret + after).encode()).decode()
    clean = scrubber.clean(text)
    assert MASK in clean
    # What is left holds no more than the characters that a neighbour shares.
    assert len(clean) - len(MASK) * clean.count(MASK) <= len(text) - (len(secret) * 8 // 6 - 2)


def test_basic_authentication_comes_back_without_the_secret() -> None:
    scrubber = Scrubber()
    scrubber.add("ntn_canary")
    for user in ("", "a", "ab", "abc"):
        header = base64.b64encode(f"{user}:ntn_canary".encode()).decode()
        assert MASK in scrubber.clean(f'{{"authorization": "Basic {header}"}}')


def test_other_text_stays_as_it_is() -> None:
    scrubber = Scrubber()
    scrubber.add("")
    assert scrubber.clean("as it was") == "as it was"
    scrubber.add("ntn_1")
    assert scrubber.clean("as it was") == "as it was"
    assert "ntn_1" not in repr(scrubber)


def test_a_secret_inside_another_goes_with_it() -> None:
    scrubber = Scrubber()
    scrubber.add("key-1")
    scrubber.add("key-1-and-more")
    assert scrubber.clean("key-1-and-more key-1") == f"{MASK} {MASK}"
