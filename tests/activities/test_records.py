"""Records against the stand-in for Notion, over a real connection."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.notion import records
from local.notion import ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, StandIn
from steps.notion.out import plain_values
from steps.notion.records import RecordAnswer, RecordRequest
from tests.activities.conftest import Worker, World
from tests.activities.standing import asked, stand_in, standing

NEWEST, OLD = "2026-03-11", "2022-06-28"


@pytest.fixture
def notion() -> StandIn:
    return stand_in()


@pytest.fixture
async def worker(world: World, notion: StandIn) -> AsyncIterator[Worker]:
    async with standing(world, notion) as origin, world.worker(notion_origin=origin) as made:
        yield made


async def ask(worker: Worker, action: Any, version: str = NEWEST, **fields: Any) -> RecordAnswer:
    if "page" not in fields:
        fields = {"database": ORDERS_DATABASE_ID, **fields}
    request = RecordRequest(handle="my-notion", action=action, version=version, **fields)
    return await worker.environment().run(worker.activities.record, request)


async def create(worker: Worker, version: str = NEWEST, **values: Any) -> dict[str, Any]:
    return (await ask(worker, "create", version, values=values)).pages[0]


@pytest.mark.parametrize("version", [OLD, "2025-09-03", NEWEST])
async def test_a_record_is_created_changed_and_found_in_every_version(worker: Worker, version: str):
    values = {"Name": "#1001", "Total": "12.50", "Paid": True, "Status": "Open", "Tags": ["new", "gift"]}
    page = await create(worker, version, **values, Placed="2026-11-22")
    plain = plain_values(page)
    assert {name: plain[name] for name in values} == values | {"Total": 12.5}
    changed = (await ask(worker, "update", version, page=page["id"], values={"Total": 13, "Status": None})).pages[0]
    assert plain_values(changed) == plain | {"Total": 13, "Status": None, "Summary": "#1001: 13 "}
    found = await ask(worker, "find", version, values={"Paid": True, "Total": {"greater_than": 10}, "Tags": "new"})
    assert [each["id"] for each in found.pages] == [page["id"]]


@pytest.mark.parametrize(("version", "source"), [(OLD, ORDERS_DATABASE_ID), (NEWEST, ORDERS_DATA_SOURCE_ID)])
async def test_the_id_of_the_data_source_does_as_well_with_dashes_or_without(worker: Worker, version: str, source: str):
    for database in (ORDERS_DATA_SOURCE_ID, ORDERS_DATA_SOURCE_ID.replace("-", ""), ORDERS_DATABASE_ID.upper()):
        key = (await ask(worker, "key", version, database=database, key="Name")).key
        assert key is not None
        assert (key.source, key.type) == (source, "title")
    assert (await ask(worker, "create", version, database=ORDERS_DATA_SOURCE_ID, values={"Name": "x"})).created


async def test_every_wrong_value_is_named_and_nothing_is_sent(worker: Worker, notion: StandIn):
    values = {"Nmae": "#1001", "Total": "12,50", "Paid": "yes", "Status": "open", "Summary": "x", "Tags": "a, b"}
    failure = await worker.failure(ask(worker, "create", values=values))
    assert (failure.type, failure.non_retryable) == ("record-invalid", True)
    assert [problem["property"] for problem in failure.details[0]["problems"]] == list(values)
    assert 'Did you mean "Name"?' in failure.message
    assert "POST /pages" not in asked(notion)


async def test_a_schema_is_read_once(worker: Worker, notion: StandIn):
    for number in range(3):
        await create(worker, Name=str(number))
    reads = [call for call in asked(notion) if call.startswith("GET")]
    assert reads == [f"GET /databases/{ORDERS_DATABASE_ID}", f"GET /data_sources/{ORDERS_DATA_SOURCE_ID}"]


async def add_column(worker: Worker, name: str, config: dict[str, Any]) -> None:
    path = f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}"
    await worker.notion("PATCH", path, version=NEWEST, body={"properties": {name: config}})


async def test_a_column_that_was_added_meanwhile_is_seen(worker: Worker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "_YOUNG", 0.0)
    await create(worker, Name="before")
    await add_column(worker, "Weight", {"number": {}})
    assert plain_values(await create(worker, Name="after", Weight=3))["Weight"] == 3


async def test_a_column_that_was_removed_meanwhile_is_named(worker: Worker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "_YOUNG", 0.0)
    await create(worker, Name="before", Total=1)
    await worker.notion(
        "PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", version=NEWEST, body={"properties": {"Total": None}}
    )
    failure = await worker.failure(ask(worker, "create", values={"Name": "after", "Total": 1}))
    assert failure.type == "record-invalid"
    assert "Total: there is no such property" in failure.message


async def test_a_young_schema_is_not_read_again(worker: Worker, notion: StandIn):
    for _ in range(2):
        await worker.failure(ask(worker, "create", values={"Nmae": "x"}))
    assert len(asked(notion)) == 2


@pytest.mark.parametrize("version", [OLD, NEWEST])
async def test_an_upsert_creates_then_updates(worker: Worker, version: str):
    first = await ask(worker, "upsert", version, values={"Name": "#1", "Total": 1}, key="Name")
    again = await ask(worker, "upsert", version, values={"Name": "#1", "Total": 2}, key="Name")
    assert (first.created, again.created) == (True, False)
    assert first.pages[0]["id"] == again.pages[0]["id"]
    assert plain_values(again.pages[0])["Total"] == 2
    other = await ask(worker, "upsert", version, values={"Name": "#10"}, key="title")
    assert other.created


@pytest.mark.parametrize(
    ("key", "value"),
    [("Currency", "EUR"), ("Total", 12.5), ("Total", "7"), ("Email", "a@example.com"), ("Order URL", "https://a.test")],
)
async def test_other_types_can_be_keys(worker: Worker, key: str, value: Any):
    for created in (True, False):
        assert (await ask(worker, "upsert", values={key: value}, key=key)).created is created


async def test_a_select_can_be_a_key_also_with_an_option_that_is_new(worker: Worker):
    await add_column(worker, "Shop", {"select": {"options": [{"name": "A"}]}})
    for value in ("A", "B"):
        for created in (True, False):
            assert (await ask(worker, "upsert", values={"Shop": value}, key="Shop")).created is created


@pytest.mark.parametrize(
    ("key", "values", "says"),
    [
        ("Paid", {"Paid": True}, "type checkbox cannot be a key"),
        ("Summary", {}, "type formula cannot be a key"),
        ("Nmae", {"Name": "x"}, 'Did you mean "Name"?'),
        ("Name", {"Total": 1}, "is the key, and has no value"),
        ("Name", {"Name": ""}, "is the key, and is empty"),
        ("Name", {"Name": "x" * 2_001}, "more than 2,000 characters"),
        ("Total", {"Total": "many"}, "is no number"),
    ],
)
async def test_what_cannot_be_a_key_is_refused(worker: Worker, key: str, values: dict[str, Any], says: str):
    failure = await worker.failure(ask(worker, "upsert", values=values, key=key))
    assert failure.type == "record-invalid"
    assert says in failure.message


async def test_of_several_with_the_same_key_the_oldest_is_updated_and_the_others_are_named(worker: Worker):
    pages = [await create(worker, Name="twice", Total=number) for number in range(3)]
    await create(worker, Name="Twice")  # Notion finds it, too, and it is another key
    answer = await ask(worker, "upsert", values={"Name": "twice", "Total": 9}, key="Name")
    assert {answer.pages[0]["id"], *answer.others} == {page["id"] for page in pages}
    assert len(answer.others) == 2


async def test_a_database_with_several_data_sources_names_them(worker: Worker, notion: StandIn):
    owner, columns = notion.workspace.default_person, notion.workspace.parse_columns({"Name": {"title": {}}}, "body")
    database = notion.workspace.add_database(owner, "Two", {"One": columns, "Other": dict(columns)})
    for bot in notion.workspace.bots.values():
        bot.shared.add(database.id)
    failure = await worker.failure(ask(worker, "create", database=database.id, values={"Name": "x"}))
    assert failure.type == "notion-error"
    for source in database.data_sources:
        assert source in failure.message
    assert (await ask(worker, "create", database=database.data_sources[1], values={"Name": "x"})).created


async def test_what_is_not_shared_is_named_as_any_call_does(worker: Worker):
    failure = await worker.failure(ask(worker, "create", database="00000000-0000-4000-8000-000000000000"))
    assert failure.details[0]["code"] == "object_not_found"
    assert "Share the page or database" in failure.message


async def test_records_are_found_page_by_page_in_order(worker: Worker):
    for number in (3, 1, 2):
        await create(worker, Name=str(number), Total=number)
    more: dict[str, Any] = {"sorts": ["-Total"], "page_size": 2}
    first = await ask(worker, "find", more=dict(more))
    rest = await ask(worker, "find", more={**more, "start_cursor": first.next_cursor})
    assert [plain_values(page)["Total"] for page in [*first.pages, *rest.pages]] == [3, 2, 1]
    assert rest.next_cursor is None


async def test_after_a_worker_was_killed_a_record_that_is_listed_late_is_not_made_twice(
    worker: Worker, notion: StandIn, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("steps.notion.recording._LOOKS", ())  # it was killed before it looked
    notion.workspace.lag = 3.0
    asked_for = RecordRequest(
        handle="my-notion", action="upsert", version=NEWEST, database=ORDERS_DATABASE_ID, key="Name",
        values={"Name": "#1"},
    )  # fmt: skip
    page = (await worker.environment().run(worker.activities.record, asked_for)).pages[0]
    failures, answer = list[ApplicationError](), RecordAnswer()
    for attempt in range(2, 100):
        environment = worker.environment()
        now = datetime.now(UTC)
        environment.info = dataclasses.replace(
            environment.info, attempt=attempt, current_attempt_scheduled_time=now, scheduled_time=now
        )
        try:
            answer = await environment.run(worker.activities.record, asked_for)
            break
        except ApplicationError as error:
            failures.append(error)
            await asyncio.sleep(0.3)
    assert {(failure.non_retryable, failure.details[0]["code"]) for failure in failures} == {(False, "answer_lost")}
    assert answer.pages[0]["id"] == page["id"]
    assert asked(notion).count("POST /pages") == 1
