"""Setting the webhook up: from the address over the token to the first event."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Place
from tests.api.notion_sender import TOKEN, event, handshake, send, set_up
from vault import Secret

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def state(place: Place) -> dict[str, Any]:
    async with place.program() as program:
        answer = await program.get("/api/v1/webhooks/notion")
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_the_way_from_the_address_to_the_first_event(place: Place) -> None:
    before = await state(place)
    assert (before["state"], before["tokens"]) == ("waiting", [])
    assert before["address"].startswith("http://steps.test/hooks/notion/events/")
    early = await send(place, event())
    assert (early.status_code, early.json()["type"]) == (409, "webhook-not-set-up")
    assert "python cli.py webhooks notion --token" in early.json()["detail"]

    assert (await handshake(place)).json() == {"started": [], "earlier": [], "verification": "received"}
    received = await state(place)
    assert received["state"] == "received"
    assert "Paste the token" in received["next"]
    # Nobody has seen the token, so nobody can have pasted it: this is not Notion.
    assert (await send(place, event())).json()["type"] == "webhook-not-set-up"

    async with place.program() as program:
        revealed = await program.post("/api/v1/webhooks/notion/reveal")
    assert revealed.json()["token"] == TOKEN.reveal()
    assert revealed.headers["cache-control"] == "no-store"
    assert (await send(place, event())).json() == {"started": [], "earlier": [], "verification": None}
    verified = await state(place)
    (token,) = verified["tokens"]
    assert (verified["state"], verified["next"], token["id"]) == ("verified", "Nothing.", revealed.json()["id"])
    assert token["received_at"] < token["revealed_at"] < token["verified_at"] == token["last_event_at"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/webhooks/notion"), ("POST", "/api/v1/webhooks/notion/reveal")]
)
async def test_only_a_key_or_a_session_sees_the_address_or_the_token(place: Place, method: str, path: str) -> None:
    await handshake(place)
    async with place.browser() as stranger, place.signed_in() as visitor:
        refused = await stranger.request(method, path)
        assert (refused.status_code, refused.json()["type"]) == (401, "authentication-required")
        assert (await visitor.request(method, path)).status_code == 200
        if method == "POST":
            crossed = await visitor.request(method, path, headers={"Sec-Fetch-Site": "cross-site"})
            assert (crossed.status_code, crossed.json()["type"]) == (403, "cross-site-refused")


async def test_without_a_handshake_there_is_no_token_to_reveal(place: Place) -> None:
    async with place.program() as program:
        answer = await program.post("/api/v1/webhooks/notion/reveal")
    assert (answer.status_code, answer.json()["type"]) == (404, "webhook-token-unknown")


async def test_a_stranger_with_the_address_cannot_take_the_events_over(place: Place) -> None:
    await set_up(place)
    assert (await send(place, event())).status_code == 200
    stranger = Secret("secret_of_a_stranger_who_learnt_the_address")
    assert (await handshake(place, stranger)).status_code == 200
    assert (await send(place, event(), stranger)).json()["type"] == "signature-invalid"
    assert (await send(place, event())).status_code == 200
    seen = await state(place)
    assert (seen["state"], len(seen["tokens"])) == ("verified", 2)
    assert "somebody else knows the address" in seen["next"]


async def test_a_subscription_that_is_made_anew_takes_over_at_its_first_event(place: Place) -> None:
    await set_up(place)
    assert (await send(place, event())).status_code == 200
    anew = Secret("secret_of_the_subscription_made_anew")
    await handshake(place, anew)
    async with place.program() as program:
        unclear = await program.post("/api/v1/webhooks/notion/reveal")
    assert (unclear.status_code, unclear.json()["type"]) == (409, "webhook-token-unclear")
    await set_up(place, anew)
    assert (await send(place, event())).status_code == 200
    assert (await send(place, event(), anew)).status_code == 200
    assert (await send(place, event())).json()["type"] == "signature-invalid"
    assert len((await state(place))["tokens"]) == 1
