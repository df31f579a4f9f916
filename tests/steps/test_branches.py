from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from steps import branches as module
from steps import budget
from steps.batch import ROW_BYTES, head_bytes, kind, pack, unpack
from steps.branch import Branch, Carried, Member
from steps.branches import Branches
from steps.errors import BranchLimitExceeded, PayloadTooLarge
from steps.wait import Wait

START = datetime(2026, 1, 1, tzinfo=UTC)
FEW, FEW_BYTES = 12, 4_000


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class BranchesMachine(RuleBasedStateMachine):
    """Compare the bookkeeping with the plainest one there is: a list of branches in each state."""

    def __init__(self) -> None:
        super().__init__()
        self.limits = [patch.object(module, "MAX_ARMED", FEW), patch.object(budget, "MAX_STATE_BYTES", FEW_BYTES)]
        for limit in self.limits:
            limit.start()
        self.branches = Branches([], 0)
        self.now = 0
        self.armed: dict[int, Branch] = {}
        self.running: list[Branch] = []
        self.failed: list[Branch] = []
        self.sizes: dict[int, int] = {}
        self.ended: list[int] = []
        self.given = 0

    def teardown(self) -> None:
        for limit in self.limits:
            limit.stop()
        self.take(10_000, 10_000)
        for branch in list(self.running):
            self.branches.done(branch)
            self.end(branch)
        assert self.branches.finished
        assert sorted([*self.ended, *(branch.id for branch in self.failed)]) == list(range(self.given)), "each once"
        if not self.failed:
            assert self.branches.budget.used == 0

    def room(self) -> int:
        held = [*self.armed.values(), *self.running, *self.failed]
        return sum(self.sizes[branch.id] + ROW_BYTES for branch in held) + sum(
            head_bytes(key[0]) for key in {kind(branch) for branch in held}
        )

    @initialize()
    def carry_none(self) -> None:
        assert self.branches.finished

    @rule(due=st.integers(-5, 100), size=st.integers(0, 300), parent=st.none() | st.integers(0, 3))
    def arm(self, due: int, size: int, parent: int | None) -> None:
        try:
            self.branches.reserve(1, size + ROW_BYTES + head_bytes("step"))
        except (BranchLimitExceeded, PayloadTooLarge):
            return
        member = None if parent is None else Member(parent, due + 5)
        branch = self.branches.arm("step", at(due), {"n": self.given}, size, parent, None, member)
        assert branch.id == self.given
        assert (branch.payload, branch.parent, branch.member) == ({"n": self.given}, parent, member)
        self.given += 1
        self.armed[branch.id], self.sizes[branch.id] = branch, size

    @rule(count=st.integers(1, 20), size=st.integers(0, 5_000))
    def reserve(self, count: int, size: int) -> None:
        before = (self.branches.armed, self.branches.next_id, dict(self.branches.running))
        if len(self.armed) + count > FEW:
            with pytest.raises(BranchLimitExceeded, match="at most 12"):
                self.branches.reserve(count, size)
        elif self.room() + size > FEW_BYTES:
            with pytest.raises(PayloadTooLarge, match=f"{self.room() + size} bytes; the limit is 4000"):
                self.branches.reserve(count, size)
        else:
            self.branches.reserve(count, size)
        assert before == (self.branches.armed, self.branches.next_id, self.branches.running), "reserving arms nothing"

    @rule(wait=st.integers(0, 60), limit=st.integers(0, 5))
    def take(self, wait: int, limit: int) -> None:
        self.now += wait
        taken = self.branches.take_due(at(self.now), limit)
        due = sorted((branch.due, branch.id) for branch in self.armed.values() if branch.due <= at(self.now))
        assert [(branch.due, branch.id) for branch in taken] == due[:limit]
        for branch in taken:
            del self.armed[branch.id]
            self.running.append(branch)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end_one(self, data: st.DataObject) -> None:
        branch = data.draw(st.sampled_from(self.running))
        self.branches.done(branch)
        self.end(branch)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def fail_one(self, data: st.DataObject) -> None:
        branch = data.draw(st.sampled_from(self.running))
        self.branches.fail(branch, at(self.now))
        self.running.remove(branch)
        self.failed.append(branch.model_copy(update={"since": self.first(branch)}))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), wait=st.integers(0, 60))
    def try_again(self, data: st.DataObject, wait: int) -> None:
        branch = data.draw(st.sampled_from(self.running))
        self.branches.again(branch, at(self.now + wait), at(self.now))
        self.running.remove(branch)
        following = {"due": at(self.now + wait), "attempt": branch.attempt + 1, "since": self.first(branch)}
        self.armed[branch.id] = branch.model_copy(update=following)

    @precondition(lambda self: not self.running)
    @rule()
    def roll_over(self) -> None:
        packed, waiting = pack(self.branches.armed)
        text = Carried(batches=packed, failed=pack(self.branches.failed.values())[0]).model_dump_json()
        assert len(text) <= self.branches.budget.used + 1_000, "what is counted is what it takes"
        carried = Carried.model_validate_json(text)
        assert not waiting
        self.branches = Branches(
            ((branch, self.sizes[branch.id]) for branch in unpack(carried.batches)), self.branches.next_id
        )
        self.branches.keep_failed((branch, self.sizes[branch.id]) for branch in unpack(carried.failed))

    def first(self, branch: Branch) -> datetime:
        return branch.since or at(self.now).replace(second=0)

    def end(self, branch: Branch) -> None:
        self.running.remove(branch)
        self.ended.append(branch.id)

    @invariant()
    def books_agree(self) -> None:
        armed = [branch.id for branch in self.branches.armed]
        assert {branch.id: branch for branch in self.branches.armed} == self.armed
        assert set(armed).isdisjoint(self.branches.running)
        assert sorted(self.branches.running) == sorted(branch.id for branch in self.running)
        assert sorted(self.branches.failed) == sorted(branch.id for branch in self.failed)
        assert self.branches.armed_count == len(armed)
        assert self.branches.finished == (not armed and not self.running)

    @invariant()
    def the_next_one_is_the_earliest_and_of_those_the_oldest(self) -> None:
        order = [(branch.due, branch.id) for branch in self.branches.armed]
        assert order == sorted(order)
        following = self.branches.next()
        assert (following and (following.due, following.id)) == (order[0] if order else None)

    @invariant()
    def no_more_is_held_than_the_limits_say(self) -> None:
        assert self.branches.armed_count <= FEW + len(self.running), "an attempt that follows is no new branch"
        assert self.branches.budget.used == self.room()


TestBranches = BranchesMachine.TestCase
TestBranches.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_branch_that_is_due_within_a_timers_rounding_is_due():
    branches = Branches([], 0)
    branches.arm("step", START + timedelta(microseconds=900), None, 4, None)
    branches.arm("step", START + timedelta(milliseconds=2), None, 4, None)
    assert [branch.id for branch in branches.take_due(START, 10)] == [0]


def test_ten_thousand_branches_fit_and_one_more_does_not():
    branches = Branches([], 0)
    branches.reserve(10_000, 0)
    for number in range(10_000):
        branches.arm("step", at(-number), None, 4, None)
    with pytest.raises(BranchLimitExceeded, match="10000"):
        branches.reserve(1, 0)
    assert [branch.id for branch in branches.take_due(START, 3)] == [9_999, 9_998, 9_997], "the earliest first"
    branches.reserve(3, 0)


def size_of(branches: Branches) -> int:
    packed, waiting = pack(branches.armed)
    return len(Carried(batches=packed, branches=waiting).model_dump_json())


@pytest.mark.parametrize("spread", [0, 1], ids=["all at once", "each at its own time"])
def test_a_full_set_of_branches_fits_into_what_a_roll_over_may_carry(spread: int):
    branches = Branches([], 0)
    while True:
        due = at(0.123456 + branches.next_id * spread)
        try:
            branches.reserve(1, 1_000 + ROW_BYTES + head_bytes("a_step_with_a_rather_long_name"))
        except PayloadTooLarge:
            break
        branches.arm("a_step_with_a_rather_long_name", due, "x" * 998, 1_000, branches.next_id % 3)
    assert size_of(branches) < budget.MAX_STATE_BYTES + 1_000


def test_ten_thousand_branches_of_a_fan_out_have_sixty_bytes_each():
    branches, payload = Branches([], 0), {"id": 1234567, "name": "x" * 34}
    for number in range(10_000):
        branches.arm("record_line", at(number * 300 + 0.123456), payload, 59, 9_999, None, Member(3, number))
    assert branches.budget.used < budget.MAX_STATE_BYTES
    assert size_of(branches) < budget.MAX_STATE_BYTES


def test_the_next_few_are_found_without_sorting_all():
    branches = Branches([], 0)
    for number in range(1_000):
        branches.arm("step", at((number * 379) % 1_000), None, 4, None)
    assert [branch.due for branch in branches.following(5)] == [at(number) for number in range(5)]


def test_a_branch_that_waits_can_be_fired_or_withdrawn_and_leaves_nothing_behind():
    branches = Branches([], 0)
    for number in range(4):
        branches.arm("step", at(100 + number), None, 50, None, Wait(id=f"w{number}"))
    branches.arm("timer", at(50), None, 4, None)
    assert branches.withdraw("w0") is not None
    assert branches.withdraw("w0") is None
    branches.fire("w3", at(10), {"event": 1}, 11)
    assert branches.waiting("w3") is None
    armed = [(branch.id, branch.due) for branch in branches.armed]
    assert armed == [(3, at(10)), (4, at(50)), (1, at(101)), (2, at(102))]
    assert branches.armed_count == 4
    (fired,) = branches.take_due(at(10), 9)
    assert (fired.id, fired.payload, fired.wait) == (3, {"event": 1}, None)
    assert [branch.id for branch in branches.take_due(at(200), 9)] == [4, 1, 2], "what was withdrawn never runs"
    for branch in list(branches.running.values()):
        branches.done(branch)
    assert branches.finished
    assert branches.next() is None
    assert branches.budget.used == 0


def test_a_branch_without_a_wait_is_carried_without_one():
    branches = Branches([], 0)
    assert "wait" not in branches.arm("step", START, None, 4, None).model_dump_json()
    waiting = branches.arm("step", START, None, 4, None, Wait(id="w"))
    assert Branch.model_validate_json(waiting.model_dump_json()) == waiting
