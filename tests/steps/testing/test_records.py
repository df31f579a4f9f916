"""Records in a simulated world."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from steps.testing import UnexpectedCall, World, simulate
from tests.steps.testing.record_flows import Books

SCHEMA: dict[str, Any] = {
    "Name": "title",
    "Total": "number",
    "Status": {"status": ["Open", "Paid"]},
    "Tags": "multi_select",
    "Placed": "date",
    "Paid": "checkbox",
    "Next": "relation",
    "Added": "created_time",
}
ROWS = [
    {"Name": "b", "Total": 2, "Status": "Open", "Tags": ["x", "y"], "Placed": "2026-01-02", "Paid": True},
    {"Name": "a", "Total": "1.50", "Status": "Paid", "Tags": "x", "Placed": "2026-01-01T10:00:00+00:00"},
    {"Name": "C"},
]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with simulate(Books) as world:
        world.connect("my-notion")
        world.notion.database("db1", SCHEMA)
        yield world


async def found(world: World, where: dict[str, Any], **data: Any) -> Any:
    return (await world.run({"create": ROWS, "where": where, **data})).check().result


@pytest.mark.parametrize("version", [None, "2026-03-11"])
async def test_a_record_has_a_value_for_every_property(world: World, version: str | None):
    run = await world.run({"create": ROWS[:1], "version": version})
    fields = run.check().log[0].fields
    assert fields["Added"] is not None
    wanted = {**ROWS[0], "Next": [], "created": True, "id": "page-1", "url": "https://app.notion.com/p/page-1"}
    assert {name: value for name, value in fields.items() if name != "Added"} == wanted


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ({}, ["b", "a", "C"]),
        ({"Paid": True}, ["b"]),
        ({"Paid": False}, ["a", "C"]),
        ({"Name": "c"}, ["C"]),
        ({"Name": {"starts_with": "A"}}, ["a"]),
        ({"Name": ["a", "b"]}, ["b", "a"]),
        ({"Total": {"greater_than": 1, "less_than": 2}}, ["a"]),
        ({"Total": "1.5"}, ["a"]),
        ({"Total": None}, ["C"]),
        ({"Status": {"is_not_empty": True}}, ["b", "a"]),
        ({"Status": {"does_not_equal": "Open"}}, ["a", "C"]),
        ({"Tags": "x", "Paid": False}, ["a"]),
        ({"Tags": {"does_not_contain": "x"}}, ["C"]),
        ({"Placed": {"before": "2026-01-02"}}, ["a"]),
        ({"Placed": "2026-01-02"}, ["b"]),
        ({"Added": {"after": "2020-01-01"}}, ["b", "a", "C"]),
    ],
)
async def test_records_are_found(world: World, where: dict[str, Any], names: list[str]):
    assert await found(world, where) == names


@pytest.mark.parametrize(
    ("sorts", "names"), [(["Name"], ["C", "a", "b"]), (["-Total"], ["b", "a", "C"]), (["Placed"], ["a", "b", "C"])]
)
async def test_records_come_in_order(world: World, sorts: list[str], names: list[str]):
    assert await found(world, {}, sorts=sorts) == names


async def test_records_are_changed_and_linked(world: World):
    run = await world.run(
        {"create": ROWS, "update": [["page-1", {"Total": None, "Paid": False}]], "link": ["page-1", "page-2"]}
    )
    run.check()
    properties = world.notion.pages[0]["properties"]
    assert properties["Total"]["number"] is None
    assert properties["Paid"]["checkbox"] is False
    assert properties["Next"]["relation"] == [{"id": "page-2"}]
    assert properties["Name"]["title"][0]["text"]["content"] == "b"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            {"create": [{"Nmae": "x", "Total": "many"}]},
            ['Nmae: there is no such property. Did you mean "Name"?', "Total:"],
        ),
        (
            {"where": {"Totl": 1, "Status": "Opn"}},
            ['Did you mean "Total"?', '"Opn" is none of its options: Open, Paid'],
        ),
        ({"update": [["page-1", {"Added": "2026-01-01"}]]}, ["Notion computes it (created_time)"]),
    ],
)
async def test_what_does_not_fit_fails_the_step_as_it_does_for_real(
    world: World, data: dict[str, Any], says: list[str]
):
    world.notion.add_page("db1", {})
    run = await world.run(data)
    assert run.failures[0].type == "record-invalid"
    for words in says:
        assert words in run.failures[0].message


async def test_a_database_that_is_not_declared_fails_the_test(world: World):
    with pytest.raises(UnexpectedCall, match=r'world\.notion\.database\("db2", \{"Name": "title"'):
        await world.run({"database": "db2", "create": [{}]})


async def test_a_page_that_is_not_there_fails_the_step(world: World):
    run = await world.run({"update": [["page-9", {"Total": 1}]]})
    assert "object_not_found" in run.failures[0].message


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"Total": "number"}, "needs one property of the type title"),
        ({"Name": "title", "Other": "title"}, "needs one property of the type title"),
        ({"Name": "text"}, "is no type of a property"),
        ({"Name": {"title": ["a"]}}, "has no options"),
    ],
)
async def test_a_schema_that_no_database_has_is_refused(world: World, properties: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        world.notion.database("db2", properties)


async def test_an_account_that_is_not_connected_fails_the_step():
    async with simulate(Books) as world:
        world.notion.database("db1", SCHEMA)
        run = await world.run({"create": [{}]})
    assert run.failures[0].type == "connection-not-found"
