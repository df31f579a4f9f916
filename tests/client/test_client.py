"""The Notion client against the stand-in, on the real server: the same steps in each version of the API."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError

from local.notion import ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, rich_text, seed
from steps.notion.versions import VERSIONS
from tests.once.place import Case, Place

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]
OLD, _, NEWEST = VERSIONS
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def tour(place: Place, case: Case, do: str, **more: Any) -> Any:
    return await place.run(case, "tour", workflow="Tour", do=do, **more)


async def failure(place: Place, case: Case, do: str, **more: Any) -> str:
    with pytest.raises(WorkflowFailureError) as caught:
        await tour(place, case, do, **more)
    return str(caught.value.cause)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("do", "wanted"),
    [
        (
            "rows",
            {
                "all": [0, 1, 2, 3, 4],
                "some": [0, 1, 2, 3],
                "limited": [0, 1, 2],
                "first": [2, True, 2],
                "pages": [3, 2],
            },
        ),
        (
            "schemas",
            {"before": ["Name", "Order"], "after": ["Count", "Name"], "title": "Rows", "gone": True},
        ),
        ("blocks", [["1", "two", "four"], "paragraph"]),
        ("comments", [["Well?", "Well."], True]),
        ("users", ["bot", True, True]),
        ("uploads", ["uploaded", "text/plain", 6, True]),
    ],
)
async def test_the_client_does_the_same_in_every_version(place: Place, version: str, do: str, wanted: Any) -> None:
    case = await place.case()
    assert await tour(place, case, do, version=version) == wanted
    assert {call["notion_version"] for call in case.notion.workspace.calls.as_json()} <= {version, NEWEST}


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_page_is_made_changed_moved_and_trashed_in_every_version(place: Place, version: str) -> None:
    case = await place.case()
    assert await tour(place, case, "pages", version=version) == {
        "icon": None,
        "total": 2,
        "title": ["#1"],
        "trashed": [True, False],
        "moved": ["page_id", ORDERS_DATABASE_ID if version == OLD else ORDERS_DATA_SOURCE_ID],
    }


@pytest.mark.parametrize(
    ("version", "kind"), [(OLD, "database"), ("2025-09-03", "data_source"), (NEWEST, "data_source")]
)
async def test_a_search_finds_what_holds_rows_by_the_versions_own_word(place: Place, version: str, kind: str) -> None:
    assert await tour(place, await place.case(), "search", version=version) == [kind]


@pytest.mark.parametrize("version", [None, *VERSIONS])
@pytest.mark.parametrize(
    "id",
    [
        ORDERS_DATABASE_ID,
        ORDERS_DATABASE_ID.replace("-", "").upper(),
        ORDERS_DATA_SOURCE_ID,
        f"https://www.notion.so/shop/Orders-{ORDERS_DATABASE_ID.replace('-', '')}?v={UNKNOWN.replace('-', '')}&pvs=4",
    ],
    ids=["database", "without dashes", "data source", "address"],
)
async def test_any_id_of_a_database_finds_its_rows(place: Place, version: str | None, id: str) -> None:
    case = await place.case()
    for kind in ("database_id", "data_source_id"):
        await tour(place, case, "create", version=version, parent={kind: id})
    assert await tour(place, case, "query", version=version, id=id) == 2


async def test_the_data_source_of_a_database_is_looked_up_once(place: Place) -> None:
    case = await place.case()
    for _ in range(3):
        await tour(place, case, "query", id=ORDERS_DATABASE_ID)
    assert case.calls == ["GET /v1/databases/:id", *["POST /v1/data_sources/:id/query"] * 3]


async def test_an_old_version_needs_no_lookup(place: Place) -> None:
    case = await place.case()
    await tour(place, case, "create", version=OLD, parent={"database_id": ORDERS_DATABASE_ID})
    await tour(place, case, "query", version=OLD, id=ORDERS_DATABASE_ID)
    assert case.calls == ["POST /v1/pages", "POST /v1/databases/:id/query"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("do", ["query", "create"])
async def test_a_database_with_several_data_sources_names_them_and_takes_one(
    place: Place, version: str, do: str
) -> None:
    case = await place.case()
    second = await second_source(case)
    wrong = {"id": ORDERS_DATABASE_ID, "parent": {"database_id": ORDERS_DATABASE_ID}}
    told = await failure(place, case, do, version=version, **wrong)
    assert (
        f"has 2 data sources. Give the id of one of them instead: {ORDERS_DATA_SOURCE_ID} (Orders); {second} " in told
    )
    right = {"id": second, "parent": {"database_id": second}}
    for _ in range(2):
        await tour(place, case, do, version=version, **right)
    assert await tour(place, case, "query", version=version, id=second) == (2 if do == "create" else 0)


async def test_what_is_shared_with_nobody_is_told_with_what_to_do(place: Place) -> None:
    case = await place.case()
    told = await failure(place, case, "query", id=UNKNOWN)
    assert "object_not_found" in told
    assert f"Share the page or database with the connection '{case.handle}'" in told


@pytest.mark.parametrize("version", [OLD, NEWEST])
async def test_the_cut_that_notion_makes_is_told_after_the_rows(place: Place, version: str) -> None:
    case = await place.case()
    await tour(place, case, "rows", version=version)
    case.notion.workspace.query_limit = 4
    rows, code, advice = await tour(place, case, "cut", version=version)
    assert (rows, code) == (4, "query_result_limit_reached")
    assert "created_time" in advice
    assert await tour(place, case, "cut", version=version, limit=3) == [3, None, None]
    assert await tour(place, case, "cut", version=version, limit=4) == [4, None, None]


async def test_the_largest_file_of_a_step_crosses_the_history_whole(place: Place) -> None:
    assert await tour(place, await place.case(), "largest") == ["uploaded", 786_432]


@pytest.mark.parametrize("version", ["2022-02-22", "2026-04-01", "newest"])
async def test_an_unknown_version_is_refused_with_those_that_are_known(place: Place, version: str) -> None:
    case = await place.case()
    told = await failure(place, case, "users", version=version)
    assert ", ".join(VERSIONS) in told
    assert case.calls == []


async def second_source(case: Case) -> str:
    workspace = case.notion.workspace
    database: Any = workspace.items[ORDERS_DATABASE_ID]
    source = workspace.add_data_source(database, case.bot, [rich_text.text("Returns")], seed.orders())
    return source.id
