from __future__ import annotations

import base64
import html.entities
import re

MASK = "[secret]"

# Every repetition has a bound: without one, a long row of backslashes would take minutes.
_SHORTEST = 4  # an encoded form of fewer characters would match by chance
_LONG = 256  # then letters and digits count as they are: no server escapes them, and the pattern would take a second
_NAMED = {
    character: [name for name, text in html.entities.html5.items() if text == character]
    for character in "!\"#$%&'()*+,./:;<=>?@[\\]^_`{|}~"
}
_WRAP = r"(?:\\[rn]|\s){0,4}"  # where base64 is broken into lines, perhaps inside JSON


class Scrubber:
    """Replace every opened secret, in each form in which a server may give it back, by `[secret]`.

    Each character may be written in a way of its own: as it is, in either case, percent-encoded once or more, escaped
    for JSON or HTML. The whole may also be in hexadecimal, or in the base64 of a longer text.
    """

    def __init__(self) -> None:
        self._forms: dict[str, list[re.Pattern[str]]] = {}

    def __repr__(self) -> str:
        return f"Scrubber({len(self._forms)} secrets)"

    def add(self, secret: str) -> None:
        """Know one more secret."""
        if secret and secret not in self._forms:
            known = {**self._forms, secret: [re.compile(form) for form in _forms(secret)]}
            # The longest first: one may hold a shorter one.
            self._forms = dict(sorted(known.items(), key=lambda item: len(item[0]), reverse=True))

    def clean(self, text: str) -> str:
        """Return the text without the secrets."""
        for patterns in self._forms.values():
            for pattern in patterns:
                text = pattern.sub(MASK, text)
        return text


def _forms(secret: str) -> list[str]:
    if len(secret) < _SHORTEST:
        return [re.escape(secret)]
    data = _bytes(secret)
    hexadecimal = r"[\s:,-]?".join(_either_case(f"{byte:02x}") for byte in data)
    # \0: UTF-16 that was read as UTF-8 has one between each two.
    written = "\0?".join(_character(part, brief=len(secret) > _LONG) for part in re.findall(r"\\+|[^\\]", secret))
    return [written, hexadecimal, *(_base64(data, before) for before in range(3))]


def _character(one: str, *, brief: bool) -> str:
    if brief and one.isalnum() and one.isascii():
        return f"[{one.lower()}{one.upper()}]" if one.isalpha() else one
    if one[0] == "\\":  # a row of them in one, for each may be doubled, and the ways to part a row are many
        entity = r"&(?:amp;){0,3}(?:#0{0,5}92|#[xX]0{0,5}5[cC]|bsol);?"
        return rf"(?:(?:\\(?:u005[cC]|x5[cC]|u\{{5[cC]\}})|\\|%(?:25){{0,3}}5[cC]|{entity})\0?){{1,{4 * len(one)}}}"
    percent = "".join(f"%(?:25){{0,3}}{_either_case(f'{byte:02x}')}" for byte in _bytes(one))
    number = _either_case(f"{ord(one):x}")
    ways = [re.escape(way) for way in dict.fromkeys((one, one.lower(), one.upper()))]
    ways += [
        percent,
        rf"\\{{1,4}}(?:u0{{0,4}}|x0{{0,2}}|u\{{0{{0,6}}){number}\}}?",
        rf"&(?:amp;){{0,3}}#(?:0{{0,5}}{ord(one)}|[xX]0{{0,5}}{number});?",
    ]
    ways += [rf"&(?:amp;){{0,3}}{re.escape(name)}" for name in _NAMED.get(one, [])]
    if one == " ":
        ways.append(r"\+")
    elif not one.isalnum():
        ways.append(rf"\\{{1,4}}{re.escape(one)}")
    return f"(?:{'|'.join(ways)})"


def _base64(data: bytes, before: int) -> str:
    # In a longer text, as in Basic authentication, the secret begins at one of three places in a group of three bytes.
    padded = base64.b64encode(b"\0" * before + data).decode()
    first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
    return _WRAP.join(_OF_BASE64.get(one, one) for one in padded[first:last])  # only what the secret alone decides


_OF_BASE64 = {
    "+": r"(?:\+|-|%(?:25){0,3}2[bB]|\\{1,4}u002[bB])",
    "/": r"(?:\\{0,4}/|_|%(?:25){0,3}2[fF]|\\{1,4}u002[fF])",
}


def _either_case(digits: str) -> str:
    return "".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in digits)


def _bytes(secret: str) -> bytes:
    return secret.encode("utf-8", "surrogatepass")
