from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.naming import slug


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("OrderToNotion", "order-to-notion"), ("Order", "order"), ("HTTPCall", "http-call"), ("CallHTTP", "call-http"),
        ("order_to_notion", "order-to-notion"), ("Order2Notion", "order2-notion"), ("OAuth", "o-auth"),
        ("V2", "v2"), ("order-to-notion", "order-to-notion"), ("Order To Notion", "order-to-notion"),
    ],
)  # fmt: skip
def test_a_name_becomes_part_of_an_address(name: str, word: str):
    assert slug(name) == word


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,30}", fullmatch=True))
def test_every_class_name_has_a_slug_that_needs_no_quoting_and_is_its_own_slug(name: str):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(name))
    assert slug(slug(name)) == slug(name)
