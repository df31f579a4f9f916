"""Answers of Notion: what a call returns, what an error says, and what is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from activities.retry_after import retry_after
from tests.activities.conftest import CANARY, REFRESH, World
from tests.activities.servers import Call, reply, serving
from vault import Account, ConnectionStatus, Secret, Tokens

HTML = "<html><head><title>502 Bad Gateway</title><style>p {}</style></head><body>cloudflare</body></html>"
READ = ("GET", "/v1/pages/1")
QUERY = ("POST", "/v1/databases/1/query")
WRITE = ("POST", "/v1/pages")
CHANGE = ("PATCH", "/v1/pages/1")
RAW = ("POST", "/v1/views")  # one that nothing is known of


def error(status: int, code: str, **more: Any) -> bytes:
    body = {
        "object": "error",
        "status": status,
        "code": code,
        "message": f"Words on {code}.",
        "request_id": "r-1",
    }
    return reply(status, body | more)


async def test_a_call_returns_the_object(world: World) -> None:
    await world.connect()
    async with (
        serving(reply(200, {"object": "page", "id": "p", "echo": CANARY})) as server,
        world.worker(notion_origin=server.origin) as worker,
    ):
        page = await worker.notion("POST", "/v1/pages", body={"é": 1}, params={"filter_properties": "a b"})
    assert page == {"object": "page", "id": "p", "echo": "[secret]"}
    call = server.calls[0]
    assert (call.method, call.target, call.body) == ("POST", "/v1/pages?filter_properties=a+b", '{"é":1}'.encode())
    assert call.headers["authorization"] == f"Bearer {CANARY}"
    assert call.headers["notion-version"] == "2022-06-28"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["host"] == "api.notion.com"


NEVER, KNOWN, ALWAYS = (), (READ, QUERY, CHANGE, WRITE), (READ, QUERY, CHANGE, WRITE, RAW)


@pytest.mark.parametrize(
    ("answer", "again", "words"),
    [
        (error(400, "validation_error"), NEVER, "Correct the request"),
        (error(400, "invalid_json"), NEVER, "Correct the request"),
        (error(400, "invalid_request_url"), NEVER, "Correct the request"),
        (error(400, "invalid_request"), NEVER, "Correct the request"),
        (error(400, "invalid_beta"), NEVER, "Correct the request"),
        (error(400, "invalid_grant"), NEVER, "Correct the request"),
        (error(400, "missing_version"), NEVER, "Correct the request"),
        (error(400, "brand_new_code"), NEVER, "Correct the request"),
        (
            error(400, "validation_error", additional_data={"child_data_source_ids": ["d-1", "d-2"]}),
            NEVER,
            "2025-09-03 or later, with one of the data sources d-1, d-2",
        ),
        (error(403, "restricted_resource"), NEVER, "'my-notion' lacks the capability"),
        (error(404, "object_not_found"), NEVER, "connection 'my-notion' in Notion (••• → Connections)"),
        (error(409, "conflict_error"), ALWAYS, "conflict_error"),
        (error(409, "row_limit_exceeded"), NEVER, "row_limit_exceeded"),
        (error(418, "brand_new_code"), NEVER, "brand_new_code"),
        (error(429, "rate_limited"), ALWAYS, "rate_limited"),
        (error(529, "service_overload"), ALWAYS, "service_overload"),
        (error(500, "internal_server_error"), KNOWN, "internal_server_error"),
        (error(502, "bad_gateway"), KNOWN, "bad_gateway"),
        (
            error(503, "service_unavailable", additional_data={"retry_guidance": "Retry with a smaller page_size."}),
            KNOWN,
            "service_unavailable",
        ),
        (error(503, "service_unavailable"), KNOWN, "service_unavailable"),
        (error(503, "database_connection_unavailable"), KNOWN, "database_connection_unavailable"),
        (error(504, "gateway_timeout"), KNOWN, "gateway_timeout"),
        (error(599, "brand_new_code"), KNOWN, "brand_new_code"),
        (reply(502, HTML), KNOWN, "Notion 502: '502 Bad Gateway cloudflare'"),
        (reply(503, HTML), KNOWN, "Notion 503: '502 Bad Gateway cloudflare'"),
        (reply(520, HTML), KNOWN, "Notion 520: '502 Bad Gateway cloudflare'"),
        (reply(529, HTML), ALWAYS, "Notion 529"),
        (reply(403, HTML), NEVER, "Notion 403: '502 Bad Gateway cloudflare'"),
        (reply(429, HTML), ALWAYS, "Notion 429"),
        (reply(409, ""), ALWAYS, "Notion 409: no words"),
        (reply(413, {"isNotionError": False, "code": 413, "message": "too large"}), NEVER, "Notion 413: too large"),
        (reply(500, '"only text"'), KNOWN, "Notion 500"),
        (reply(302, headers={"Location": "/elsewhere"}), NEVER, "Notion 302"),
        (reply(200, HTML), NEVER, "The call was made"),
        (reply(200, "[]"), NEVER, "The call was made"),
        (reply(401, HTML), NEVER, "Notion 401"),
    ],
)
async def test_an_error_says_what_to_do_and_is_tried_again_where_that_is_safe(
    world: World, answer: bytes, again: tuple[tuple[str, str], ...], words: str
) -> None:
    await world.connect()
    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        for method, path in ALWAYS:
            failure = await worker.failure(worker.notion(method, path))
            assert failure.type == "notion-error"
            assert failure.non_retryable == ((method, path) not in again)
            assert words in failure.message
            unknown = "may have taken effect" in failure.message
            assert unknown == (again == KNOWN and (method, path) in (WRITE, RAW))
    assert (await world.vault.connections.get("my-notion")).status is ConnectionStatus.ACTIVE


async def test_an_error_carries_notions_own_words(world: World) -> None:
    await world.connect()
    async with (
        serving(error(404, "object_not_found")) as server,
        world.worker(notion_origin=server.origin) as worker,
    ):
        failure = await worker.failure(worker.notion(*READ))
    assert failure.message.startswith("Notion 404 object_not_found: Words on object_not_found. Share the page")
    (said,) = failure.details
    assert (said["status"], said["code"], said["request_id"]) == (404, "object_not_found", "r-1")
    assert failure.message.endswith(said["advice"])
    assert said["advice"].startswith("Share the page")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("1", 1), ("0.5", 0.5), ("3600", 3600), ("0", None), ("-1", None), ("soon", None), ("", None), ("1e9", None)],
)
async def test_retry_after_is_obeyed(world: World, value: str, seconds: float | None) -> None:
    await world.connect()
    answer = reply(429, {"code": "rate_limited", "message": "Slow down."}, {"Retry-After": value})
    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.notion(*WRITE))
    assert not failure.non_retryable
    assert failure.next_retry_delay == (None if seconds is None else timedelta(seconds=seconds))


def test_retry_after_may_be_a_moment() -> None:
    moment = datetime.now(UTC) + timedelta(minutes=5)
    wait = retry_after(format_datetime(moment, usegmt=True))
    assert wait is not None
    assert timedelta(minutes=4, seconds=55) < wait <= timedelta(minutes=5)
    assert retry_after(format_datetime(moment - timedelta(hours=1), usegmt=True)) is None
    assert retry_after(None) is None


@pytest.mark.parametrize("answer", [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"])
async def test_a_lost_answer_is_asked_for_again_where_nothing_is_doubled(world: World, answer: bytes | None) -> None:
    await world.connect()
    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        for method, path in (READ, QUERY, CHANGE, ("POST", "/v1/search"), ("POST", "/v1/file_uploads")):
            failure = await worker.failure(worker.notion(method, path))
            assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
        for method, path in (WRITE, ("POST", "/v1/comments"), ("DELETE", "/v1/blocks/1"), RAW):
            failure = await worker.failure(worker.notion(method, path))
            assert (failure.type, failure.non_retryable) == ("notion-error", (method, path) == RAW)
            assert "may have taken effect" in failure.message
            assert failure.details[0]["code"] == "answer_lost"


async def test_a_write_that_was_never_sent_is_sent_again(world: World) -> None:
    await world.connect()
    async with serving(None) as server:
        pass
    async with world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.notion(*WRITE))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert "could not be reached" in failure.message


async def test_a_token_that_notion_refuses_needs_a_person(world: World) -> None:
    await world.connect()
    async with serving(error(401, "unauthorized")) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.notion(*WRITE))
        assert (failure.type, failure.non_retryable) == ("connection-needs-reauthorization", True)
        await worker.failure(worker.notion(*WRITE))
    assert len(server.calls) == 1
    assert (await world.vault.connections.get("my-notion")).status is ConnectionStatus.NEEDS_REAUTHORIZATION


async def test_a_connection_made_anew_meanwhile_is_not_marked(world: World) -> None:
    await world.connect(refresh=REFRESH)

    async def answer(call: Call) -> bytes:
        pair = Tokens(Secret(f"canary-{len(server.calls)}"), None)
        await world.vault.connections.save("my-notion", "notion", Account(id="bot of my-notion"), pair)
        return error(401, "unauthorized")

    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.notion(*WRITE))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert (await world.vault.connections.get("my-notion")).status is ConnectionStatus.ACTIVE
