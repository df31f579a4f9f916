"""Temporal's codec server: who may ask it, and what it answers."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload

from api.codec import MAX_BYTES, MAX_PAYLOADS
from codec.keys import read_keys
from codec.payloads import Encryption
from settings import Settings, origin_of
from steps.sealed import make_reference
from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

DECODE = "/codec/decode"
UI = "http://ui.test"
OURS = f"new:{base64.b64encode(b'n' * 32).decode()} old:{base64.b64encode(b'o' * 32).decode()}"
THEIRS = f"theirs:{base64.b64encode(b't' * 32).decode()}"


def payload(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=text.encode())


def written(one: Payload) -> dict[str, Any]:
    return {
        "metadata": {name: base64.b64encode(value).decode() for name, value in one.metadata.items()},
        "data": base64.b64encode(one.data).decode(),
    }


def hidden(text: str, keys: str = OURS) -> dict[str, Any]:
    return written(Encryption(read_keys(keys)).encrypt(payload(text)))


@pytest.fixture
def encrypting(make_place: Callable[..., Place], settings: Settings) -> Place:
    return make_place(settings.model_copy(update={"payload_keys": SecretStr(OURS)}))


async def test_payloads_are_decrypted_in_their_order(encrypting: Place) -> None:
    old = OURS.split()[1]
    asked = [hidden('"one"'), hidden('"two"', old), written(payload('"three"'))]
    async with encrypting.program() as caller:
        answer = await caller.post(DECODE, json={"payloads": asked}, headers={"X-Namespace": "default"})
    assert answer.status_code == 200
    assert answer.json() == {"payloads": [written(payload(text)) for text in ('"one"', '"two"', '"three"')]}


async def test_what_does_not_open_comes_back_as_it_is(encrypting: Place) -> None:
    broken = hidden('"x"')
    broken["data"] = base64.b64encode(b"x" * 60).decode()
    asked = [hidden('"one"'), hidden('"two"', THEIRS), broken, {"data": "AAAA"}, {}]
    async with encrypting.program() as caller:
        answer = (await caller.post(DECODE, json={"payloads": asked})).json()["payloads"]
    assert answer == [written(payload('"one"')), *asked[1:]]


async def test_a_sealed_token_stays_sealed(encrypting: Place) -> None:
    token = str(make_reference("connection", "my-notion", "p" * 43))
    async with encrypting.program() as caller:
        answer = await caller.post(DECODE, json={"payloads": [hidden(f'"{token}"')]})
    assert base64.b64decode(answer.json()["payloads"][0]["data"]).decode() == f'"{token}"'


@pytest.mark.parametrize("path", [DECODE, "/codec/encode"])
async def test_without_a_key_or_a_session_nothing_is_decrypted(encrypting: Place, path: str) -> None:
    async with encrypting.browser() as stranger:
        answer = await stranger.post(path, json={"payloads": [hidden('"one"')]})
        wrong = await stranger.post(path, json={"payloads": []}, headers={"Authorization": "Bearer steps_wrong"})
    assert [answer.status_code, wrong.status_code] == [401 if path == DECODE else 404] * 2
    assert "payloads" not in answer.json()


async def test_where_nothing_is_encrypted_there_is_nothing_to_ask(place: Place) -> None:
    async with place.program() as caller:
        answer = await caller.post(DECODE, json={"payloads": [hidden('"one"')]})
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
        asked = await caller.options(DECODE, headers={"Origin": UI, "Access-Control-Request-Method": "POST"})
        assert "access-control-allow-origin" not in asked.headers
    async with place.signed_in() as visitor:
        answer = await visitor.post(DECODE, json={}, headers={"Origin": UI, "Sec-Fetch-Site": "same-site"})
        assert answer.json()["type"] == "cross-site-refused"


NO_LIST: list[tuple[Any, int, str]] = [
    ({"payloads": "x"}, 422, "request-invalid"),
    ({"payloads": [1]}, 422, "request-invalid"),
    ({"payloads": [{"data": "a"}]}, 422, "request-invalid"),
    ({"payloads": [{"metadata": {"encoding": 1}}]}, 422, "request-invalid"),
    ({"payloads": [{}] * (MAX_PAYLOADS + 1)}, 422, "request-invalid"),
    ([], 400, "json-not-object"),
    ({"payloads": [], "x": "y" * MAX_BYTES}, 413, "body-too-large"),
]


@pytest.mark.parametrize(("body", "status", "kind"), NO_LIST)
async def test_what_is_no_list_of_payloads_is_refused(encrypting: Place, body: Any, status: int, kind: str) -> None:
    async with encrypting.program() as caller:
        answer = await caller.post(DECODE, json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, kind)


async def test_a_payload_of_the_largest_size_passes(encrypting: Place) -> None:
    async with encrypting.program() as caller:
        answer = await caller.post(DECODE, json={"payloads": [hidden("x" * 2_000_000)]})
        assert answer.status_code == 200
        assert (await caller.post("/hooks/echo/x", content=b"x" * 2_000_000)).status_code == 413


# The browser of somebody who has signed in, on a page of Temporal's UI


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
async def test_the_uis_page_may_use_the_browsers_session(encrypting: Place, site: str) -> None:
    async with encrypting.signed_in() as visitor:
        question = {
            "Origin": UI,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-namespace",
            "Sec-Fetch-Site": site,
        }
        before = await visitor.options(f"{DECODE}?preserveStorageRefs=true", headers=question)
        assert before.status_code == 204
        assert before.headers["access-control-allow-origin"] == UI
        assert before.headers["access-control-allow-credentials"] == "true"
        assert before.headers["access-control-allow-methods"] == "POST"
        assert {"content-type", "x-namespace", "authorization"} == {
            name.strip() for name in before.headers["access-control-allow-headers"].split(",")
        }
        answer = await visitor.post(
            f"{DECODE}?preserveStorageRefs=true",
            json={"payloads": [hidden('"one"')]},
            headers={"Origin": UI, "Sec-Fetch-Site": site, "X-Namespace": "default"},
        )
    assert answer.json() == {"payloads": [written(payload('"one"'))]}
    assert answer.headers["access-control-allow-origin"] == UI
    assert "Origin" in answer.headers["vary"]


async def test_a_refusal_can_be_read_by_the_ui(encrypting: Place) -> None:
    async with encrypting.browser() as stranger:
        answer = await stranger.post(DECODE, json={}, headers={"Origin": UI, "Sec-Fetch-Site": "same-site"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, UI)


@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "null", "https://ui.test", "http://ui.test:8080", "http://UI.test", "http://ui.test.evil",
     "http://ui.test/", "http://evil.ui.test", "http://steps.test"],
)  # fmt: skip
async def test_no_other_origin_is_let_in(encrypting: Place, origin: str) -> None:
    async with encrypting.signed_in() as visitor:
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-site"}
        before = await visitor.options(DECODE, headers={**headers, "Access-Control-Request-Method": "POST"})
        answer = await visitor.post(DECODE, json={"payloads": [hidden('"one"')]}, headers=headers)
    for response in (before, answer):
        assert "access-control-allow-origin" not in response.headers
    assert answer.json()["type"] == "cross-site-refused"


@pytest.mark.parametrize(
    "path", ["/api/v1/workflows/echo/runs", "/signout", "/codec/decode/", "/codec", "/codec/decode/../../signout"]
)
async def test_the_ui_reaches_nothing_else(encrypting: Place, path: str) -> None:
    async with encrypting.signed_in() as visitor:
        answer = await visitor.post(path, json={}, headers={"Origin": UI, "Sec-Fetch-Site": "same-site"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
        read = await visitor.get("/api/v1/connections", headers={"Origin": UI, "Sec-Fetch-Site": "same-site"})
        assert "access-control-allow-origin" not in read.headers


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8233", "http://127.0.0.1:8233"),
        ("https://UI.example.com:443/temporal", "https://ui.example.com"),
        ("http://ui.example.com:80", "http://ui.example.com"),
        ("https://ui.example.com:80", "https://ui.example.com:80"),
        ("http://[::1]:8233/", "http://[::1]:8233"),
    ],
)
async def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin
