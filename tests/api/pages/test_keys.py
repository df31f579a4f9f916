from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.browsing import program, sign_in
from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORM = {"name": "our shop", "scope-trigger": "on", "scope-read": "on"}


async def form_id(visitor: httpx.AsyncClient) -> str:
    (found,) = re.findall(r'name="id" value="([0-9a-f]{32})"', (await visitor.get("/keys/add")).text)
    return found


async def test_a_key_is_shown_once_and_its_form_makes_one_key(place: Place) -> None:
    async with place.signed_in() as visitor:
        form = FORM | {"id": await form_id(visitor)}
        made = await visitor.post("/keys/add", data=form)
        (text,) = re.findall(r'<pre id="key-text">(steps_[\w-]{43})</pre>', made.text)
        assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
        async with program(place.app, text) as shop:
            assert (await shop.get("/api/v1/connections")).status_code == 200
        again = await visitor.post("/keys/add", data=form)
        assert (again.status_code, "This key was made before" in again.text) == (409, True)
        pages = [again, await visitor.get("/keys"), await visitor.get("/keys/add")]
        assert [page.url.path for page in pages if text in page.text] == []
        keys = await place.vault.api_keys.list()
        (key,) = [key for key in keys if key.name == "our shop"]
        assert (key.scopes, key.created_by, key.expires_at) == (("trigger", "read"), "tests", None)


async def test_a_key_is_good_until_its_last_day_is_over(place: Place) -> None:
    day = datetime.now(UTC).date() + timedelta(days=3)
    async with place.signed_in() as visitor:
        form = FORM | {"id": await form_id(visitor), "expires_at": day.isoformat()}
        assert (await visitor.post("/keys/add", data=form)).status_code == 201
    (key,) = [key for key in await place.vault.api_keys.list() if key.name == "our shop"]
    assert key.expires_at == datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": " "}, "name", "Name it with 1 to 100 characters"),
    ({"name": "a\tb"}, "name", "1 to 100 printable characters"),
    ({"scope-trigger": None, "scope-read": None}, "scopes", "Choose at least one scope"),
    ({"expires_at": "soon"}, "expires_at", "Choose a day"),
    ({"expires_at": "2020-01-01"}, "expires_at", "expires in the future"),
    ({"expires_at": "9999-12-31"}, "expires_at", "Choose a day"),
    ({"id": "mine"}, "id", "32 hexadecimal digits"),
]


@pytest.mark.parametrize(("change", "field", "says"), WRONG)
async def test_a_key_that_cannot_be_made_is_explained_at_its_field(
    place: Place, change: dict[str, Any], field: str, says: str
) -> None:
    async with place.signed_in() as visitor:
        form = FORM | {"id": await form_id(visitor), "name": "kept <b>"} | change
        answer = await visitor.post("/keys/add", data={name: value for name, value in form.items() if value})
    assert answer.status_code == 422
    (told,) = re.findall(rf'id="{field}-error">(.*)</p>', answer.text)
    assert says in told
    assert "name" in change or 'value="kept &lt;b&gt;"' in answer.text
    assert ('name="scope-read" checked' in answer.text) is ("scope-read" not in change)
    assert {key.name for key in await place.vault.api_keys.list()} == {"tests"}


async def test_the_list_tells_which_sessions_a_revocation_ends(place: Place) -> None:
    key, text = await place.vault.api_keys.create("laptop <i>", ["read"])
    async with place.signed_in() as visitor, place.browser() as laptop:
        await sign_in(laptop, text.reveal())
        page = (await visitor.get("/keys")).text
        assert "laptop &lt;i&gt;" in page
        assert "The one browser that it signed in is signed out." in page
        answer = await visitor.post(f"/keys/{key.id}/revoke")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/keys?revoked={key.id}")
        page = (await visitor.get(answer.headers["location"])).text
        assert "is revoked. What it had signed in is signed out." in page
        assert "Revoked and ended (1)" in page
        assert (await laptop.get("/connections")).headers["location"] == "/signin?next=%2Fconnections"
        assert "is revoked" not in (await visitor.get(f"/keys?revoked={place.key_id}")).text


async def test_who_revokes_the_key_of_this_browser_is_told_so(place: Place) -> None:
    async with place.signed_in() as visitor:
        assert "It signed in this browser, too" in (await visitor.get("/keys")).text
        await visitor.post(f"/keys/{place.key_id}/revoke")
        assert (await visitor.get("/keys")).headers["location"] == "/signin?next=%2Fkeys"
