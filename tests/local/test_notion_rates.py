from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.notion import Workspace, create_app
from tests.local.conftest import Notion, Ticks

Json = dict[str, Any]

AVERAGE: Json = {"mode": "average", "per_second": 3, "burst": 3}
WINDOW: Json = {"mode": "window", "requests": 2, "seconds": 60}


@pytest.fixture
def workspace(ticks: Ticks) -> Workspace:
    return Workspace(ticks=ticks)


async def limit(notion: Notion, body: Json) -> None:
    response = await notion.http.put("/_local/rate_limit", json=body)
    assert response.status_code == 200, response.text
    assert response.json() == {"scope": "bot", **body}


async def statuses(notion: Notion, count: int) -> list[int]:
    return [(await notion.send("GET", "/v1/users/me")).status_code for _ in range(count)]


async def test_nothing_is_limited_until_it_is_asked_for(notion: Notion) -> None:
    assert await statuses(notion, 20) == [200] * 20
    await limit(notion, WINDOW)
    assert await statuses(notion, 3) == [200, 200, 429]
    await limit(notion, {"mode": "off"})
    assert await statuses(notion, 20) == [200] * 20


async def test_an_average_allows_a_burst_and_then_its_rate(notion: Notion, ticks: Ticks) -> None:
    await limit(notion, AVERAGE)
    assert await statuses(notion, 4) == [200, 200, 200, 429]
    ticks.now += 0.34
    assert await statuses(notion, 2) == [200, 429]
    ticks.now += 600
    assert await statuses(notion, 4) == [200, 200, 200, 429]


async def test_a_window_has_a_budget_that_comes_back_when_the_next_one_opens(notion: Notion, ticks: Ticks) -> None:
    await limit(notion, WINDOW)
    ticks.now += 1_000
    assert await statuses(notion, 3) == [200, 200, 429]
    ticks.now += 59.9
    assert await statuses(notion, 1) == [429]
    ticks.now += 0.1
    assert await statuses(notion, 3) == [200, 200, 429]


@pytest.mark.parametrize(
    ("body", "later", "seconds"),
    [
        ({"mode": "average", "per_second": 3, "burst": 1}, 0, "1"),
        ({"mode": "average", "per_second": 0.1, "burst": 1}, 0.5, "10"),
        ({"mode": "window", "requests": 1, "seconds": 60}, 0, "60"),
        ({"mode": "window", "requests": 1, "seconds": 60}, 17.2, "43"),
    ],
)
async def test_a_refusal_says_how_long_to_wait_in_whole_seconds_and_waiting_so_long_is_enough(
    notion: Notion, ticks: Ticks, body: Json, later: float, seconds: str
) -> None:
    await limit(notion, body)
    await statuses(notion, 1)
    ticks.now += later
    refused = await notion.send("GET", "/v1/users/me")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == seconds
    assert refused.json()["code"] == "rate_limited"
    assert refused.json()["additional_data"] == {"rate_limit_reason": "public_api_request_rate_limit"}
    ticks.now += int(seconds)
    assert await statuses(notion, 1) == [200]


async def test_each_bot_has_a_limit_of_its_own_however_many_tokens_it_has(workspace: Workspace) -> None:
    app = create_app(workspace)
    ada, again, grace = Notion(app, workspace.connect()), Notion(app, workspace.connect()), workspace.connect("Grace")
    await limit(ada, WINDOW)
    assert await statuses(ada, 1) + await statuses(again, 2) == [200, 200, 429]
    assert await statuses(Notion(app, grace), 3) == [200, 200, 429]


async def test_the_bots_of_a_workspace_can_share_a_limit(workspace: Workspace) -> None:
    app = create_app(workspace)
    ada, grace, hal = (Notion(app, workspace.connect(*who)) for who in ((), ("Grace",), ("Hal", "Another")))
    await limit(ada, {**WINDOW, "scope": "workspace"})
    assert await statuses(ada, 1) + await statuses(grace, 1) == [200, 200]
    refused = await ada.send("GET", "/v1/users/me")
    assert refused.json()["additional_data"] == {"rate_limit_reason": "public_api_space_request_rate_limit"}
    assert await statuses(grace, 1) + await statuses(hal, 2) == [429, 200, 200]


async def test_what_is_refused_is_among_the_calls_and_does_nothing(notion: Notion) -> None:
    await limit(notion, {"mode": "window", "requests": 1, "seconds": 60})
    await notion.named("1")
    parent = {"type": "page_id", "page_id": "0a7d5e10-0000-4000-8000-000000000a9e"}
    assert (await notion.send("POST", "/v1/pages", {"parent": parent})).status_code == 429
    calls = (await notion.http.get("/_local/calls")).json()
    assert [call["status"] for call in calls] == [200, 429]
    assert [page["title"] for page in (await notion.http.get("/_local/pages")).json()] == ["Home", "1"]


async def test_calls_without_a_live_token_and_those_of_oauth_do_not_count(notion: Notion) -> None:
    await limit(notion, {"mode": "window", "requests": 1, "seconds": 60})
    ask: list[Callable[[], Any]] = [
        lambda: notion.http.get("/v1/users/me", headers={"Authorization": "Bearer ntn_unknown"}),
        lambda: notion.http.post("/v1/oauth/token", json={}),
    ]
    for call in ask:
        for _ in range(3):
            assert (await call()).status_code == 401
    assert await statuses(notion, 2) == [200, 429]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"mode": "never"},
        {"mode": "off", "burst": 3},
        {"mode": "average", "per_second": 3},
        {"mode": "average", "per_second": 0, "burst": 3},
        {"mode": "window", "requests": "9", "seconds": 60},
        {"mode": "window", "requests": 9, "seconds": 60, "scope": "planet"},
        [],
    ],
)
async def test_a_limit_that_cannot_be_is_refused(notion: Notion, body: Any) -> None:
    assert (await notion.http.put("/_local/rate_limit", json=body)).status_code == 400
