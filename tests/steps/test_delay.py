from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steps.delay import MAX_DELAY, parse_delay
from steps.errors import DelayInvalid

YEAR_AND_MORE = MAX_DELAY.total_seconds()

GOOD: list[tuple[Any, float]] = [
    (0, 0), (0.0, 0), (-0.0, 0), (10, 10), (0.25, 0.25), (34_560_000, 34_560_000),
    (timedelta(0), 0), (timedelta(minutes=3), 180), (timedelta(days=400), YEAR_AND_MORE),
    ("0 sec", 0), ("30 sec", 30), ("1 second", 1), ("90 seconds", 90), ("5 secs", 5),
    ("5 min", 300), ("1 minute", 60), ("2 minutes", 120), ("2 mins", 120),
    ("2 hr", 7_200), ("1 hour", 3_600), ("3 hours", 10_800), ("3 hrs", 10_800), ("1.5 hr", 5_400),
    ("1 day", 86_400), ("400 days", YEAR_AND_MORE), ("1 week", 604_800), ("2 weeks", 1_209_600),
    ("30sec", 30), (" 30 sec ", 30), ("30 SEC", 30), ("0.5 sec", 0.5), ("007 min", 420),
    ("0.30000000000000004 sec", 0.3),
]  # fmt: skip

BAD: list[tuple[Any, str]] = [
    ("1 month", "no fixed length"), ("2 years", "no fixed length"), ("1 fortnight", "unknown unit 'fortnight'"),
    ("5 fortnights", "unknown unit"), ("5 s", "unknown unit 's'"), ("5 m", "unknown unit 'm'"),
    ("", "not understood"), (" ", "not understood"), ("5", "not understood"), ("sec", "not understood"),
    ("-5 sec", "not understood"), ("+5 sec", "not understood"), ("1e3 sec", "not understood"),
    (".5 sec", "not understood"), ("5. sec", "not understood"), ("1,5 hr", "not understood"),
    ("1 hr 30 min", "not understood"), ("5  sec", "not understood"), ("5\tsec", "not understood"),
    ("5 sec\n", "not understood"), ("\u0665 sec", "not understood"), ("PT5M", "not understood"),
    ("nan sec", "not understood"), ("inf sec", "not understood"), ("x" * 5_000, "not understood"),
    ("401 days", "longer than 400 days"), ("400.00001 days", "longer than 400 days"),
    ("9" * 5_000 + " sec", "longer than"), (timedelta(days=400, microseconds=1), "longer than 400 days"),
    (timedelta.max, "longer than 400 days"), (34_560_001, "longer than"), (1e300, "longer than"),
    (10**20, "longer than"), (10**400, "longer than"), (10**5_000, "longer than"), (math.inf, "longer than"),
    (-1, "negative"), (-0.001, "negative"), (timedelta(seconds=-1), "negative"), (timedelta.min, "negative"),
    (-math.inf, "negative"), (-(10**400), "negative"), (-(10**5_000), "negative"), (math.nan, "not a number"),
    (True, "cannot be a bool"), (False, "cannot be a bool"), (None, "cannot be a NoneType"),
    (b"5 sec", "cannot be a bytes"), ([5], "cannot be a list"), ({"seconds": 5}, "cannot be a dict"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "seconds"), GOOD, ids=repr)
def test_a_delay_is_understood(value: Any, seconds: float):
    assert parse_delay(value).total_seconds() == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(("value", "says"), BAD, ids=[f"{index}-{says}" for index, (_, says) in enumerate(BAD)])
def test_what_is_no_delay_is_refused_with_the_reason(value: Any, says: str):
    with pytest.raises(DelayInvalid, match=says) as caught:
        parse_delay(value)
    assert len(str(caught.value)) < 400, "a message does not repeat a long text"


def test_another_limit_is_named_in_its_own_unit():
    assert parse_delay("60 min", limit=timedelta(hours=1)) == timedelta(hours=1)
    with pytest.raises(DelayInvalid, match="longer than 3600 seconds"):
        parse_delay("61 min", limit=timedelta(hours=1))


@given(st.integers(0, int(YEAR_AND_MORE)) | st.floats(0, YEAR_AND_MORE))
def test_any_number_of_seconds_within_the_limit_comes_back(seconds: float):
    assert abs(parse_delay(seconds).total_seconds() - seconds) <= 1e-6


@given(st.timedeltas(timedelta(0), MAX_DELAY))
def test_a_timedelta_within_the_limit_is_itself_and_stays_so(delay: timedelta):
    assert parse_delay(delay) == delay
    assert parse_delay(parse_delay(delay)) == delay


@given(st.integers(0, 500), st.sampled_from(["sec", "min", "hr", "day", "week"]), st.sampled_from(["", " "]))
def test_a_text_means_its_number_times_its_unit_or_is_too_long(number: int, unit: str, space: str):
    length = timedelta(seconds=number * {"sec": 1, "min": 60, "hr": 3_600, "day": 86_400, "week": 604_800}[unit])
    if length <= MAX_DELAY:
        assert parse_delay(f"{number}{space}{unit}") == length
    else:
        with pytest.raises(DelayInvalid):
            parse_delay(f"{number}{space}{unit}")


LIKE_A_DELAY = st.from_regex(r"[-+ ]?[0-9.e]{0,40} ?(sec|mins?|hours?|day|weeks|month|s|)\s?", fullmatch=True)


@given(
    st.text() | LIKE_A_DELAY | st.integers() | st.floats() | st.timedeltas() | st.none() | st.booleans() | st.binary()
)
@example("1" * 400 + " weeks")
def test_anything_is_a_length_of_time_or_is_refused_and_nothing_else_happens(value: Any):
    try:
        delay = parse_delay(value)
    except DelayInvalid:
        return
    assert timedelta(0) <= delay <= MAX_DELAY
