from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from steps.errors import RequestInvalid
from steps.retry import ONCE, Retry


def test_by_default_a_call_is_tried_five_times_with_growing_waits():
    policy = Retry().policy()
    assert (policy.maximum_attempts, policy.initial_interval, policy.backoff_coefficient, policy.maximum_interval) == (
        5, timedelta(seconds=1), 2.0, timedelta(minutes=1),
    )  # fmt: skip


def test_its_waits_are_delays_of_any_form():
    policy = Retry(attempts=2, backoff="10 sec", longest=timedelta(hours=1)).policy()
    assert (policy.initial_interval, policy.maximum_interval) == (timedelta(seconds=10), timedelta(hours=1))
    assert Retry(backoff=0.5).policy().initial_interval == timedelta(seconds=0.5)


def test_temporal_accepts_every_policy_that_it_gives():
    """Temporal wants a first wait above zero, and no longest one that is shorter."""
    for retry in (Retry(backoff=0), Retry(backoff=0, longest=0), Retry(backoff="1 hr", longest="1 min"), ONCE):
        policy = retry.policy()
        policy._validate()  # pyright: ignore[reportPrivateUsage]  # what it tests
        assert policy.initial_interval > timedelta(0)
    assert ONCE.policy().maximum_attempts == 1


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"attempts": 0}, "greater than or equal to 1"),
        ({"attempts": 101}, "less than or equal to 100"),
        ({"attempts": "many"}, "valid integer"),
        ({"backoff": -1}, "negative"),
        ({"backoff": True}, "cannot be a bool"),
        ({"backoff": "soon"}, "not understood"),
        ({"longest": None}, "cannot be a NoneType"),
        ({"longest": "401 days"}, "longer than 400 days"),
    ],
)
def test_a_wrong_one_is_refused_when_it_is_written(fields: dict[str, Any], says: str):
    with pytest.raises(RequestInvalid, match=says):
        Retry(**fields)
