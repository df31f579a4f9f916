"""What a run answers to the caller of its trigger, where its class says `respond = "start"`."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel, Field

from steps.errors import PayloadInvalid
from steps.http import Response
from steps.payload import MAX_RESULT_BYTES, to_json
from steps.sealed import is_sealed

MAX_ANSWER_BYTES = 65_536  # it stands in the run's record and in what a roll-over carries
_WHAT = "What start answers"
_HEADERS = frozenset(
    {"cache-control", "content-disposition", "content-language", "content-type", "link", "location", "retry-after"}
)
# Orders to a proxy before us, and what protects the address that all answers have in common.
_NOT_THE_AUTHORS = (
    "x-accel", "x-content-type-options", "x-dns-prefetch-control", "x-frame-options", "x-lighttpd", "x-litespeed",
    "x-permitted-cross-domain-policies", "x-robots-tag", "x-sendfile", "x-ua-compatible", "x-xss-protection",
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t -~\xa0-\xff]*")
_WITHOUT_A_BODY = (204, 205, 304)


class Answer(BaseModel):
    """An HTTP answer: the text, or the value as JSON where there is none. `failed` when `start` has failed."""

    status: int = 200
    headers: dict[str, str] = Field(default_factory=dict)
    text: str | None = None
    value: Any = None
    failed: bool = False


class Answered(BaseModel):
    """The result of the update `answer`; without an answer, the run rolls over, and its next part has it."""

    answer: Answer | None = None


def make_answer(value: object) -> Answer:
    """Return the answer for what `start` returned: a Response as it is, nothing as a success, the rest as JSON.

    Raises:
        PayloadInvalid: a status or header that may not be sent, or a secret's reference.
        PayloadTooLarge: it has more than 64 KiB.
    """
    answer = _response(value) if isinstance(value, Response) else _json(value)
    plain, _ = to_json(answer.model_dump(), _WHAT, limit=MAX_ANSWER_BYTES)
    if is_sealed(json.dumps(plain)):
        raise PayloadInvalid(f"{_WHAT} holds the reference to a secret, which must not leave. Leave it out.")
    return answer


def _json(value: object) -> Answer:
    plain, _ = to_json({"success": True} if value is None else value, _WHAT, limit=MAX_RESULT_BYTES)
    return Answer(value=plain)


def _response(given: Response) -> Answer:
    if not 200 <= given.status <= 599:
        raise PayloadInvalid(f"{_WHAT} has the status {given.status}; use one between 200 and 599.")
    if given.status in _WITHOUT_A_BODY and given.text:
        raise PayloadInvalid(f"{_WHAT} has the status {given.status}, which goes without a text.")
    headers = {name.lower(): value for name, value in given.headers.items()}
    for name, value in headers.items():
        _check_header(name, value)
    return Answer(status=given.status, headers=headers, text=given.text)


def _check_header(name: str, value: str) -> None:
    allowed = name in _HEADERS or (name.startswith("x-") and not name.startswith(_NOT_THE_AUTHORS))
    if not allowed or not _NAME.fullmatch(name):
        raise PayloadInvalid(
            f"{_WHAT} may not have the header {name[:80]!r}: use {', '.join(sorted(_HEADERS))} or x-…."
        )
    if not _VALUE.fullmatch(value):
        raise PayloadInvalid(f"The header {name!r} of what start answers has a character that no header may have.")
