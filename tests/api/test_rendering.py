from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from api.rendering import _templates  # pyright: ignore[reportPrivateUsage]  # the filters are reached through it alone
from api.spans import ago, duration

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Send `a` and `b`.", "Send <code>a</code> and <code>b</code>."),
        ("<b> `<i>`", "&lt;b&gt; <code>&lt;i&gt;</code>"),
        ("one ` alone <", "one ` alone &lt;"),
        ("", ""),
    ],
)
def test_backticks_become_code_and_all_else_is_escaped(text: str, shown: str):
    assert _templates.from_string("{{ text | code }}").render(text=text) == shown


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 minute ago"),
        (timedelta(seconds=119), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=49), "2 days ago"),
        (timedelta(seconds=-30), "just now"),
        (timedelta(hours=-3), "in 3 hours"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit(before: timedelta, said: str):
    assert ago(NOW - before, NOW) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(milliseconds=340), "340 ms"),
        (timedelta(seconds=-1), "0 ms"),
        (timedelta(seconds=12.34), "12.3 s"),
        (timedelta(seconds=59.97), "1 min"),
        (timedelta(minutes=3, seconds=20), "3 min 20 s"),
        (timedelta(hours=2, minutes=5, seconds=59), "2 h 5 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
    ],
)
def test_a_duration_is_said_in_two_units(length: timedelta, said: str):
    assert duration(length) == said


def test_a_relative_time_has_the_exact_one_with_it_in_utc():
    moment = datetime(2020, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    text = _templates.from_string("{{ moment | relative }}").render(moment=moment)
    exact = r'<time datetime="2019-12-31T23:30:00\+00:00" title="2019-12-31 23:30:00 UTC" data-relative>'
    assert re.fullmatch(rf"{exact}\d+ days ago</time>", text)
    assert _templates.from_string("{{ none | relative }}").render(none=None) == "never"
