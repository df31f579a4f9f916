from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault import HandleInvalid, check_handle

SENTENCE = "Use lowercase letters, numbers, and hyphens only"

BAD = [
    "",
    " ",
    "a ",
    " a",
    "a b",
    "a\n",
    "\na",
    "a\r\n",
    "a\tb",
    "a\x00",
    "\x00",
    "a\x7f",
    "A",
    "My-notion",
    "my-Notion",
    "a_b",
    "a.b",
    "..",
    "../a",
    "a/b",
    "a\\b",
    "a:b",
    "a;b",
    "a%00",
    "a%2fb",
    "a?b",
    "a#b",
    "a&b",
    "a'b",
    'a"b',
    "<a>",
    "{a}",
    "$a",
    "a+b",
    "a@b",
    "ü",
    "u\u0308",
    "ß",
    "\u0430bc",  # Cyrillic a
    "\uff11",  # full-width digit
    "\u0661",  # Arabic digit
    "\u00b2",  # superscript two
    "a\u200bb",  # zero-width space
    "\ufeffa",
    "a\u2010b",  # hyphen that is not ASCII
    "a\u2013b",
    "a\u2028",
    "\u0131",  # dotless i
    "\u212a",  # Kelvin sign, whose lower case is k
    "\U0001f600",
    "\ud800",  # half a character
    "a" * 64,
    "a" * 63 + "\n",
]

GOOD = ["a", "0", "-", "--", "-a", "a-", "my-notion", "notion-2", "007", "a" * 63]


@pytest.mark.parametrize("text", BAD, ids=ascii)
def test_a_bad_handle_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(HandleInvalid) as refusal:
        check_handle(text)
    assert str(refusal.value).startswith(SENTENCE)
    assert refusal.value.type == "handle-invalid"


@pytest.mark.parametrize("text", GOOD)
def test_a_good_handle_is_returned_as_it_is(text: str) -> None:
    assert check_handle(text) is text


@given(st.text(max_size=70) | st.text("ab-0", max_size=70) | st.from_regex(r"[a-z0-9-]{0,64}$"))
def test_the_rule_is_the_whole_rule(text: str) -> None:
    if re.fullmatch(r"[a-z0-9-]{1,63}", text, re.ASCII):
        assert check_handle(text) == text
    else:
        with pytest.raises(HandleInvalid, match=f"^{SENTENCE}"):
            check_handle(text)
