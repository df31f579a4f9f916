from __future__ import annotations

import pytest
from sqlalchemy import update

from tests.api.browsing import begin, consent, sign_in
from tests.api.conftest import Place
from vault.database import Database
from vault.tables import api_keys

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_operator_sees_every_session_and_ends_one(place: Place) -> None:
    async with place.program() as admin, place.signed_in() as visitor:
        (session,) = (await admin.get("/api/v1/sessions")).json()
        assert (session["name"], session["key_id"], session["scopes"]) == ("tests", place.key_id, ["admin"])
        assert visitor.cookies["steps_session"] not in str(session)
        assert (await admin.delete(f"/api/v1/sessions/{session['id']}")).status_code == 204
        assert (await visitor.get("/connections")).status_code == 303
        answer = await admin.delete(f"/api/v1/sessions/{session['id']}")
        assert (answer.status_code, answer.json()["type"]) == (404, "session-unknown")


async def test_people_see_and_end_their_own_sessions_alone(place: Place) -> None:
    _, other = await place.vault.api_keys.create("somebody else", ["read"])
    async with place.signed_in() as one, place.signed_in() as two, place.browser() as stranger:
        await sign_in(stranger, other.reveal())
        listed = {session.id: session for session in await place.vault.sessions.list()}
        theirs = next(id for id, session in listed.items() if session.name == "somebody else")
        assert theirs not in (await one.get("/sessions")).text
        assert (await one.post(f"/sessions/{theirs}/end")).status_code == 404
        assert (await stranger.get("/sessions")).status_code == 200
        page = (await two.get("/sessions")).text
        (mine,) = [id for id in listed if f"/sessions/{id}/end" in page]
        assert (await two.post(f"/sessions/{mine}/end")).headers["location"] == "/sessions"
        assert (await one.get("/sessions")).status_code == 303
        assert (await two.get("/sessions")).status_code == 200


async def test_signing_out_everywhere_ends_this_browser_and_the_others(place: Place) -> None:
    _, other = await place.vault.api_keys.create("somebody else", ["read"])
    async with place.signed_in() as one, place.signed_in() as two, place.browser() as stranger:
        await sign_in(stranger, other.reveal())
        assert (await one.post("/sessions/end")).headers["location"] == "/signin"
        assert [(await visitor.get("/sessions")).status_code for visitor in (one, two, stranger)] == [303, 303, 200]


async def test_a_browser_gets_a_token_of_its_own_at_every_sign_in(place: Place) -> None:
    async with place.browser() as visitor:
        visitor.cookies.set("steps_session", "A" * 43, domain="steps.test")  # planted by somebody
        await sign_in(visitor, place.key)
        first = visitor.cookies["steps_session"]
        await sign_in(visitor, place.key)
        assert len({"A" * 43, first, visitor.cookies["steps_session"]}) == 3
    async with place.browser(Cookie=f"steps_session={'A' * 43}") as attacker:
        assert (await attacker.get("/connections")).status_code == 303


async def test_a_key_that_is_narrowed_narrows_its_sessions_at_once(place: Place) -> None:
    async with place.signed_in() as visitor:
        assert (await visitor.get("/connections/add")).status_code == 200
        database = Database(place.settings.vault_url)
        async with database.write() as connection:
            await connection.execute(update(api_keys).values(scopes=["read"]))
        await database.close()
        refused = await visitor.get("/connections/add")
        assert (refused.status_code, "This needs another scope" in refused.text) == (403, True)
        assert "Add Connection" not in (await visitor.get("/connections")).text
        assert (await visitor.get("/api/v1/keys")).status_code == 403


async def test_the_pages_leave_out_what_one_may_not_do(place: Place) -> None:
    for scope, seen in (("read", False), ("admin", True)):
        _, text = await place.vault.api_keys.create("eyes", [scope])
        async with place.browser() as visitor:
            await sign_in(visitor, text.reveal())
            assert ("Add Connection" in (await visitor.get("/connections")).text) is seen


async def test_a_connection_that_was_begun_is_not_stored_once_the_right_is_gone(place: Place) -> None:
    async with place.signed_in() as visitor:
        back = await consent(place.notion, await begin(visitor))
        database = Database(place.settings.vault_url)
        async with database.write() as connection:
            await connection.execute(update(api_keys).values(scopes=["operate"]))
        await database.close()
        assert (await visitor.get(back)).status_code == 403
        assert (await visitor.get("/api/v1/connections")).json() == []
    assert not [request for request in place.sent.requests if request.url.path == "/v1/oauth/token"]
