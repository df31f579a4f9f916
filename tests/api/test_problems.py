from __future__ import annotations

import logging
import re

import httpx
import pytest
from fastapi import Request

from api import oauth_problems, problems
from api.problems import ApiError
from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMED = {**vars(problems), **vars(oauth_problems)}
ERRORS = [cls for cls in NAMED.values() if isinstance(cls, type) and issubclass(cls, ApiError)]


@pytest.mark.parametrize("error", ERRORS)
async def test_every_error_stands_in_the_drawing(error: type[ApiError]) -> None:
    drawn = rf"{error.__name__} +{error.type} +{error.status}\b"
    assert re.search(drawn, problems.__doc__ or "")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.type)


async def test_types_are_unique() -> None:
    assert len({error.type for error in ERRORS}) == len(ERRORS)


@pytest.mark.parametrize(
    ("method", "path", "status", "type", "says"),
    [
        ("GET", "/nothing", 404, "not-found", "/docs"),
        ("GET", "/static/../app.py", 404, "not-found", "/docs"),
        ("GET", "/static/nothing.css", 404, "not-found", "/docs"),
        ("PUT", "/healthz", 405, "method-not-allowed", "GET"),
        ("GET", "/hooks/echo/secret", 405, "method-not-allowed", "POST"),
        ("GET", "/api/v1/runs", 401, "authentication-required", "Bearer"),
        ("POST", "/api/v1/workflows/Echo/runs", 401, "authentication-required", "Bearer"),
    ],
)
async def test_the_framework_speaks_in_problems(
    place: Place, method: str, path: str, status: int, type: str, says: str
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app), base_url="http://steps.test") as anyone:
        answer = await anyone.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == (type, status)
    assert says in body["detail"]
    if status == 405:
        assert says in answer.headers["allow"]
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/api/v1/runs?limit=HOSTILE", "/api/v1/runs?status=HOSTILE"])
async def test_a_wrong_parameter_is_named_and_not_repeated(place: Place, path: str) -> None:
    async with place.program() as caller:
        answer = await caller.get(path)
    assert answer.status_code == 422
    assert answer.json()["type"] == "request-invalid"
    assert answer.json()["errors"][0]["field"].startswith("query.")
    assert "HOSTILE" not in answer.text


async def test_browsers_get_a_page(place: Place) -> None:
    async with place.browser() as visitor:
        answer = await visitor.get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is nothing at this address" in answer.text


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_an_unexpected_error_shows_its_number_alone(
    place: Place, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(request: Request) -> None:
        raise RuntimeError("internals of the machine")

    place.app.add_api_route("/fail", fail)
    async with place.browser(Accept=accept) as caller:
        with caplog.at_level(logging.ERROR):
            answer = await caller.get("/fail")
    assert answer.status_code == 500
    assert "internals" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    (number,) = re.findall(r"[0-9a-f]{16}", re.sub(r'"error_id".*?,', "", answer.text))[:1]
    assert number in caplog.text
    assert "internals of the machine" in caplog.text
