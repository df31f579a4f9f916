from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api.hooks import hook_address
from tests.api.conftest import Place
from tests.api.runs import finished

pytestmark = pytest.mark.asyncio(loop_scope="session")

JSON = {"Content-Type": "application/json"}


def address(place: Place, name: str = "Echo") -> str:
    return hook_address(place.settings, place.app.state.services.signer, name)


async def post(place: Place, path: str, content: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app), base_url="http://steps.test") as sender:
        return await sender.post(path, content=content, headers=headers)


async def test_body_and_query_become_the_data_and_headers_come_along(running: Place) -> None:
    headers = [
        ("Content-Type", "application/json; charset=utf-8"), ("X-Source", "one"), ("X-Source", "two"),
        ("Cookie", "zzz"),
        ("Authorization", "Bearer zzz"), ("Proxy-Authorization", "zzz"), ("Connection", "close, X-Private"),
        ("X-Private", "zzz"), ("TE", "zzz"), ("User-Agent", "shop"),
    ]  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(running.app)) as sender:
        answer = await sender.post(
            address(running) + "?name=query&page=1&tag=a&tag=b",
            content=b'{"name": "#1001", "lines": [1]}',
            headers=headers,
        )
    assert answer.status_code == 202
    body = answer.json()
    assert body["duplicate"] is False
    assert body["run_url"] == f"http://steps.test/runs/{body['id']}"
    result = (await finished(running, body["id"]))["result"]
    assert result["data"] == {"name": "#1001", "page": "1", "tag": ["a", "b"], "lines": [1]}
    assert result["headers"]["x-source"] == "one, two"
    assert result["headers"]["user-agent"] == "shop"
    assert "zzz" not in str(result)
    assert not {"authorization", "cookie", "connection", "te", "host", "content-length"} & result["headers"].keys()


@pytest.mark.parametrize("header", ["X-Shopify-Webhook-Id", "Webhook-Id", "Idempotency-Key"])
async def test_a_delivery_starts_one_run_however_often_it_comes(running: Place, header: str) -> None:
    delivery = {header: f"{header.lower()}-1", **JSON}
    first = await post(running, address(running), b"{}", delivery)
    again = await post(running, address(running), b"{}", delivery)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"] == f"echo/{header.lower()}-1"
    await finished(running, first.json()["id"])
    late = await post(running, address(running), b'{"other": 1}', delivery)
    assert (late.status_code, late.json()["duplicate"]) == (200, True)


async def test_a_hundred_deliveries_at_once_start_one_run(running: Place) -> None:
    delivery = {"Webhook-Id": "msg_parallel", **JSON}
    answers = await asyncio.gather(*(post(running, address(running), b"{}", delivery) for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] * 99 + [202]
    assert {answer.json()["id"] for answer in answers} == {"echo/msg_parallel"}


async def test_an_unreadable_delivery_id_is_hashed(running: Place) -> None:
    for key in ("a/b", "..", "x" * 200, "a b"):
        first = await post(running, address(running), headers={"Idempotency-Key": key})
        assert first.status_code == 202
        assert len(first.json()["id"]) == len("echo/") + 32


async def test_name_and_slug_both_lead_there(running: Place) -> None:
    by_slug = address(running, "LongWait")
    assert "/hooks/long-wait/" in by_slug
    answer = await post(running, by_slug.replace("long-wait", "LongWait"), headers={"Idempotency-Key": "by-name"})
    assert (answer.status_code, answer.json()["id"]) == (202, "long-wait/by-name")


async def test_nothing_tells_what_is_wrong_with_an_address(place: Place) -> None:
    good = address(place).removeprefix("http://steps.test")
    secret = good.rpartition("/")[2]
    other = address(place, "Failing").rpartition("/")[2]
    paths = [
        f"/hooks/echo/{secret[:-1]}", f"/hooks/echo/{secret}x", f"/hooks/echo/{secret.upper()}", f"/hooks/echo/{other}",
        f"/hooks/unknown/{secret}", "/hooks/echo/x", "/hooks/unknown/x", f"/hooks/ECHO/{secret}", "/hooks/echo/%C3%A9",
    ]  # fmt: skip
    answers = [await post(place, path, b"{", JSON) for path in paths]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert answers[0].json()["type"] == "hook-unknown"


@pytest.mark.parametrize(
    ("content", "media_type", "status", "type", "says"),
    [
        (b"a=b", "application/x-www-form-urlencoded", 415, "media-type-unsupported", "application/json"),
        (b"{}", "text/plain", 415, "media-type-unsupported", "application/json"),
        (b"{}", "", 415, "media-type-unsupported", "application/json"),
        (b"{}", "text/html+json", 415, "media-type-unsupported", "application/json"),
        (b"<a/>", "application/json", 400, "json-invalid", "line 1, column 1"),
        (b'{"a": 1,\n}', "application/json", 400, "json-invalid", "line 2, column 1"),
        (b'{"a": 1', "application/json", 400, "json-invalid", "line 1"),
        (b" ", "application/json", 400, "json-invalid", "line 1"),
        (b'{"a": NaN}', "application/json", 400, "json-invalid", "NaN"),
        (b'{"a": -Infinity}', "application/json", 400, "json-invalid", "-Infinity"),
        (b'{"a": 1e999}', "application/json", 400, "json-invalid", "too large"),
        (b'{"a": ' + b"1" * 5000 + b"}", "application/json", 400, "json-invalid", "digits"),
        (b'{"a": "\xff"}', "application/json", 400, "json-invalid", "position 7"),
        (b'{"a": "\\ud800"}', "application/json", 400, "json-invalid", "surrogate"),
        (b'{"\\udfff": 1}', "application/json", 400, "json-invalid", "surrogate"),
        (b"[]", "application/json", 400, "json-not-object", "object"),
        (b"null", "application/json", 400, "json-not-object", "object"),
        (b'"text"', "application/json", 400, "json-not-object", "object"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "application/json", 400, "json-too-deep", "64"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "application/json", 400, "json-too-deep", "64"),
        (b"[" * 500_000, "application/json", 400, "json-too-deep", "64"),
    ],
)
async def test_bodies_that_are_refused(
    place: Place, content: bytes, media_type: str, status: int, type: str, says: str
) -> None:
    answer = await post(place, address(place), content, {"Content-Type": media_type})
    assert (answer.status_code, answer.json()["type"]) == (status, type)
    assert says in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "media_type", "data"),
    [
        (b"", "text/plain", {}),
        (b"{}", "application/json", {}),
        (b'{"a": "\\u0000\xf0\x9f\x98\x80"}', "application/vnd.shop+json", {"a": "\x00\U0001f600"}),
        (b'\xef\xbb\xbf{"a": 1, "a": 2}', "Application/JSON", {"a": 2}),
        (b'{"a":' * 64 + b"1" + b"}" * 64, "application/json", None),
    ],
)
async def test_bodies_that_pass(running: Place, content: bytes, media_type: str, data: dict[str, Any] | None) -> None:
    answer = await post(running, address(running), content, {"Content-Type": media_type})
    assert answer.status_code == 202, answer.text
    result = (await finished(running, answer.json()["id"]))["result"]
    assert data is None or result["data"] == data


async def test_headers_have_a_limit(place: Place) -> None:
    answer = await post(place, address(place), headers={"X-Long": "x" * 17_000})
    assert (answer.status_code, answer.json()["type"], answer.json()["limit"]) == (431, "headers-too-large", 16_384)


async def test_data_that_the_start_does_not_take_is_refused(running: Place) -> None:
    answer = await post(running, address(running, "TypedOrder"), b'{"name": "x", "total": "HOSTILE"}', JSON)
    assert (answer.status_code, answer.json()["type"]) == (422, "payload-invalid")
    assert "field `total`" in answer.json()["detail"]
    assert "HOSTILE" not in answer.text


async def test_a_start_that_temporal_did_not_store_is_not_confirmed(place: Place) -> None:
    answer = await post(place, address(place))
    assert (answer.status_code, answer.json()["type"]) == (503, "temporal-unavailable")
    assert answer.headers["retry-after"] == "5"
