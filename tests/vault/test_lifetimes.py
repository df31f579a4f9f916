from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from vault.lifetimes import refresh_due
from vault.providers import AccountRule, Provider, notion

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
USUAL = Provider(
    "x", "X", "https://x.test/a", "https://x.test/t", None, ("api.x.test",), AccountRule("token", id="id")
)  # fmt: skip


@pytest.mark.parametrize(
    ("lasts", "seconds"),
    [
        (3600, 3540), ("3600", 3540), (3600.0, 3540), (120, 60), (90, 45), (2, 1),
        (None, None), (0, None), (-1, None), (True, None), ("soon", None), ("", None), ([3600], None),
        (float("nan"), None), (float("inf"), None), (10**30, None),
    ],
)  # fmt: skip
def test_a_refresh_is_due_a_minute_before_the_end(lasts: object, seconds: float | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert refresh_due(USUAL, lasts, NOW) == expected


def test_where_a_401_decides_no_clock_does() -> None:
    assert refresh_due(notion(), 3600, NOW) is None
    assert refresh_due(dataclasses.replace(USUAL, refresh="on_401"), 3600, NOW) is None
