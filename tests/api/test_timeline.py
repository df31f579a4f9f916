"""The folding of a run's timeline: whatever a run is made of, its rows are few and their counts add up."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from api.pages.timeline import MOST_LANES, draw
from api.pages.timeline_scale import Scale, length
from api.pages.timeline_shapes import Attempt, Kind, Thin, Timeline


def attempt(step: str, branch: int, number: int, began: float, took: float, kind: Kind) -> Attempt:
    return Attempt(step, branch, number, began, began + took, kind)


def call(step: str | None, began: float, took: float, kind: Kind) -> Thin:
    return Thin(step, began, began + took, kind)


TIMES = some.floats(0, 100_000, allow_nan=False)
ATTEMPTS = some.builds(
    attempt,
    some.sampled_from([f"step_{number}" for number in range(60)]),
    some.integers(1, 200),
    some.integers(1, 5),
    TIMES,
    TIMES,
    some.sampled_from(get_args(Kind)),
)
CALLS = some.builds(
    call,
    some.sampled_from([None, "step_1", "step_2", "elsewhere"]),
    TIMES,
    TIMES,
    some.sampled_from(["completed", "failed", "running", "waiting"]),
)


def counted(timeline: Timeline) -> Counter[Kind]:
    return sum((lane.counts for lane in timeline.lanes), Counter[Kind]())


@settings(max_examples=60, deadline=None)
@given(some.lists(ATTEMPTS, max_size=300), some.lists(CALLS, max_size=40), TIMES, some.integers(0, 9_980))
def test_every_attempt_is_counted_in_one_row_and_every_bar_is_inside(
    attempts: list[Attempt], calls: list[Thin], end: float, more: int
):
    timeline = draw(attempts, calls, end, more_waiting=more)
    wanted = Counter[Kind](one.kind for one in attempts) + Counter[Kind]({"waiting": more})
    assert counted(timeline) == wanted
    assert len([lane for lane in timeline.lanes if lane.counts]) <= MOST_LANES + 1
    assert len(timeline.lanes) <= MOST_LANES + 5  # with the calls of which nobody knows whose they are
    for lane in timeline.lanes:
        for bar in [*lane.bars, *lane.thin, *lane.columns]:
            assert bar.x >= 0
            assert bar.width > 0
            assert bar.x + bar.width <= 100.1


def test_ten_thousand_branches_are_a_row_of_columns_and_words():
    attempts = [
        Attempt("branch", number, 1, number / 100, number / 100 + 1, "failed" if number % 100 == 0 else "completed")
        for number in range(10_000)
    ]
    timeline = draw([Attempt("start", -1, 1, 0, 0.1, "completed"), *attempts], [], 101)

    start, folded = timeline.lanes
    assert (start.step, start.said) == ("start", "completed in 100 ms")
    assert folded.said == "10,000 branches: 100 failed, 9,900 completed"
    assert not folded.bars
    assert 60 <= len(folded.columns) <= 120


def test_a_failed_attempt_and_the_next_are_bars_of_one_row():
    tries = [Attempt("pay", 1, 1, 0, 2, "retried"), Attempt("pay", 1, 2, 6, 8, "completed")]
    (lane,) = draw(tries, [], 10).lanes
    assert [(bar.x, bar.width, bar.kind, bar.letter) for bar in lane.bars] == [
        (0, 20, "retried", "R"),
        (60, 20, "completed", ""),
    ]
    assert lane.said == "completed in 2 s, attempt 2"


@pytest.mark.parametrize(
    ("branches", "rows"),
    [([(0, 4)], ["one call under the branch"]), ([(0, 4), (0, 4)], ["", "", "1 call of its branches"])],
)
def test_a_call_is_drawn_under_a_branch_only_where_no_other_can_have_made_it(
    branches: list[tuple[float, float]], rows: list[str]
):
    tries = [Attempt("pay", number, 1, *span, "completed") for number, span in enumerate(branches)]
    lanes = draw(tries, [Thin("pay", 1, 2, "completed")], 10).lanes
    assert [bool(lane.thin) for lane in lanes] == [bool(row) for row in rows]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (0.34, "340 ms"), (2.449, "2.45 s"), (59.4, "59 s"), (185, "3 min 5 s"), (3_600, "1 h"),
        (187_200, "2 d 4 h"), (86_405, "1 d"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_in_few_words(seconds: float, said: str):
    assert length(seconds) == said


@pytest.mark.parametrize("end", [0.0004, 0.7, 59, 61, 86_400 * 3, 86_400 * 3_000])
def test_an_axis_has_few_marks_and_begins_at_zero(end: float):
    marks = Scale(end).marks()
    assert marks[0].text == "0"
    assert len(marks) <= 7
    assert all(0 <= mark.x <= 100 for mark in marks)
