from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.browsing import program, sign_in
from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEYS = "/api/v1/keys"


async def test_a_key_is_made_shown_once_used_and_revoked(place: Place) -> None:
    async with place.program() as admin:
        answer = await admin.post(KEYS, json={"name": "our shop", "scopes": ["trigger", "read"]})
        made: dict[str, Any] = answer.json()
        text = made.pop("key")
        assert answer.status_code == 201
        assert (made["name"], made["scopes"], made["created_by"]) == ("our shop", ["trigger", "read"], "tests")
        assert (made["expires_at"], made["revoked_at"], text.startswith(made["prefix"])) == (None, None, True)
        async with program(place.app, text) as shop:
            assert (await shop.get("/api/v1/connections")).status_code == 200
            listed = await admin.get(KEYS)
            assert text not in listed.text
            (mine,) = [key for key in listed.json() if key["id"] == made["id"]]
            assert mine == made | {"last_used_at": mine["last_used_at"]}
            assert mine["last_used_at"]
            for _ in range(2):
                assert (await admin.delete(f"{KEYS}/{made['id']}")).status_code == 204
            assert (await shop.get("/api/v1/connections")).status_code == 401
        assert (await admin.delete(f"{KEYS}/{'0' * 32}")).json()["type"] == "api-key-unknown"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a"},
        {"name": "a", "scopes": []},
        {"name": "a", "scopes": ["root"]},
        {"name": "a", "scopes": "admin"},
        {"name": "", "scopes": ["read"]},
        {"name": "a", "scopes": ["read"], "expires_at": "soon"},
        {"name": "a", "scopes": ["read"], "expires_at": "2099-01-01T00:00:00"},
        {"name": "a", "scopes": ["read"], "key": "steps_mine"},
    ],
)
async def test_a_key_that_cannot_be_made_is_refused(place: Place, body: dict[str, Any]) -> None:
    async with place.program() as admin:
        answer = await admin.post(KEYS, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "request-invalid")


@pytest.mark.parametrize("name", ["a\n", "a" * 101])
async def test_a_name_that_cannot_be_shown_is_refused(place: Place, name: str) -> None:
    async with place.program() as admin:
        assert (await admin.post(KEYS, json={"name": name, "scopes": ["read"]})).status_code == 422


async def test_a_key_does_not_outlive_the_one_that_made_it(place: Place) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    _, text = await place.vault.api_keys.create("brief", ["admin"], expires_at=end)
    body = {"name": "child", "scopes": ["read"]}
    async with program(place.app, text.reveal()) as brief, place.browser() as visitor:
        await sign_in(visitor, text.reveal())
        for caller in (brief, visitor):  # also the browser that the key has signed in
            later = await caller.post(KEYS, json=body | {"expires_at": (end + timedelta(seconds=1)).isoformat()})
            assert (later.status_code, later.json()["type"]) == (422, "api-key-refused")
            sooner = await caller.post(KEYS, json=body | {"expires_at": (end - timedelta(hours=1)).isoformat()})
            assert sooner.status_code == 201
            never = (await caller.post(KEYS, json=body)).json()
            assert datetime.fromisoformat(never["expires_at"]) == end


async def test_only_an_admin_makes_keys(place: Place) -> None:
    for scopes in (["trigger"], ["read"], ["trigger", "operate"]):
        _, text = await place.vault.api_keys.create("lesser", scopes)
        async with program(place.app, text.reveal()) as lesser:
            answer = await lesser.post(KEYS, json={"name": "a", "scopes": scopes})
            assert (answer.status_code, answer.json()["type"]) == (403, "scope-missing")
