"""`api.fan_out`: a step that runs when a group of branches has ended."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.testing import WorkflowEnvironment

from steps.branch import Carried, Group, Member
from steps.budget import Budget
from steps.errors import PayloadTooLarge
from steps.groups import Groups, group_bytes, reopened
from tests.conftest import eventually
from tests.steps.harness import Outside, ended, messages, run, start, working


@pytest.mark.parametrize(
    ("branches", "results"),
    [
        ([[1], [2], [3]], [1, 2, 3]),
        ([[1, 2, 3], [4], [5, 6]], [3, 4, 6]),
        ([[1, None], [None], [None, 2]], [1, None, 2]),
        ([[{"a": [1]}]], [{"a": [1]}]),
        ([], []),
    ],
    ids=["one step each", "chains: the last value counts", "steps that return nothing", "any JSON", "no branches"],
)
async def test_the_step_gets_what_the_branches_returned_in_the_order_of_the_payloads(
    virtual_time: WorkflowEnvironment, branches: list[Any], results: list[Any]
):
    record = await run(virtual_time.client, "Joins", {"branches": branches, "delay": "1 hr"})
    assert record.result == {"results": results}
    assert messages(record) == ["summed"]
    assert record.steps[-1].step == "summarise"


async def test_it_runs_once_after_the_last_of_a_hundred(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Joins", {"branches": [[number] for number in range(100)]})
    assert record.result == {"results": list(range(100))}
    assert [row.step for row in record.steps].count("summarise") == 1


async def test_when_a_branch_fails_it_does_not_run_and_the_log_says_why(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Joins", {"branches": [[1], ["bad"], [3]]})
    assert [failure.message for failure in record.failures] == ["bad"]
    assert messages(record) == [
        "RuntimeError: bad",
        "summarise does not run: 1 of the branches that it waits for failed",
    ]


async def test_with_always_it_runs_with_what_there_is(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Joins", {"branches": [[1], ["bad"], [3]], "always": True})
    assert record.result == {"results": [1, None, 3]}
    assert record.failure_count == 1


async def test_a_step_that_raises_has_opened_no_group(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Joins", {"branches": [[1], []], "fail": True})
    assert [row.step for row in record.steps] == ["start"]


async def test_groups_nest(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Nested", [[1, 2], [], [3]])
    assert record.result == ["all", ["some", 1, 2], ["some"], ["some", 3]]


async def test_a_failure_inside_ends_the_groups_around_it_without_their_steps(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Nested", [[1, "bad"], [3]])
    assert [row.step for row in record.steps if row.outcome == "completed"].count("some") == 1
    assert "all" not in [row.step for row in record.steps]
    assert [text.partition(":")[0] for text in messages(record)][1:] == ["some does not run", "all does not run"]


async def test_branches_that_wait_expire_or_are_withdrawn_end_the_group_too(virtual_time: WorkflowEnvironment):
    async with working(virtual_time.client) as queue:
        handle = await start(virtual_time.client, queue, "JoinsWaits")

        async def armed() -> Any:
            record = await handle.query("record")
            return record if record["waiting_count"] >= 5 else None

        waiting = (await eventually(armed))["waiting"]
        first = next(step for step in waiting if step["wait_id"] and step["branch"] == min(
            one["branch"] for one in waiting if one["wait_id"]
        ))  # fmt: skip
        await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
            "resume", {"wait_id": first["wait_id"], "event": {"ok": True}}
        )
        record = await ended(handle)
    assert record.result == [{"ok": True}, "escalated", None, None]


@pytest.mark.parametrize(
    ("asked", "type_", "says"),
    [
        ({"action": "big", "payloads": [1], "then": "ende"}, "step-unknown", "Did you mean 'end'?"),
        ({"action": "bigg", "payloads": [1], "then": "end"}, "step-unknown", "Did you mean 'big'?"),
        ({"action": "big", "payloads": [1], "then": "start"}, "step-unknown", "cannot be scheduled"),
        ({"action": "big", "payloads": [1], "then": "end", "delay": -1}, "delay-invalid", "negative"),
        ({"action": "big", "payloads": ["x" * 262_144], "then": "end"}, "payload-too-large", "limit is 262144"),
        ({"action": "big", "payloads": [1] * 10_001, "then": "end"}, "branch-limit-exceeded", "10000"),
        ({"action": "big", "payloads": ["x" * 100] * 9_000, "then": "end"}, "payload-too-large", "limit is 983040"),
        ({"action": "big", "payloads": 7, "then": "end"}, "payload-invalid", "a list of payloads, one for each branch"),
        ({"action": "big", "payloads": "abc", "then": "end"}, "payload-invalid", "a list of payloads"),
    ],
)
async def test_a_wrong_call_is_refused_and_arms_nothing(
    virtual_time: WorkflowEnvironment, asked: dict[str, Any], type_: str, says: str
):
    record = await run(virtual_time.client, "AsksGroup", asked)
    assert record.result["type"] == type_
    assert says in record.result["message"]
    assert record.steps_done == 1


async def test_results_that_do_not_fit_together_fail_the_branch_that_is_one_too_many(virtual_time: WorkflowEnvironment):
    asked = {"action": "big", "payloads": [100_000, 100_000, 100_000], "then": "end"}
    record = await run(virtual_time.client, "AsksGroup", asked)
    assert [failure.type for failure in record.failures] == ["payload-too-large"]
    assert "limit is 262144" in record.failures[0].message
    assert "end" not in [row.step for row in record.steps]


@pytest.mark.server
async def test_a_group_survives_roll_overs(dev_server: WorkflowEnvironment):
    outside, count = Outside(), 1_300
    async with working(dev_server.client, outside) as queue:
        handle = await start(dev_server.client, queue, "Joins", {"branches": [[n, -n] for n in range(count)]})
        record = await ended(handle)
    assert record.result == {"results": [-number for number in range(count)]}
    assert record.steps_before >= 2_000
    assert record.steps_done == 2 * count + 2


class Books:
    """Walk a tree of groups as a run would, ending its branches in any order."""

    def __init__(self, tree: list[Any]) -> None:
        self.budget = Budget()
        self.groups = Groups([], self.budget)
        self.live: list[tuple[Member | None, Any]] = [(None, tree)]
        self.next_id = 0
        self.ended: list[int] = []
        self.opened: list[int] = []

    def end(self, position: int) -> None:
        member, found = self.live.pop(position)
        if isinstance(found, list):
            inside = cast("list[Any]", found)
            self.next_id += 1
            self.opened.append(self.next_id)
            self.groups.open(Group(id=self.next_id, then="then", parent=0, member=member), len(inside))
            for place, one in enumerate(inside):
                self.groups.enter(Member(self.next_id, place))
                self.live.append((Member(self.next_id, place), one))
            if not inside:
                self.groups.enter(Member(self.next_id, 0))
                self.left(Member(self.next_id, 0))
        self.left(member)

    def left(self, member: Member | None) -> None:
        group, _ = self.groups.leave(member)
        if group:
            self.ended.append(group.id)
            self.live.append((group.member, None))


TREES = st.recursive(st.none(), lambda inside: st.lists(inside, max_size=4), max_leaves=20)


@given(tree=st.lists(TREES, max_size=4), order=st.randoms(use_true_random=False))
def test_every_group_of_a_tree_ends_once_whatever_the_order(tree: list[Any], order: Any):
    books = Books(tree)
    while books.live:
        books.end(order.randrange(len(books.live)))
    assert sorted(books.ended) == sorted(books.opened)
    assert books.groups.kept() == []
    assert books.budget.used == 0


def test_a_result_counts_into_what_the_run_may_carry():
    budget = Budget()
    groups = Groups([], budget)
    groups.open(Group(id=1, then="end", parent=0), 2)
    groups.put(Member(1, 0), "x" * 98, 100)
    assert budget.used == group_bytes("end", 2) - len("null") + 100
    with pytest.raises(PayloadTooLarge, match="The results that end waits for would come to"):
        groups.growth(Member(1, 1), 262_144)


def test_what_is_counted_for_groups_is_what_they_take():
    """A group in each of many branches is carried like everything else."""
    budget = Budget()
    groups = Groups([], budget)
    for number in range(500):
        outer = Member(number, 0) if number else None
        groups.open(Group(id=number + 1, then="some_step", parent=number, member=outer, always=True), 3)
        groups.put(Member(number + 1, 2), "é" * 50, 102)
    carried = Carried(groups=groups.kept()).model_dump_json().encode()
    assert len(carried) - 500 <= budget.used <= len(carried) * 1.2


async def test_a_result_and_what_its_step_asks_for_must_fit_together(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Fills", {"held": 3, "asked": 200_000, "returned": 200_000})
    assert [failure.type for failure in record.failures] == ["payload-too-large"]
    assert "limit is 983040" in record.failures[0].message
    assert not (await run(virtual_time.client, "Fills", {"held": 3, "asked": 200_000, "returned": 2})).failures


def test_a_retry_opens_the_groups_for_the_branches_that_failed():
    outer, inner = Group(id=1, then="all", parent=0, failed=2), Group(id=2, then="some", parent=1, member=Member(1, 0))
    again = reopened([outer, inner], [Member(2, 1), Member(2, 3), Member(1, 4), None])
    assert [(group.id, group.open, group.failed) for group in again] == [(1, 2, 0), (2, 2, 0)]
