"""What a trigger may answer."""

from __future__ import annotations

from typing import Any

import pytest

from steps import PayloadInvalid, PayloadTooLarge, Response
from steps.answer import MAX_ANSWER_BYTES, Answer, make_answer
from tests.steps.harness import PROOF

SEALED = f"sealed:connection:my-notion:{PROOF}"


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (None, Answer(value={"success": True})),
        ({"a": 1}, Answer(value={"a": 1})),
        ([], Answer(value=[])),
        ("", Answer(value="")),
        (False, Answer(value=False)),
        (Response(status=201), Answer(status=201, text="")),
        (
            Response(status=599, headers={"X-A": "1", "Content-Type": "a/b"}, text="é", url="https://example.com"),
            Answer(status=599, headers={"x-a": "1", "content-type": "a/b"}, text="é"),
        ),
    ],
)
def test_a_value_becomes_an_answer(value: Any, answer: Answer):
    assert make_answer(value) == answer


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, 1000, -1])
def test_a_status_is_one_that_ends_an_exchange(status: int):
    with pytest.raises(PayloadInvalid, match=f"the status {status}; use one between 200 and 599"):
        make_answer(Response(status=status))


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_a_body_goes_without_one(status: int):
    assert make_answer(Response(status=status)).status == status
    with pytest.raises(PayloadInvalid, match="goes without a text"):
        make_answer(Response(status=status, text="x"))


@pytest.mark.parametrize(
    "name",
    [
        "set-cookie", "Content-Security-Policy", "strict-transport-security", "content-length", "transfer-encoding",
        "connection", "server", "date", "access-control-allow-origin", "clear-site-data", "refresh", "www-authenticate",
        "x-content-type-options", "X-Frame-Options", "x-accel-redirect", "X-Sendfile", "x-xss-protection", "", "x y",
        "x-a:b", "x-a\r\nset-cookie", "x-é", "service-worker-allowed",
    ],
)  # fmt: skip
def test_a_header_that_is_not_the_authors_is_refused(name: str):
    with pytest.raises(PayloadInvalid, match="may not have the header"):
        make_answer(Response(status=200, headers={name: "1"}))


@pytest.mark.parametrize("value", ["a\r\nset-cookie: b", "a\nb", "a\rb", "\0", "\x7f", "日本", "\u2028", "\x85"])
def test_a_value_of_a_header_is_one_line_of_latin_text(value: str):
    with pytest.raises(PayloadInvalid, match="no header may have"):
        make_answer(Response(status=200, headers={"x-a": value}))


@pytest.mark.parametrize(
    "value",
    [
        SEALED, {"a": [{"b": f"Bearer {SEALED}"}]}, {SEALED: 1}, Response(status=200, text=f"token={SEALED}&"),
        Response(status=200, headers={"x-a": SEALED}),
    ],
    ids=["text", "nested", "key", "body", "header"],
)  # fmt: skip
def test_a_reference_to_a_secret_does_not_leave(value: Any):
    with pytest.raises(PayloadInvalid, match="reference to a secret"):
        make_answer(value)


@pytest.mark.parametrize("value", ["x" * MAX_ANSWER_BYTES, Response(status=200, text="é" * (MAX_ANSWER_BYTES // 2))])
def test_an_answer_has_a_limit(value: Any):
    with pytest.raises(PayloadTooLarge, match=f"the limit is {MAX_ANSWER_BYTES}"):
        make_answer(value)


@pytest.mark.parametrize(
    "value",
    [object(), float("nan"), "\ud800", Response(status=200, text="\ud800")],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_an_answer_is_json_or_text(value: Any):
    with pytest.raises(PayloadInvalid, match="not JSON"):
        make_answer(value)
