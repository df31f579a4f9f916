"""The rule by which calls are spaced, by itself: the moments are given."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vault.pace import LEAD, SECOND, Ask, Limit, Pace, Turn

NOW = 1_700_000_000 * SECOND
ANY = Ask(within=10**15)
URGENT = Ask(within=10**15, urgent=True)
QUEUES = Ask(within=2 * SECOND, queues=True)
LIMITS = st.builds(Limit, st.integers(1, 5 * SECOND), st.integers(1, 3))
# How long after the one before each call comes.
GAPS = st.lists(st.integers(0, 6 * SECOND), min_size=1, max_size=60)


def spaced(moments: list[int], limit: Limit) -> bool:
    """Tell whether no more calls than the burst, and one more for each interval, lie in any length of time."""
    moments = sorted(moments)
    return all(
        last - first >= (count - limit.burst) * limit.interval
        for start, first in enumerate(moments)
        for count, last in enumerate(moments[start:], 1)
    )


@given(LIMITS, GAPS)
def test_slots_are_an_interval_apart_beyond_the_burst(limit: Limit, gaps: list[int]) -> None:
    pace, now, slots = Pace(), NOW, list[int]()
    for gap in gaps:
        now += gap
        turn = pace.take(now, limit, ANY)
        assert turn.taken
        slots.append(now + turn.wait)
    assert slots == sorted(slots)
    assert spaced(slots, limit)


@given(LIMITS, GAPS)
def test_no_slot_is_further_ahead_than_asked_for(limit: Limit, gaps: list[int]) -> None:
    pace, now = Pace(), NOW
    for gap in gaps:
        now += gap
        turn = pace.take(now, limit, QUEUES)
        assert not turn.taken or turn.wait <= QUEUES.within


@given(LIMITS, st.integers(2, 60))
def test_places_in_the_queue_are_an_interval_apart_and_behind_the_slots(limit: Limit, calls: int) -> None:
    pace = Pace()
    turns = [pace.take(NOW, limit, QUEUES) for _ in range(calls)]
    taken = [turn for turn in turns if turn.taken]
    assert turns[: len(taken)] == taken
    places = [NOW + turn.wait + LEAD for turn in turns[len(taken) :] if turn.wait]
    assert all(later - earlier == limit.interval for earlier, later in pairwise(places))
    assert spaced([NOW + turn.wait for turn in taken] + places, limit)


@given(st.integers(50_000, SECOND), st.integers(10, 400))
def test_a_burst_leaves_at_the_permitted_rate_with_few_that_wait_in_place(interval: int, calls: int) -> None:
    limit = Limit(interval, 2)
    slots, most = simulate(limit, [NOW + number * 1_000 for number in range(calls)])
    assert spaced(slots, limit)
    assert max(slots) - NOW <= (calls - 1) * interval + 1_000 * calls
    assert most <= 3 * SECOND // interval + 1


def simulate(limit: Limit, comes: list[int]) -> tuple[list[int], int]:
    """Let calls come, stay away as they are told, and come again; return their slots, and how many waited at most."""
    pace, slots, most = Pace(), list[int](), 0
    pending = [(moment, QUEUES) for moment in comes]
    while pending:
        pending.sort(key=lambda item: item[0])
        now, ask = pending.pop(0)
        turn = pace.take(now, limit, ask)
        if turn.taken:
            slots.append(now + turn.wait)
            most = max(most, sum(slot > now for slot in slots))
        else:
            pending.append((now + turn.wait, Ask(within=3 * SECOND)))
    return slots, most


def test_a_new_call_goes_behind_those_that_were_turned_away():
    limit, pace = Limit(SECOND), Pace()
    for _ in range(10):
        pace.take(NOW, limit, QUEUES)
    assert not pace.take(NOW + 3 * SECOND, limit, QUEUES).taken
    assert pace.take(NOW + 3 * SECOND, limit, Ask(within=2 * SECOND)).taken


@given(LIMITS, st.integers(0, 10), st.integers(1, 90 * SECOND), GAPS)
def test_while_it_is_held_nothing_leaves_and_then_one_at_a_time(
    limit: Limit, before: int, length: int, gaps: list[int]
) -> None:
    pace, now = Pace(), NOW
    waiting = [turn for turn in (pace.take(NOW, limit, ANY) for _ in range(before)) if turn.wait]
    pace.hold(NOW, limit, length)
    for turn in waiting:
        moment = NOW + turn.wait
        assert (pace.confirm(moment, limit, turn) is None) == (moment < NOW + length)
    slots = list[int]()
    for gap in gaps:
        now += gap
        slots.append(now + pace.take(now, limit, ANY).wait)
    assert min(slots) >= NOW + length
    assert spaced(slots, limit)


def test_a_hold_does_not_shorten_one_before_and_ends_within_an_hour():
    limit, pace = Limit(SECOND), Pace()
    pace.hold(NOW, limit, 60 * SECOND)
    pace.hold(NOW, limit, SECOND)
    assert pace.take(NOW, limit, ANY).wait == 60 * SECOND
    pace.hold(NOW, limit, 10**15)
    assert pace.take(NOW, limit, ANY).wait == 3_600 * SECOND


@given(LIMITS, st.integers(0, 12), st.integers(0, 12), st.integers(0, SECOND))
def test_an_urgent_call_takes_the_next_slot_and_its_owner_another(
    limit: Limit, waiting: int, urgent: int, later: int
) -> None:
    pace, now = Pace(), NOW + later % limit.interval
    turns = [(NOW, pace.take(NOW, limit, ANY)) for _ in range(waiting)]
    for number in range(urgent):
        turn = pace.take(now, limit, URGENT)
        assert turn.wait <= (number + 1) * limit.interval
        turns.append((now, turn))
    sent = leave(pace, limit, turns)
    assert len(sent) == waiting + urgent
    assert spaced(sent, limit)
    assert pace.owed == 0


@given(LIMITS, st.lists(st.integers(0, 4 * SECOND), min_size=1, max_size=40))
def test_calls_that_come_late_for_their_slots_do_not_leave_together(limit: Limit, delays: list[int]) -> None:
    pace = Pace()
    turns = [(NOW + delay, pace.take(NOW, limit, ANY)) for delay in delays]
    sent = leave(pace, limit, [(moment if turn.wait else NOW, turn) for moment, turn in turns])
    assert len(sent) == len(delays)
    assert spaced(sent, limit)


def leave(pace: Pace, limit: Limit, turns: list[tuple[int, Turn]]) -> list[int]:
    """Let calls confirm their slots, which each was given at a moment, until all have left; return when they did."""
    sent = [moment for moment, turn in turns if not turn.wait]
    pending = [(moment + turn.wait, turn) for moment, turn in turns if turn.wait]
    while pending:
        pending.sort(key=lambda item: item[0])
        now, turn = pending.pop(0)
        more = pace.confirm(now, limit, turn)
        if more is None:
            turn = pace.take(now, limit, ANY)
            more = turn.wait
        if more:
            pending.append((now + more, turn))
        else:
            sent.append(now)
    return sent


def test_a_queue_whose_calls_are_gone_is_forgotten():
    limit, pace = Limit(SECOND), Pace()
    for _ in range(1_000):
        pace.take(NOW, limit, QUEUES)
    assert pace.take(NOW + 10 * SECOND, limit, QUEUES) == Turn(0, taken=True)


def test_a_clock_that_went_back_stops_nobody():
    limit, pace = Limit(SECOND), Pace()
    pace.take(NOW, limit, ANY)
    assert pace.take(NOW - 10 * 3_600 * SECOND, limit, ANY).wait == 0
