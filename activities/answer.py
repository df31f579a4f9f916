from __future__ import annotations

import codecs

import httpx

from activities.scrub import Scrubber
from steps.errors import ResponseTooLarge
from steps.http import Response

_LEFT_OUT = frozenset({"set-cookie", "set-cookie2"})
LARGEST_RESULT = 2_000_000
"""In bytes of JSON; Temporal takes no value of more than 2 MiB, and a megabyte of control characters becomes six."""

# Python has codecs that unpack archives, and some that take hours for a megabyte; a server may name any of them.
_CHARSETS = ("ascii", "big5", "cp", "euc", "gb", "iso8859", "koi8", "shift_jis", "utf-16", "utf-32", "utf-8")


def plain(answer: httpx.Response, scrubber: Scrubber) -> Response:
    """Return an answer as a workflow gets it, without the secrets that the server gave back.

    Raises:
        ResponseTooLarge: it does not fit into the run's history.
    """
    headers = {scrubber.clean(name.lower()): scrubber.clean(value) for name, value in answer.headers.items()}
    response = Response(
        status=answer.status_code,
        headers={name: value for name, value in headers.items() if name not in _LEFT_OUT},
        text=scrubber.clean(_text(answer)),
        url=scrubber.clean(str(answer.url)),
    )
    size = len(response.model_dump_json().encode())
    if size > LARGEST_RESULT:
        raise ResponseTooLarge(
            f"The answer of {answer.url.host} takes {size} bytes in the run's history, and at most {LARGEST_RESULT} "
            "fit there. The request itself was made."
        )
    return response


def _text(answer: httpx.Response) -> str:
    charset = _charset(answer.charset_encoding)
    return answer.content.decode("utf-8-sig" if charset == "utf-8" else charset, "replace")


def _charset(named: str | None) -> str:
    try:
        name = codecs.lookup(named or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return name if name.startswith(_CHARSETS) else "utf-8"
