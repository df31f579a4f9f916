from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi import Request

from api.access_problems import TooManyAttempts
from api.attempts import Attempts
from settings import Settings
from tests.api.browsing import PUBLIC_URL, program
from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRONG = "steps_" + "A" * 43


@pytest.fixture
def place(make_place: Callable[..., Place], settings: Settings) -> Place:
    return make_place(settings.model_copy(update={"failed_sign_ins_per_minute": 3}))


def coming_from(place: Place, address: str, key: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(place.app, client=(address, 5))
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers)


async def test_wrong_keys_are_held_up_and_told_for_how_long(place: Place) -> None:
    async with program(place.app, WRONG) as caller:
        answers = [await caller.get("/api/v1/connections") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1].json()["type"] == "too-many-attempts"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert WRONG not in answers[-1].text


@pytest.mark.parametrize("way", ["bearer", "form", "link", "openid"])
async def test_every_way_in_counts(place: Place, make_place: Callable[..., Place], way: str) -> None:
    if way == "openid":
        given = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "steps", "oidc_client_secret": None}
        place = make_place(place.settings.model_copy(update=given))
    async with place.browser() as visitor:
        for _ in range(3):
            match way:
                case "bearer":
                    await visitor.get("/api/v1/runs", headers={"Authorization": f"Bearer {WRONG}"})
                case "form":
                    await visitor.post("/signin", data={"key": WRONG})
                case "openid":
                    await visitor.post("/signin/openid")
                case _:
                    await visitor.post(f"/signin/{'A' * 43}")
        refused = await visitor.post("/signin", data={"key": WRONG})
        assert (refused.status_code, "Too many failed attempts" in refused.text) == (429, True)
        assert (await visitor.post(f"/signin/{'B' * 43}")).status_code == 429


async def test_who_has_shown_a_good_key_is_not_held_up_by_others_failures(place: Place) -> None:
    async with place.program() as good, program(place.app, WRONG) as bad:
        assert (await good.get("/api/v1/connections")).status_code == 200
        for _ in range(4):
            await bad.get("/api/v1/connections")
        assert (await good.get("/api/v1/connections")).status_code == 200
        await place.vault.api_keys.revoke(place.key_id)
        assert (await good.get("/api/v1/connections")).status_code == 401


async def test_one_address_does_not_hold_up_another_until_there_are_many(place: Place) -> None:
    for number in range(10):
        async with coming_from(place, f"203.0.113.{number}", WRONG) as caller:
            assert [(await caller.get("/api/v1/runs")).status_code for _ in range(4)] == [401, 401, 401, 429]
    async with coming_from(place, "203.0.113.99", WRONG) as caller:
        assert (await caller.get("/api/v1/runs")).status_code == 429


async def test_a_network_of_ipv6_is_one_address(place: Place) -> None:
    for number in range(3):
        async with coming_from(place, f"2001:db8::{number}", WRONG) as caller:
            assert (await caller.get("/api/v1/runs")).status_code == 401
    async with coming_from(place, "2001:db8::9", WRONG) as near, coming_from(place, "2001:db8:1::9", WRONG) as far:
        assert [(await caller.get("/api/v1/runs")).status_code for caller in (near, far)] == [429, 401]


async def test_of_good_keys_a_bounded_number_is_remembered() -> None:
    attempts, request = Attempts(1), Request({"type": "http", "client": ("203.0.113.1", 5), "headers": []})
    for number in range(1_001):
        attempts.succeeded(f"key {number}")
    attempts.failed(request)
    attempts.check(request, "key 1000")
    with pytest.raises(TooManyAttempts):
        attempts.check(request, "key 0")
