from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/connections",
        "/connections/add",
        "/connections/add/notion",
        "/runs",
        "/runs/echo/1",
        "/schedules",
        "/variables/set",
        "/keys/add",
    ],
)
async def test_a_page_sends_a_stranger_to_sign_in_and_back(place: Place, path: str) -> None:
    async with place.browser() as visitor:
        sent = await visitor.get(path)
        assert (sent.status_code, sent.headers["location"].partition("?")[0]) == (303, "/signin")
        form = await visitor.get(sent.headers["location"])
        assert f'name="next" value="{path}"' in form.text
        answer = await visitor.post("/signin", data={"key": f" {place.key}\n", "next": path})
        assert answer.headers["location"] == path


@pytest.mark.parametrize(
    "next",
    [
        "//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "/connections\r\nX: y",
        "/runs//evil.test",
        "/runs/x?y", "/signout", "/connections/add/notion/..", "", "connections",
        "/oauth/callback/notion", "/runs\n", "/%0a",
    ],
)  # fmt: skip
async def test_the_way_back_is_one_of_our_pages(place: Place, next: str) -> None:
    async with place.browser() as visitor:
        form = await visitor.get("/signin", params={"next": next})
        assert 'name="next" value="/"' in form.text
        answer = await visitor.post("/signin", data={"key": place.key, "next": next})
        assert answer.headers["location"] == "/"
        again = await visitor.get("/signin", params={"next": next})
        assert (again.status_code, again.headers["location"]) == (303, "/")


@pytest.mark.parametrize("key", ["", "steps_", "steps_" + "A" * 43, "x" * 5000, "steps_\u00e9"])
async def test_a_wrong_key_is_refused_and_not_repeated(place: Place, key: str) -> None:
    async with place.browser() as visitor:
        answer = await visitor.post("/signin", data={"key": key})
        assert answer.status_code == 401
        assert "This API key is not valid" in answer.text
        assert len(key) < 10 or key not in answer.text
        assert "set-cookie" not in answer.headers


async def test_a_form_of_another_kind_is_refused(place: Place) -> None:
    async with place.browser(Accept="application/json") as visitor:
        assert (await visitor.post("/signin", json={"key": place.key})).status_code == 415
        many = {f"field{number}": "x" for number in range(30)}
        assert (await visitor.post("/signin", data=many)).status_code == 400


async def test_a_link_signs_in_once(place: Place) -> None:
    code = (await place.vault.one_time.put("signin", {"key_id": place.key_id}, ttl=timedelta(minutes=5))).reveal()
    async with place.browser() as visitor, place.browser() as later:
        for _ in range(2):  # a scanner, a preview
            page = await visitor.get(f"/signin/{code}")
            assert (page.status_code, "set-cookie" in page.headers) == (200, False)
        answer = await visitor.post(f"/signin/{code}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await visitor.get("/connections")).status_code == 200
        refused = await later.post(f"/signin/{code}")
        assert refused.status_code == 400
        assert "no longer good" in refused.text
        assert (await later.get("/connections")).status_code == 303


async def test_an_old_link_is_refused(place: Place) -> None:
    code = (await place.vault.one_time.put("signin", {"key_id": place.key_id}, ttl=timedelta(0))).reveal()
    async with place.browser() as visitor:
        assert (await visitor.post(f"/signin/{code}")).status_code == 400


async def test_signing_out_ends_the_session_itself(place: Place) -> None:
    async with place.signed_in() as visitor, place.browser() as thief:
        thief.cookies.update(visitor.cookies)
        assert (await thief.get("/connections")).status_code == 200
        assert (await visitor.post("/signout")).headers["location"] == "/signin"
        assert "steps_session" not in visitor.cookies
        assert (await thief.get("/connections")).status_code == 303


async def test_signing_in_again_ends_the_session_before(place: Place) -> None:
    async with place.signed_in() as visitor, place.browser() as thief:
        thief.cookies.update(visitor.cookies)
        await visitor.post("/signin", data={"key": place.key})
        assert (await thief.get("/connections")).status_code == 303
        assert (await visitor.get("/connections")).status_code == 200


async def test_a_revoked_key_ends_its_sessions(place: Place) -> None:
    async with place.signed_in() as visitor:
        await place.vault.api_keys.revoke(place.key_id)
        assert (await visitor.get("/connections")).status_code == 303


async def test_the_session_opens_the_api_and_a_wrong_header_closes_it(place: Place) -> None:
    async with place.signed_in() as visitor:
        assert (await visitor.get("/api/v1/connections")).status_code == 200
        for header in ("Bearer wrong", "Basic eDp5", "", place.key):
            answer = await visitor.get("/api/v1/connections", headers={"Authorization": header})
            assert (answer.status_code, answer.json()["type"]) == (401, "authentication-required"), header
