from __future__ import annotations

import pytest

from steps.http import Response


@pytest.mark.parametrize(
    ("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False), (404, False)]
)
def test_ok_is_a_status_between_200_and_299(status: int, ok: bool):
    assert Response(status=status).ok is ok


@pytest.mark.parametrize(("text", "value"), [("{}", {}), ('{"a": [1]}', {"a": [1]}), ("null", None), ('"é"', "é")])
def test_json_is_the_bodys_value(text: str, value: object):
    assert Response(status=200, text=text).json() == value


@pytest.mark.parametrize("text", ["", "<html>", "{", "x" * 10_000])
def test_a_body_that_is_not_json_raises_with_its_beginning_and_address(text: str):
    with pytest.raises(ValueError, match=r"^The answer of https://example\.com/a is not JSON") as caught:
        Response(status=200, text=text, url="https://example.com/a").json()
    assert repr(text[:200]) in str(caught.value)
    assert len(str(caught.value)) < 400
