from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import httpx

from activities.egress import check_address
from activities.sending import Sender
from steps.errors import RequestInvalid, SealInvalid
from steps.http import FetchRequest, Response

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SEAL = re.compile(r"sealed:(connection|variable):", re.IGNORECASE)
_VALUE = re.compile(r"[\t -~]*")
_METHODS_REFUSED = frozenset({"CONNECT", "TRACE", "TRACK"})
# They are the connection's, not the request's; with them a request could be cut in two.
_HEADERS_REFUSED = frozenset(
    {"connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "te", "trailer",
     "transfer-encoding", "upgrade"}
)  # fmt: skip


async def fetch(sender: Sender, request: FetchRequest, workflow: str) -> Response:
    """Make one HTTP call: the seals of the workflow are opened in it, and nowhere in what comes back."""
    sent = await sender.send(build(request), workflow, request.timeout, request.lane, turned=request.turned)
    return sent.answer


def build(request: FetchRequest) -> httpx.Request:
    """Return the request as httpx has it.

    Raises:
        RequestInvalid: it cannot be sent as it is written.
        SealInvalid: a sealed token stands elsewhere than in the value of a header.
    """
    if not math.isfinite(request.timeout) or request.timeout <= 0:
        raise RequestInvalid("The timeout must be longer than nothing.")
    method = request.method.upper()
    if not _TOKEN.fullmatch(method) or method in _METHODS_REFUSED:
        raise RequestInvalid(f"The method {method[:20]!r} cannot be sent.")
    body, kind = _body(request)
    for place, text in {"the address": request.url, "params": str(request.params), "the body": body}.items():
        check_seal_free(place, text)
    headers = _headers(request.headers)
    if kind and "content-type" not in headers:
        headers["content-type"] = kind
    return httpx.Request(
        method, _url(request.url, request.params), headers=headers, content=body.encode() if kind else None
    )


def check_seal_free(place: str, text: str) -> None:
    """Refuse a sealed token where it would not be opened, or would stand in logs."""
    if _SEAL.search(text) or ("%" in text and _SEAL.search(unquote_plus(text))):
        raise SealInvalid(f"A sealed token belongs in the value of a request header, and stands in {place}.")


def _url(text: str, params: Mapping[str, Any] | None) -> httpx.URL:
    try:
        url = httpx.URL(text.strip())
        if params:  # not httpx's own, which would replace the query that the address has
            url = url.copy_merge_params(params)
    except (httpx.InvalidURL, ValueError) as error:
        problem = RequestInvalid(f"The address cannot be read: {error}")
    else:
        check_address(url)
        return url
    raise problem


def _body(request: FetchRequest) -> tuple[str, str | None]:
    if request.has_json and request.content is not None:
        raise RequestInvalid("Give json or content, not both.")
    if request.content is not None:
        return request.content, "text/plain;charset=UTF-8"
    if request.has_json:
        text = json.dumps(request.json_body, ensure_ascii=False, separators=(",", ":"))
        return text, "application/json"
    return "", None


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in given.items():
        lower = name.lower()
        check_seal_free("the name of a header", name)
        if not _TOKEN.fullmatch(name):
            raise RequestInvalid(f"{name[:40]!r} cannot be the name of a header.")
        if not _VALUE.fullmatch(value):
            raise RequestInvalid(f"The header {name} holds a line break, or another character outside ASCII.")
        if lower in _HEADERS_REFUSED or lower.startswith("proxy-"):
            raise RequestInvalid(f"The header {name} is set by the connection, and cannot be given.")
        if lower in headers:
            raise RequestInvalid(f"The header {name} is given twice.")
        headers[lower] = value.strip()
    return headers
