from __future__ import annotations

import base64
import html
import json
import string
import time
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


WAYS: list[Callable[[str], str]] = [
    lambda one: one,
    str.upper,
    str.lower,
    lambda one: f"%{ord(one):02x}",
    lambda one: f"%{ord(one):02X}",
    lambda one: f"%25{ord(one):02X}",
    lambda one: f"%2525{ord(one):02x}",
    lambda one: f"\\u{ord(one):04x}",
    lambda one: f"\\u{ord(one):04X}",
    lambda one: f"\\\\u{ord(one):04x}",
    lambda one: f"\\x{ord(one):02x}",
    lambda one: f"&#{ord(one)};",
    lambda one: f"&#x{ord(one):X};",
    lambda one: f"&#x00{ord(one):02x};",
    lambda one: f"&amp;#{ord(one)};",
    html.escape,
    lambda one: html.escape(html.escape(one)),
    lambda one: one + "\0",
    lambda one: json.dumps(one)[1:-1].replace("/", "\\/"),
    lambda one: json.dumps(json.dumps(one))[3:-3],
]


@given(secret=secrets, before=around, after=around, data=st.data())
def test_each_character_may_be_written_in_a_way_of_its_own(
    secret: str, before: str, after: str, data: st.DataObject
) -> None:
    scrubber = Scrubber()
    scrubber.add(secret)
    ways = data.draw(st.lists(st.sampled_from(WAYS), min_size=len(secret), max_size=len(secret)))
    written = "".join(way(one) for way, one in zip(ways, secret, strict=True))
    clean = scrubber.clean(f"{before}{written}{after}")
    assert MASK in clean
    assert written not in clean


@pytest.mark.parametrize("separator", ["", " ", ":", "-", ","])
@given(secret=secrets)
def test_hexadecimal_may_be_in_pairs(separator: str, secret: str) -> None:
    scrubber = Scrubber()
    scrubber.add(secret)
    for text in (secret.encode().hex(), secret.encode().hex().upper()):
        pairs = separator.join(text[at : at + 2] for at in range(0, len(text), 2))
        assert scrubber.clean(f"<{pairs}>") == f"<{MASK}>"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\\n", "\\r\\n"])
@given(before=st.binary(max_size=100))
def test_base64_may_be_broken_into_lines(line_end: str, before: bytes) -> None:
    scrubber = Scrubber()
    scrubber.add("ntn_canary" * 12)
    lines = base64.encodebytes(before + b"ntn_canary" * 12).decode().replace("\n", line_end)
    assert MASK in scrubber.clean(lines)


@pytest.mark.parametrize(
    "text",
    ["\\" * 300_000, "%25" * 100_000, "&amp;" * 60_000, "6e" * 150_000, "ntn_canary/" * 30_000, "A" * 300_000,
     "b" + " " * 300_000, "\\u006e" * 50_000, "%5c" * 100_000],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    scrubber = Scrubber()
    for secret in ("ntn_canary/+0a1b2c3d4e5f", "\\" * 6 + "x", "a" * 30 + "b", "&%" * 10 + "x"):
        scrubber.add(secret)
    began = time.process_time()
    scrubber.clean(text)
    assert time.process_time() - began < 5  # one whose repetitions have no bound takes minutes


def test_a_long_token_comes_back_in_no_usual_form() -> None:
    secret = "eyJhbGciOi-_/+." * 60
    scrubber = Scrubber()
    scrubber.add(secret)
    for encode in ENCODINGS.values():
        if encode(secret)[:4] not in ("\\u00", "%65%"):
            assert scrubber.clean(f"<{encode(secret)}>") == f"<{MASK}>"


@pytest.mark.parametrize("secret", ["a", "ab", "abc"])
def test_a_short_secret_goes_as_it_is(secret: str) -> None:
    scrubber = Scrubber()
    scrubber.add(secret)
    assert scrubber.clean(f"x {secret} {secret.encode().hex()}") == f"x {MASK} {secret.encode().hex()}"
