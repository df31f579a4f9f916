"""Calls in the newest version's form, as they leave in each version; and ids that are looked up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from activities.notion.sources import Home, Sources
from activities.notion.versions import translated
from steps.errors import NotionError, RequestInvalid
from steps.http import NotionRequest
from tests.activities.conftest import World
from tests.activities.servers import Answer, Call, reply, serving

OLD, MIDDLE, NEWEST = "2022-06-28", "2025-09-03", "2026-03-11"
HOME = Home("db", {"ds": "Orders"})
QUERY: dict[str, Any] = {"filter": {}, "page_size": 5}
BLOCK = {"type": "after_block", "after_block": {"id": "b"}}
NAME: dict[str, Any] = {"Name": {"title": {}}}


def relation(**target: str) -> dict[str, Any]:
    return {"properties": {"Order": {"relation": {"single_property": {}, **target}}}}


Form = tuple[str, Any]
FORMS: list[tuple[tuple[str, str, Any], Form, Form, Form]] = [
    (
        ("POST", "/v1/data_sources/db/query", QUERY),
        ("/v1/databases/db/query", QUERY),
        ("/v1/data_sources/ds/query", QUERY),
        ("/v1/data_sources/ds/query", QUERY),
    ),
    (
        ("GET", "/v1/data_sources/ds", None),
        ("/v1/databases/db", None),
        ("/v1/data_sources/ds", None),
        ("/v1/data_sources/ds", None),
    ),
    (
        ("PATCH", "/v1/data_sources/db", {"in_trash": True}),
        ("/v1/databases/db", {"archived": True}),
        ("/v1/data_sources/ds", {"archived": True}),
        ("/v1/data_sources/ds", {"in_trash": True}),
    ),
    (
        ("GET", "/v1/databases/ds", None),
        ("/v1/databases/db", None),
        ("/v1/databases/db", None),
        ("/v1/databases/db", None),
    ),
    (
        ("POST", "/v1/pages", {"parent": {"database_id": "db"}}),
        ("/v1/pages", {"parent": {"database_id": "db"}}),
        ("/v1/pages", {"parent": {"type": "data_source_id", "data_source_id": "ds"}}),
        ("/v1/pages", {"parent": {"type": "data_source_id", "data_source_id": "ds"}}),
    ),
    (
        ("POST", "/v1/pages", {"parent": {"data_source_id": "other"}}),
        ("/v1/pages", {"parent": {"data_source_id": "other"}}),
        ("/v1/pages", {"parent": {"type": "data_source_id", "data_source_id": "other"}}),
        ("/v1/pages", {"parent": {"type": "data_source_id", "data_source_id": "other"}}),
    ),
    (
        ("POST", "/v1/pages", {"parent": {"page_id": "p"}}),
        ("/v1/pages", {"parent": {"page_id": "p"}}),
        ("/v1/pages", {"parent": {"page_id": "p"}}),
        ("/v1/pages", {"parent": {"page_id": "p"}}),
    ),
    (
        ("POST", "/v1/pages/p/move", {"parent": {"database_id": "db"}}),
        ("/v1/pages/p/move", {"parent": {"type": "data_source_id", "data_source_id": "ds"}}),
        ("/v1/pages/p/move", {"parent": {"type": "data_source_id", "data_source_id": "ds"}}),
        ("/v1/pages/p/move", {"parent": {"type": "data_source_id", "data_source_id": "ds"}}),
    ),
    (
        ("PATCH", "/v1/pages/p", {"archived": False}),
        ("/v1/pages/p", {"archived": False}),
        ("/v1/pages/p", {"archived": False}),
        ("/v1/pages/p", {"in_trash": False}),
    ),
    (
        ("POST", "/v1/databases", {"title": [], "properties": NAME}),
        ("/v1/databases", {"title": [], "properties": NAME}),
        ("/v1/databases", {"title": [], "initial_data_source": {"properties": NAME}}),
        ("/v1/databases", {"title": [], "initial_data_source": {"properties": NAME}}),
    ),
    (
        ("POST", "/v1/databases", {"initial_data_source": relation(database_id="db")}),
        ("/v1/databases", relation(database_id="db")),
        ("/v1/databases", {"initial_data_source": relation(data_source_id="ds")}),
        ("/v1/databases", {"initial_data_source": relation(data_source_id="ds")}),
    ),
    (
        ("PATCH", "/v1/data_sources/ds", relation(data_source_id="ds")),
        ("/v1/databases/db", relation(database_id="db")),
        ("/v1/data_sources/ds", relation(data_source_id="ds")),
        ("/v1/data_sources/ds", relation(data_source_id="ds")),
    ),
    (
        ("PATCH", "/v1/blocks/p/children", {"children": [], "position": BLOCK}),
        ("/v1/blocks/p/children", {"children": [], "after": "b"}),
        ("/v1/blocks/p/children", {"children": [], "after": "b"}),
        ("/v1/blocks/p/children", {"children": [], "position": BLOCK}),
    ),
    (
        ("PATCH", "/v1/blocks/p/children", {"children": [], "position": {"type": "end"}}),
        ("/v1/blocks/p/children", {"children": []}),
        ("/v1/blocks/p/children", {"children": []}),
        ("/v1/blocks/p/children", {"children": [], "position": {"type": "end"}}),
    ),
    (
        ("POST", "/v1/search", {"query": "a", "filter": {"property": "object", "value": "data_source"}}),
        ("/v1/search", {"query": "a", "filter": {"property": "object", "value": "database"}}),
        ("/v1/search", {"query": "a", "filter": {"property": "object", "value": "data_source"}}),
        ("/v1/search", {"query": "a", "filter": {"property": "object", "value": "data_source"}}),
    ),
]


@pytest.mark.parametrize(("call", "old", "middle", "newest"), FORMS)
def test_a_call_has_the_form_of_its_version(call: tuple[str, str, Any], old: Form, middle: Form, newest: Form):
    request = NotionRequest(handle="h", method=call[0], path=call[1], body=call[2], adapt=True)
    for version, wanted in ((OLD, old), (MIDDLE, middle), (NEWEST, newest)):
        sent = translated(request, version, {"db": HOME, "ds": HOME})
        assert (sent.version, sent.path, sent.body, sent.adapt) == (version, *wanted, False)


@pytest.mark.parametrize(
    ("path", "body", "version", "words"),
    [
        ("/v1/data_sources", {"parent": {"database_id": "db"}}, OLD, "has no data sources: use 2025-09-03"),
        ("/v1/blocks/p/children", {"position": {"type": "start"}}, MIDDLE, "use 2026-03-11"),
    ],
)
def test_what_a_version_cannot_do_is_refused(path: str, body: dict[str, Any], version: str, words: str):
    request = NotionRequest(handle="h", method="POST", path=path, body=body, adapt=True)
    with pytest.raises(RequestInvalid, match=words):
        translated(request, version, {})


def test_a_home_tells_which_of_its_data_sources_is_meant():
    several = Home("db", {"a": "Orders", "b": "Returns"})
    assert (HOME.source("db"), HOME.source("ds"), several.source("b")) == ("ds", "ds", "b")
    with pytest.raises(NotionError) as caught:
        several.source("db")
    assert caught.value.advice == "Give the id of one of them instead: a (Orders); b (Returns)."
    assert caught.value.code == "multiple_data_sources_for_database"


async def test_what_was_looked_up_is_kept_for_a_while_and_for_its_connection():
    now, asked = 0.0, list[str]()
    sources = Sources(lambda: now)

    async def get(path: str) -> dict[str, Any]:
        asked.append(path)
        return {"id": "db", "data_sources": [{"id": "ds", "name": "Orders"}]}

    for handle, id in (("one", "db"), ("one", "ds"), ("two", "db"), ("one", "db")):
        assert await sources.source(handle, id, get) == "ds"
    assert len(asked) == 2
    now = 601.0
    await sources.home("one", "db", get)
    sources.forget("one", "db")
    await sources.home("one", "db", get)
    assert len(asked) == 4


async def test_a_data_source_that_is_gone_is_looked_up_again(world: World):
    """The database has another one since."""
    source = "a"

    async def answer(call: Call) -> Answer:
        if call.path == "/v1/databases/db":
            return reply(200, {"id": "db", "data_sources": [{"id": source, "name": "Orders"}]})
        if call.path == f"/v1/data_sources/{source}/query":
            return reply(200, {"object": "list", "results": []})
        return reply(404, {"object": "error", "code": "object_not_found", "message": "Could not find it."})

    await world.connect()
    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        for there in ("a", "a", "b", "b"):
            source = there
            await worker.notion("POST", "/v1/data_sources/db/query", version=NEWEST, body={}, adapt=True)
    looks, a, b = "/v1/databases/db", "/v1/data_sources/a/query", "/v1/data_sources/b/query"
    assert [call.path for call in server.calls] == [looks, a, a, a, looks, b, b]


@pytest.mark.parametrize("status", [400, 404])
async def test_a_refusal_that_is_about_something_else_is_not_sent_again(world: World, status: int):
    async def answer(call: Call) -> Answer:
        if call.method == "GET":
            return reply(200, {"id": "db", "data_sources": [{"id": "ds", "name": "Orders"}]})
        code = "validation_error" if status == 400 else "object_not_found"
        return reply(status, {"object": "error", "code": code, "message": "Total is expected to be number."})

    await world.connect()
    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        call = worker.notion("POST", "/v1/pages", version=NEWEST, body={"parent": {"database_id": "db"}}, adapt=True)
        failure = await worker.failure(call)
    assert "Total is expected to be number." in failure.message
    assert [call.path for call in server.calls if call.method == "POST"] == ["/v1/pages"]


async def test_a_call_that_is_not_to_be_adapted_leaves_as_it_is(world: World):
    await world.connect()
    async with serving(reply(200, {})) as server, world.worker(notion_origin=server.origin) as worker:
        await worker.notion("POST", "/v1/pages", version=NEWEST, body={"parent": {"database_id": "db"}, "after": None})
    assert json.loads(server.calls[0].body) == {"parent": {"database_id": "db"}, "after": None}


@pytest.mark.parametrize(("version", "sent"), [(None, NEWEST), (MIDDLE, MIDDLE), (OLD, OLD)])
async def test_the_version_is_the_calls_else_the_deployments(world: World, version: str | None, sent: str):
    await world.connect()
    async with serving(reply(200, {})) as server, world.worker(notion_origin=server.origin) as worker:
        await worker.notion("GET", "/v1/users/me", version=version, adapt=True)
    assert server.calls[0].headers["notion-version"] == sent


async def test_an_unknown_version_is_refused(world: World):
    await world.connect()
    async with serving(reply(200, {})) as server, world.worker(notion_origin=server.origin) as worker:
        for adapt in (True, False):
            failure = await worker.failure(worker.notion("GET", "/v1/users/me", version="2026-04-01", adapt=adapt))
            assert failure.type == "request-invalid"
            assert f"{OLD}, {MIDDLE}, {NEWEST}" in failure.message
    assert server.calls == []
