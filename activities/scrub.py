from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

MASK = "[secret]"

_SHORTEST = 4  # an encoded form of fewer characters would match by chance


class Scrubber:
    """Replace every opened secret, in each form in which a server may give it back, by `[secret]`."""

    def __init__(self) -> None:
        self._forms: list[str] = []

    def __repr__(self) -> str:
        return f"Scrubber({len(self._forms)} forms)"

    def add(self, secret: str) -> None:
        """Know one more secret."""
        if secret and secret not in self._forms:
            # Longest first: a form may hold a shorter one of another secret.
            self._forms = sorted({*self._forms, *_forms(secret)}, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Return the text without the secrets."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


def _forms(secret: str) -> set[str]:
    encoded = _percent(secret) | _json(secret) | _base64(secret) | _hex(secret) | {html.escape(secret)}
    return {secret} | {form for form in encoded if len(form) >= _SHORTEST}


def _percent(secret: str) -> set[str]:
    forms = {
        quote(_bytes(secret), safe=""),
        quote(quote(_bytes(secret), safe="")),
        quote(_bytes(secret)),
        quote(_bytes(secret), safe="!~*'()"),  # encodeURIComponent
        quote_plus(_bytes(secret)),
        "".join(f"%{byte:02X}" for byte in _bytes(secret)),
    }
    return forms | {_lower_escapes(form) for form in forms}


def _lower_escapes(form: str) -> str:
    first, *rest = form.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _json(secret: str) -> set[str]:
    once = _quoted({secret})
    marked = {_escape(form, "<>&'", digits) for form in once for digits in ("04x", "04X")}
    # Twice: a server that tells in JSON which JSON it was sent.
    return once | marked | _quoted(once) | {_escape(secret, secret, digits) for digits in ("04x", "04X")}


def _quoted(texts: set[str]) -> set[str]:
    plain = {json.dumps(text, ensure_ascii=ascii)[1:-1] for text in texts for ascii in (True, False)}
    return plain | {form.replace("/", "\\/") for form in plain}


def _escape(text: str, characters: str, digits: str) -> str:
    return "".join(f"\\u{ord(one):{digits}}" if one in characters else one for one in text)


def _base64(secret: str) -> set[str]:
    data = _bytes(secret)
    forms: set[str] = set()
    # In a longer text, as in Basic authentication, the secret begins at one of three places in a group of three bytes.
    for before in range(3):
        padded = base64.b64encode(b"\0" * before + data).decode()
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        standard = padded[first:last]  # only what the secret alone decides
        forms |= {standard, standard.replace("+", "-").replace("/", "_"), standard.replace("/", "\\/")}
        forms |= {quote(standard, safe=""), _lower_escapes(quote(standard, safe=""))}
    return forms


def _hex(secret: str) -> set[str]:
    text = _bytes(secret).hex()
    return {text, text.upper()}


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")
