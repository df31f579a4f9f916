"""What a run remembers of the keys that its steps have claimed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from steps.branch import Branch, Carried
from steps.claims import CLAIM_BYTES, MAX_CLAIMS, MAX_OPEN, ROLL_AT, Claim, Claims, renewed
from steps.errors import RequestInvalid

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEY, OTHER = "a" * 32, "b" * 32


def claimed(attempt: int = 1, until: datetime = NOW + DAY) -> Claims:
    claims = Claims([])
    claims.claim(7, attempt, KEY, until)
    return claims


@pytest.mark.parametrize(
    ("branch", "attempt", "key", "after", "answer"),
    [
        (7, 1, KEY, timedelta(), False),
        (7, 2, KEY, timedelta(), True),
        (7, 9, KEY, timedelta(hours=23), True),
        (7, 2, KEY, DAY, None),
        (7, 2, OTHER, timedelta(), None),
        (8, 1, KEY, timedelta(), None),
        (8, 2, KEY, timedelta(), None),
    ],
)
def test_only_a_later_attempt_of_the_branch_that_claimed_is_the_first_again(
    branch: int, attempt: int, key: str, after: timedelta, answer: bool | None
):
    assert claimed().answer(branch, attempt, key, NOW + after) is answer


def test_each_attempt_is_the_first_once():
    claims = claimed()
    assert [claims.answer(7, attempt, KEY, NOW) for attempt in (1, 2, 2, 3, 3)] == [False, True, False, True, False]


def test_a_step_that_has_succeeded_leaves_nothing_behind():
    claims = claimed()
    claims.drop(7)
    claims.drop(7)
    assert claims.answer(7, 2, KEY, NOW) is None
    assert claims.kept == []


def test_a_roll_over_and_a_retry_of_the_failed_steps_carry_them():
    carried = Carried.model_validate_json(Carried(claims=claimed(attempt=3).kept).model_dump_json()).claims
    assert carried == [Claim(7, 3, KEY[:16], int((NOW + DAY).timestamp()))]
    assert Claims(carried).answer(7, 3, KEY, NOW) is False
    assert Claims(renewed(carried)).answer(7, 1, KEY, NOW) is True


def test_an_older_build_knew_neither_claims_nor_attempts():
    older = Carried(branches=[Branch(id=1, action="a", due=NOW)]).model_dump(mode="json")
    assert "attempt" not in older["branches"][0], "ten thousand branches must fit one value of Temporal"
    del older["claims"]
    assert Carried.model_validate(older).branches[0].attempt == 1


def test_there_is_room_for_a_thousand_keys_whose_windows_are_open():
    claims = Claims([])
    for number in range(MAX_CLAIMS):
        claims.check_room(NOW)
        claims.claim(number % 3, 1, f"{number:032d}"[::-1], NOW + (DAY if number else timedelta(seconds=1)))
    with pytest.raises(RequestInvalid, match="at most 1000 keys"):
        claims.check_room(NOW)
    claims.check_room(NOW + timedelta(seconds=2))  # one window is over
    claims.asking = 1
    with pytest.raises(RequestInvalid, match="at most 1000 keys"):
        claims.check_room(NOW + timedelta(seconds=2))
    claims.drop(1)
    claims.check_room(NOW)


def test_the_children_that_one_temporal_run_waits_for_are_bounded():
    claims = Claims([])
    claims.open = ROLL_AT
    assert claims.crowded
    claims.open, claims.asking = MAX_OPEN - 1, 1
    with pytest.raises(RequestInvalid):
        claims.check_room(NOW)


def test_a_claim_takes_no_more_room_than_is_kept_for_it():
    claim = Claim(999_999, 9_999, KEY[:16], int((NOW + timedelta(days=20_000)).timestamp()))
    assert len(Carried(claims=[claim]).model_dump_json()) - len(Carried().model_dump_json()) <= CLAIM_BYTES
