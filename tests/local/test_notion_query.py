from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.notion import ORDERS_DATA_SOURCE_ID, Workspace, create_app
from local.notion.workspace import QUERY_LIMIT
from tests.local.conftest import Notion, title

Json = dict[str, Any]

QUERY = f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}/query"


def by(property: str, kind: str, **operator: Any) -> Json:
    return {"property": property, kind: operator}


ORDERS: dict[str, Json] = {
    "Lamp": {
        "Total": {"number": 30},
        "Currency": {"rich_text": [{"text": {"content": "EUR"}}]},
        "Placed": {"date": {"start": "2026-11-20"}},
        "Status": {"status": {"name": "Open"}},
        "Tags": {"multi_select": [{"name": "gift"}]},
        "Email": {"email": "ada@example.com"},
        "Order URL": {"url": "https://shop.test/1"},
    },
    "Desk": {
        "Total": {"number": 250.5},
        "Currency": {"rich_text": [{"text": {"content": "USD"}}]},
        "Placed": {"date": {"start": "2026-11-22T09:30:00Z"}},
        "Status": {"status": {"name": "Shipped"}},
        "Tags": {"multi_select": [{"name": "gift"}, {"name": "heavy"}]},
        "Paid": {"checkbox": True},
    },
    "Chair": {"Total": {"number": 80}, "Status": {"status": {"name": "Paid"}}, "Paid": {"checkbox": True}},
    "Note": {},
}


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(clock=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture
async def orders(notion: Notion) -> Notion:
    for name, properties in ORDERS.items():
        await notion.named(name, **properties)
    return notion


@pytest.mark.parametrize(
    ("filter", "names"),
    [
        (by("Name", "title", equals="Lamp"), "Lamp"),
        (by("Name", "rich_text", equals="lamp"), "Lamp"),
        (by("Name", "title", does_not_equal="Lamp"), "Chair Desk Note"),
        (by("Name", "title", contains="a"), "Chair Lamp"),
        (by("Name", "title", does_not_contain="a"), "Desk Note"),
        (by("Name", "title", starts_with="De"), "Desk"),
        (by("Name", "title", ends_with="e"), "Note"),
        (by("Currency", "rich_text", equals="EUR"), "Lamp"),
        (by("Currency", "rich_text", is_empty=True), "Chair Note"),
        (by("Currency", "rich_text", is_not_empty=True), "Desk Lamp"),
        (by("Email", "email", contains="@example"), "Lamp"),
        (by("Order URL", "url", starts_with="https"), "Lamp"),
        (by("Total", "number", equals=250.5), "Desk"),
        (by("Total", "number", does_not_equal=80), "Desk Lamp Note"),
        (by("Total", "number", greater_than=80), "Desk"),
        (by("Total", "number", greater_than_or_equal_to=80), "Chair Desk"),
        (by("Total", "number", less_than=80), "Lamp"),
        (by("Total", "number", less_than_or_equal_to=80), "Chair Lamp"),
        (by("Total", "number", is_empty=True), "Note"),
        (by("Paid", "checkbox", equals=True), "Chair Desk"),
        (by("Paid", "checkbox", does_not_equal=True), "Lamp Note"),
        (by("Status", "status", equals="Paid"), "Chair"),
        (by("Status", "status", equals=["Paid", "Open"]), "Chair Lamp"),
        (by("Status", "status", does_not_equal="Paid"), "Desk Lamp Note"),
        (by("Status", "status", is_empty=True), "Note"),
        (by("Tags", "multi_select", contains="heavy"), "Desk"),
        (by("Tags", "multi_select", does_not_contain="heavy"), "Chair Lamp Note"),
        (by("Tags", "multi_select", is_not_empty=True), "Desk Lamp"),
        (by("Placed", "date", equals="2026-11-22"), "Desk"),
        (by("Placed", "date", before="2026-11-22"), "Lamp"),
        (by("Placed", "date", after="2026-11-21"), "Desk"),
        (by("Placed", "date", on_or_before="2026-11-20"), "Lamp"),
        (by("Placed", "date", on_or_after="2026-11-20"), "Desk Lamp"),
        (by("Placed", "date", past_week={}), "Desk Lamp"),
        (by("Placed", "date", this_week={}), "Desk"),
        (by("Placed", "date", next_month={}), ""),
        (by("Placed", "date", equals="today"), "Desk"),
        (by("Placed", "date", is_empty=True), "Chair Note"),
        (by("Created", "created_time", on_or_after="2026-11-22"), "Chair Desk Lamp Note"),
        (by("Summary", "formula", string={"contains": "250.5"}), "Desk"),
        ({"timestamp": "created_time", "created_time": {"before": "2026-11-22"}}, ""),
        ({"timestamp": "last_edited_time", "last_edited_time": {"past_week": {}}}, "Chair Desk Lamp Note"),
        ({"and": [by("Paid", "checkbox", equals=True), by("Total", "number", less_than=100)]}, "Chair"),
        ({"or": [by("Name", "title", equals="Note"), by("Total", "number", less_than=50)]}, "Lamp Note"),
        (
            {
                "and": [
                    by("Tags", "multi_select", contains="gift"),
                    {"or": [by("Total", "number", equals=30), by("Total", "number", equals=80)]},
                ]
            },
            "Lamp",
        ),
    ],
)
async def test_a_filter_finds_its_rows(orders: Notion, filter: Json, names: str) -> None:
    assert sorted(await orders.names(filter=filter)) == names.split()


@pytest.mark.parametrize(
    ("sorts", "names"),
    [
        ([{"property": "Total", "direction": "ascending"}], "Lamp Chair Desk Note"),
        ([{"property": "Total", "direction": "descending"}], "Desk Chair Lamp Note"),
        ([{"property": "Name", "direction": "ascending"}], "Chair Desk Lamp Note"),
        ([{"property": "Status", "direction": "ascending"}], "Lamp Chair Desk Note"),
        (
            [{"property": "Paid", "direction": "descending"}, {"property": "Total", "direction": "ascending"}],
            "Chair Desk Lamp Note",
        ),
    ],
)
async def test_sorts_order_the_rows_and_put_empty_ones_last(orders: Notion, sorts: list[Json], names: str) -> None:
    assert await orders.names(sorts=sorts) == names.split()


async def test_timestamps_sort_and_no_sort_means_the_newest_first() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    workspace = Workspace(clock=lambda: now)
    notion = Notion(create_app(workspace), workspace.connect())
    for name in ("first", "second", "third"):
        now += timedelta(minutes=1)
        await notion.named(name)
    sorts = [{"timestamp": "created_time", "direction": "ascending"}]
    assert await notion.names(sorts=sorts) == ["first", "second", "third"]
    assert await notion.names() == ["third", "second", "first"]


async def test_times_are_rounded_down_to_the_minute_where_they_are_shown_filtered_and_sorted() -> None:
    now = datetime(2026, 11, 22, 10, 5, 1, tzinfo=UTC)
    workspace = Workspace(clock=lambda: now)
    notion = Notion(create_app(workspace), workspace.connect())
    page = await notion.named("first")
    now += timedelta(seconds=58)
    same = await notion.named("second")
    assert page["created_time"] == same["created_time"] == "2026-11-22T10:05:00.000Z"
    assert page["created_by"] == {"object": "user", "id": (await notion.ok("GET", "/v1/users/me"))["id"]}
    now += timedelta(seconds=2)
    edited = await notion.ok("PATCH", f"/v1/pages/{page['id']}", {"properties": {"Total": {"number": 1}}})
    assert (edited["created_time"], edited["last_edited_time"]) == (page["created_time"], "2026-11-22T10:06:00.000Z")

    def made(**operator: str) -> Json:
        return {"timestamp": "created_time", "created_time": operator}

    assert sorted(await notion.names(filter=made(on_or_after="2026-11-22T10:05:00Z"))) == ["first", "second"]
    assert await notion.names(filter=made(on_or_after="2026-11-22T10:05:01Z")) == []
    assert await notion.names(filter=made(before="2026-11-22T10:05:00Z")) == []
    changed: Json = {"timestamp": "last_edited_time", "last_edited_time": {"after": "2026-11-22T10:05:00Z"}}
    assert await notion.names(filter=changed) == ["first"]
    assert await notion.names(sorts=[{"timestamp": "last_edited_time", "direction": "descending"}]) == [
        "first",
        "second",
    ]


WRONG: list[tuple[Json, str]] = [
    ({"filter": by("Nope", "title", equals="1")}, "Could not find property with name or id: Nope"),
    ({"filter": by("Total", "rich_text", equals="1")}, "database property number does not match filter rich_text"),
    ({"filter": by("Total", "number", equals="1")}, "body.filter.number.equals should be a number"),
    ({"filter": by("Total", "number", contains=1)}, "body.filter.number.contains should be not present"),
    ({"filter": by("Total", "number")}, "body.filter.number.equals should be defined"),
    ({"filter": by("Total", "number", is_empty=False)}, "body.filter.number.is_empty should be `true`"),
    ({"filter": by("Paid", "checkbox", equals="yes")}, "should be a boolean"),
    ({"filter": by("Status", "status", equals="Lost")}, 'status option "Lost" not found for property "Status"'),
    ({"filter": by("Placed", "date", equals="soon")}, "should be a valid ISO 8601 date string"),
    ({"filter": by("Total", "nothing", equals=1)}, "body.filter.nothing should be not present"),
    ({"filter": {"number": {"equals": 1}}}, "body.filter.property should be defined"),
    ({"filter": {"and": [{"and": [{"or": []}]}]}}, "should be not present"),
    ({"filter": {"timestamp": "deleted_time"}}, "body.filter.timestamp should be"),
    ({"sorts": [{"property": "Nope", "direction": "ascending"}]}, "Could not find sort property"),
    ({"sorts": [{"property": "Total"}]}, "body.sorts[0].direction should be"),
    ({"sorts": [{"property": "Total", "direction": "up"}]}, "body.sorts[0].direction should be"),
    ({"page_size": 101}, "body.page_size should be ≤ `100`, instead was `101`"),
    ({"page_size": 0}, "body.page_size should be ≥ `1`"),
    ({"page_size": "5"}, "body.page_size should be a number"),
    ({"start_cursor": "null"}, "The start_cursor provided is invalid"),
    ({"limit": 5}, "body.limit should be not present"),
]


@pytest.mark.parametrize(("body", "message"), WRONG)
async def test_a_wrong_query_is_refused(notion: Notion, body: Json, message: str) -> None:
    response = await notion.send("POST", QUERY, body)
    assert response.status_code == 400
    assert response.json()["code"] == "validation_error"
    assert message in response.json()["message"]


async def test_pages_follow_each_other_even_while_rows_are_added(notion: Notion) -> None:
    await notion.http.post("/_local/pages/7")
    first = await notion.query(page_size=3)
    assert first["has_more"] is True
    await notion.named("late")
    second = await notion.query(page_size=3, start_cursor=first["next_cursor"])
    third = await notion.query(page_size=3, start_cursor=second["next_cursor"])
    assert third["has_more"] is False
    assert third["next_cursor"] is None
    names = [title(row) for part in (first, second, third) for row in part["results"]]
    assert names == ["7", "6", "5", "4", "3", "2", "1"]


async def test_a_cursor_belongs_to_its_query(notion: Notion) -> None:
    await notion.http.post("/_local/pages/3")
    first = await notion.query(page_size=2)
    body = {"start_cursor": first["next_cursor"], "filter": by("Total", "number", greater_than=1)}
    response = await notion.send("POST", QUERY, body)
    assert response.status_code == 400
    assert "start_cursor" in response.json()["message"]


async def test_a_query_ends_at_the_limit_and_says_so() -> None:
    workspace = Workspace(query_limit=250)
    notion = Notion(create_app(workspace), workspace.connect())
    await notion.http.post("/_local/pages/250")
    assert "request_status" not in await last_page(notion)
    await notion.http.post("/_local/pages/1")
    end = await last_page(notion)
    assert end["request_status"] == {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    assert end["has_more"] is False
    assert end["next_cursor"] is None
    assert len(end["results"]) == 50
    assert Workspace().query_limit == QUERY_LIMIT == 10_000


async def last_page(notion: Notion) -> Json:
    page = await notion.query()
    while page["has_more"]:
        page = await notion.query(start_cursor=page["next_cursor"])
    return page
