from __future__ import annotations

from typing import Any

import pytest

from steps import ScheduleInvalid
from steps.cron import check_cron


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("0 3 * * MON-FRI", "0 3 * * MON-FRI"),
        ("  0   3 * *\tmon-fri ", "0 3 * * MON-FRI"),
        ("*/15 8-18/2 1,15 jan,jul *", "*/15 8-18/2 1,15 JAN,JUL *"),
        ("0 0 * * 7", "0 0 * * 7"),
        ("0 0 * * monday", "0 0 * * MONDAY"),
        ("5/10 * * * *", "5/10 * * * *"),
        ("0 0 29 2 *", "0 0 29 2 *"),
        ("0 0 31 1,2 *", "0 0 31 1,2 *"),
        ("0 0 13 * FRI", "0 0 13 * FRI"),
    ],
)
def test_a_cron_line_is_kept_in_one_form(line: str, kept: str):
    assert check_cron(line) == kept


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "it has 0 fields"),
        ("0 3 * *", "it has 4 fields"),
        ("0 0 3 * * *", "it has 6 fields"),
        ("60 3 * * *", "60 is no minute: it goes from 0 to 59"),
        ("0 24 * * *", "24 is no hour"),
        ("0 0 0 * *", "0 is no day of month"),
        ("0 0 * 13 *", "13 is no month"),
        ("0 0 * * 8", "8 is no day of week"),
        ("0 0 * MON *", "'MON' is no month"),
        ("0 0 ? * *", "is no day of month"),
        ("0 0 L * *", "'L' is no day of month"),
        ("0 0 * * MON#1", "'MON#1' is no day of week"),
        ("0 0 * * FRI-SUN", "the range FRI-SUN ends before it begins; name each"),
        ("0 0 * * 1,,2", "'' is no day of week"),
        ("*/0 * * * *", "the step of \\*/0 must be from 1 to 59"),
        ("*/90 * * * *", "the step of \\*/90 must be"),
        ("*-5 * * * *", "is no minute"),
        ("-5 * * * *", "is no minute"),
        ("0 0 31 2 *", "so it would never run"),
        ("0 0 31 APR,JUN *", "so it would never run"),
        ("@daily", "use Every"),
        ("CRON_TZ=Europe/Berlin 0 3 * * *", "write time_zone="),
        ("\u0660 * * * *", "is no minute"),
        (5, "it is a int, not a text"),
        (None, "it is a NoneType"),
    ],
)
def test_a_wrong_cron_line_is_named_with_what_to_write(line: Any, says: str):
    with pytest.raises(ScheduleInvalid, match=says) as caught:
        check_cron(line)
    assert caught.value.field == "cron"
    assert "such as" in str(caught.value)
