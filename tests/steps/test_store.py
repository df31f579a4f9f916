"""`api.store`: what a run remembers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from api.delivery import MAX_HEADER_BYTES
from steps import RunRecord, StoreInvalid, StoreTooLarge, Trigger
from steps.answer import MAX_ANSWER_BYTES
from steps.branch import Branch, Carried
from steps.budget import MAX_STATE_BYTES
from steps.claims import CLAIM_BYTES, MAX_CLAIMS
from steps.failures import MAX_BYTES as MAX_FAILURE_BYTES
from steps.journal import MAX_JOURNAL_BYTES
from steps.log import MAX_BYTES as MAX_LOG_BYTES
from steps.payload import MAX_RESULT_BYTES
from steps.store import MAX_KEY_CHARACTERS, MAX_STORE_BYTES, MAX_VALUE_BYTES, Store
from steps.waits import MAX_PAST_BYTES
from tests.steps.harness import messages, run
from vault.variables import MOST_OF_A_WORKFLOW

TEMPORALS_LIMIT = 2 * 1024 * 1024


async def test_a_value_that_was_never_set_is_the_default():
    store = Store({})
    assert await store.get("n") is None
    assert await store.get("n", 5) == 5
    await store.set("n", None)
    assert await store.get("n", 5) is None


async def test_what_is_kept_is_a_copy_on_the_way_in_and_on_the_way_out():
    store, mine = Store({}), {"ids": [1]}
    await store.set("order", mine)
    mine["ids"].append(2)
    got = await store.get("order")
    got["ids"].append(3)
    store.values()["order"]["ids"].append(4)
    item = [1]
    await store.push("list", item)
    item.append(2)
    assert store.values() == {"order": {"ids": [1]}, "list": [[1]]}


async def test_each_method_does_what_it_says():
    store = Store({})
    assert [await store.push("list", item) for item in ("a", {"b": 1}, None)] == [1, 2, 3]
    assert await store.get("list") == ["a", {"b": 1}, None]
    assert [await store.increment("n"), await store.increment("n", -3), await store.increment("n", 0.5)] == [
        1,
        -2,
        -1.5,
    ]
    await store.delete("n")
    await store.delete("n")
    assert store.values() == {"list": ["a", {"b": 1}, None]}
    await store.set("when", {"at": datetime(2026, 1, 2, tzinfo=UTC), "total": Decimal("1.50")})
    assert await store.get("when") == {"at": "2026-01-02T00:00:00Z", "total": "1.50"}


@pytest.mark.parametrize(
    "key", ["", "k" * (MAX_KEY_CHARACTERS + 1), 1, None, "\ud800"], ids=lambda value: repr(value).partition(" at 0x")[0]
)
@pytest.mark.parametrize("method", ["get", "set", "push", "increment", "delete"])
async def test_a_key_is_a_short_text(key: Any, method: str):
    store: Any = Store({})
    arguments = (key, 1) if method in ("set", "push", "increment") else (key,)
    with pytest.raises(StoreInvalid, match="key"):
        await getattr(store, method)(*arguments)
    assert store.values() == {}


@pytest.mark.parametrize(
    "value", [object(), float("nan"), float("inf"), "\ud800"], ids=lambda value: repr(value).partition(" at 0x")[0]
)
async def test_a_value_is_json(value: Any):
    store = Store({})
    with pytest.raises(StoreInvalid, match="not JSON"):
        await store.set("k", value)
    with pytest.raises(StoreInvalid, match="not JSON"):
        await store.push("k", value)
    assert store.values() == {}


@pytest.mark.parametrize("kept", ["text", {"a": 1}, None, True], ids=lambda value: repr(value).partition(" at 0x")[0])
async def test_push_wants_a_list_and_increment_a_number(kept: Any):
    store = Store({"k": kept})
    with pytest.raises(StoreInvalid, match="push appends to a list"):
        await store.push("k", 1)
    with pytest.raises(StoreInvalid, match="increment adds to a number"):
        await store.increment("k")
    assert store.values() == {"k": kept}


@pytest.mark.parametrize(
    "delta", ["1", None, True, float("inf"), float("nan")], ids=lambda value: repr(value).partition(" at 0x")[0]
)
async def test_increment_adds_a_number(delta: Any):
    store = Store({"n": 1})
    with pytest.raises(StoreInvalid):
        await store.increment("n", delta)
    with pytest.raises(StoreInvalid):
        await Store({"n": 10**400}).increment("n", 0.5)
    assert store.values() == {"n": 1}


async def test_a_value_and_the_whole_store_have_limits_and_the_errors_give_the_sizes():
    store = Store({})
    with pytest.raises(StoreTooLarge, match=rf"{MAX_VALUE_BYTES + 1} bytes; the limit is {MAX_VALUE_BYTES}"):
        await store.set("big", "x" * (MAX_VALUE_BYTES - 1))
    await store.set("one", "x" * (MAX_VALUE_BYTES - 2))
    await store.set("two", "x" * (MAX_VALUE_BYTES - 30))
    with pytest.raises(StoreTooLarge, match=rf"\d+ bytes; the limit is {MAX_STORE_BYTES}"):
        await store.push("three", "y" * 20)
    await store.set("one", "small")
    assert await store.push("three", "y" * 20) == 1
    assert len(RunRecord(store=store.values()).model_dump_json()) < MAX_STORE_BYTES + 2_000


def test_everything_that_a_roll_over_carries_fits_one_value_of_temporal():
    parts = (
        MAX_STATE_BYTES, MAX_LOG_BYTES, MAX_FAILURE_BYTES, MAX_RESULT_BYTES, MAX_STORE_BYTES, MAX_CLAIMS * CLAIM_BYTES,
        MAX_ANSWER_BYTES, MAX_JOURNAL_BYTES, MAX_PAST_BYTES, MOST_OF_A_WORKFLOW, MAX_HEADER_BYTES,
    )  # fmt: skip
    assert sum(parts) < TEMPORALS_LIMIT - 20_000, "connections and the names of all these need room too"


def test_a_run_of_an_older_build_has_no_store():
    older = Carried(branches=[Branch(id=1, action="a", due=datetime(2026, 1, 1, tzinfo=UTC))]).model_dump(mode="json")
    del older["store"]
    assert Trigger.model_validate({"carried": older}).carried == Carried.model_validate(older)


async def test_parallel_branches_are_counted_in_and_exactly_one_is_the_last(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "CountsIn", {"branches": 30, "bad": []})
    assert record.store["done"] == 30
    assert sorted(record.store["numbers"]) == list(range(30))
    assert messages(record) == ["last of 30", "hook sees 30"]


async def test_a_change_stays_when_its_step_fails_and_the_hook_sees_it(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "CountsIn", {"branches": 4, "bad": [1, 2]})
    assert record.store["done"] == 4
    assert record.failure_count == 2
    assert messages(record)[-1] == "error hook sees 4"


async def test_a_step_that_misuses_the_store_fails_with_the_stable_type(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "KeepsTooMuch", {"value": "x" * MAX_VALUE_BYTES})
    assert [failure.type for failure in record.failures] == ["store-too-large"]
    record = await run(virtual_time.client, "KeepsTooMuch", {"value": 1, "key": ""})
    assert [failure.type for failure in record.failures] == ["store-invalid"]


@pytest.mark.server
async def test_the_store_survives_roll_overs(dev_server: WorkflowEnvironment):
    record = await run(dev_server.client, "KeepsCounting", {"left": 2_100})
    assert record.store == {"n": 2_101}
