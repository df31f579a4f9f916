from __future__ import annotations

import sys
import uuid
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from steps import Cron, Every, ScheduleInvalid
from steps.discovery import discover
from steps.errors import DefinitionInvalid
from tests.steps.test_definition import STEP, define

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("given", "interval", "offset", "words"),
    [
        ({"hours": 6}, 21600, 0, "every 6 hours"),
        ({"minutes": 1}, 60, 0, "every minute"),
        ({"hours": 1, "minutes": 30}, 5400, 0, "every 90 minutes"),
        ({"weeks": 1}, 604800, 0, "every week"),
        ({"days": 400}, 34560000, 0, "every 400 days"),
        ({"hours": 1, "offset": "15 min"}, 3600, 900, "every hour, 15 minutes after the full interval"),
        ({"hours": 2, "offset": timedelta(seconds=90)}, 7200, 90, "every 2 hours, 90 seconds after the full interval"),
        (
            {"days": 2, "start": datetime(2026, 1, 1, 9), "time_zone": "Europe/Berlin"},
            172800, 28800, "every 2 days, from 2026-01-01 09:00:00 CET",
        ),
    ],
)  # fmt: skip
def test_every_knows_its_interval_and_where_it_is_counted_from(
    given: dict[str, Any], interval: int, offset: int, words: str
):
    every = Every(**given)
    assert (every.interval, every.offset) == (timedelta(seconds=interval), timedelta(seconds=offset))
    assert every.words == words


def test_a_datetime_without_a_zone_is_of_the_schedules_own():
    terms = Cron("0 3 * * *", time_zone="Europe/Berlin", start=datetime(2026, 7, 1, 0, 0, 0, 5)).terms
    assert terms.start == datetime(2026, 7, 1, tzinfo=BERLIN)
    aware = datetime(2026, 7, 1, tzinfo=timezone(timedelta(hours=5)))
    assert Cron("0 3 * * *", time_zone="Europe/Berlin", end=aware).terms.end == aware


def test_what_is_not_said_has_a_sound_default():
    terms = Every(hours=1).terms
    assert (terms.time_zone, terms.overlap, terms.count, terms.paused) == ("UTC", "skip", None, False)
    assert (terms.catch_up, terms.jitter, terms.data) == (timedelta(days=1), timedelta(0), {})


START = datetime(2026, 1, 2)
BAD: list[tuple[dict[str, Any], str, str]] = [
    ({}, "every", "needs a distance"),
    ({"minutes": 0.5}, "every", "at least 1 minute apart.*api.schedule_next_step"),
    ({"days": 401}, "every", "at most 400 days"),
    ({"weeks": 1e300}, "every", "at most 400 days"),
    ({"hours": -1}, "hours", "a number from 0"),
    ({"hours": "6"}, "hours", "a number from 0"),
    ({"hours": float("nan")}, "hours", "a number from 0"),
    ({"hours": True}, "hours", "a number from 0"),
    ({"minutes": 1.00001}, "every", "whole seconds"),
    ({"hours": 1, "offset": "1 hr"}, "offset", "shorter than the interval"),
    ({"hours": 1, "offset": "soon"}, "offset", "not a length of time"),
    ({"hours": 1, "time_zone": "Europe/Berln"}, "time_zone", "Did you mean 'Europe/Berlin'?"),
    ({"hours": 1, "time_zone": ""}, "time_zone", "There is no time zone"),
    ({"hours": 1, "time_zone": "../etc/passwd"}, "time_zone", "There is no time zone"),
    ({"hours": 1, "time_zone": None}, "time_zone", "There is no time zone"),
    ({"hours": 1, "start": START, "end": START}, "end", "must come after"),
    ({"hours": 1, "start": START, "end": START - timedelta(1)}, "end", "must come after"),
    ({"hours": 1, "start": "2026-01-01"}, "start", "must be a datetime, not a str"),
    ({"hours": 1, "end": date(2026, 1, 1)}, "end", "must be a datetime, not a date"),
    ({"hours": 1, "count": 0}, "count", "a whole number from 1"),
    ({"hours": 1, "count": 1.5}, "count", "a whole number from 1"),
    ({"hours": 1, "count": True}, "count", "a whole number from 1"),
    ({"hours": 1, "overlap": "wait"}, "overlap", "one of skip, buffer, allow, cancel-running"),
    ({"hours": 1, "paused": "yes"}, "paused", "True or False"),
    ({"hours": 1, "data": [1]}, "data", "must be a dict"),
    ({"hours": 1, "data": {"a": object()}}, "data", "is not JSON"),
    ({"hours": 1, "data": {"next_at": 1}}, "data", "may not hold next_at"),
    ({"hours": 1, "data": {"a": "x" * 300_000}}, "data", "the limit is 262144"),
    ({"hours": 1, "catch_up": 5}, "catch_up", "0:00:10 or more"),
    ({"hours": 1, "jitter": "2 days"}, "jitter", "1 day, 0:00:00 or less"),
    ({"hours": 1, "timezone": "UTC"}, "timezone", "Did you mean time_zone?"),
    ({"hours": 1, "months": 1}, "months", "has no option 'months'"),
]


@pytest.mark.parametrize(("given", "field", "says"), BAD)
def test_a_wrong_option_is_named_with_what_to_write(given: dict[str, Any], field: str, says: str):
    with pytest.raises(ScheduleInvalid, match=says) as caught:
        Every(**given)
    assert caught.value.field == field


def test_two_that_say_the_same_have_one_digest_and_others_have_not():
    different = [
        Every(hours=6), Every(hours=5), Every(hours=6, offset=60), Every(hours=6, count=1), Every(hours=6, jitter=1),
        Every(hours=6, data={"a": 1}), Every(hours=6, overlap="allow"), Every(hours=6, time_zone="Europe/Berlin"),
        Every(hours=6, catch_up=60), Every(hours=6, end=START), Cron("0 */6 * * *"), Cron("0 3 * * *"),
    ]  # fmt: skip
    assert len({each.digest for each in different}) == len(different)
    assert Every(hours=6).digest == Every(minutes=360).digest == Every(hours=6, paused=True).digest
    assert Cron("0 3 * * mon").digest == Cron(" 0 3 * *  MON").digest


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("    async def schedule(self, data, headers, api): ...\n", "may not have a step or method named schedule"),
        ("    def schedule(self): ...\n", "may not have a step or method named schedule"),
        ("    @property\n    def schedule(self): ...\n", "may not have a step or method named schedule"),
        ("    schedule = 'daily'\n", "Flow.schedule is a str: write `schedule = Every"),
        ("    schedule = Every\n", "Flow.schedule is a class"),
    ],
)
def test_schedule_is_no_name_for_anything_else(body: str, says: str):
    with pytest.raises(DefinitionInvalid, match=says):
        define(STEP + body, before="from steps import Every")


def test_a_class_has_the_schedule_of_its_base_unless_it_says_otherwise():
    before = f"from steps import Every\nclass Base(Workflow):\n    schedule = Every(hours=1)\n{STEP}"
    assert repr(define("    pass\n", bases="Base", before=before).schedule) == "<schedule: every hour>"
    assert define("    schedule = None\n", bases="Base", before=before).schedule is None
    assert define(STEP).schedule is None


FILE = """
from __future__ import annotations
from datetime import datetime
from steps import Cron, Workflow

class Nightly(Workflow):
    schedule = Cron("0 3 * * *", time_zone="America/New_York", start=datetime(2026, 1, 1), data={"a": [1]})
    async def start(self, data, headers, api): ...
"""


def test_a_file_with_a_schedule_loads_in_the_sandbox_and_the_guard_has_nothing_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / f"planned_{uuid.uuid4().hex}"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", list(sys.path))
    (folder / "nightly.py").write_text(FILE)
    (folder / "wrong.py").write_text(FILE.replace("0 3 *", "0 33 *").replace("Nightly", "Wrong"))
    found = discover(folder)
    assert found.findings == []
    (problem,) = found.problems
    assert str(problem).startswith("wrong.py:7: ScheduleInvalid: The cron line")
    schedule = found.workflows["Nightly"].schedule
    assert schedule
    assert schedule.words == "at 0 3 * * * (America/New_York), from 2026-01-01 00:00:00 EST"
