from __future__ import annotations

import re

import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATABASE_ID
from tests.local.application import ASKED, CALLBACK, Application


async def test_the_consent_page_names_the_workspace_and_what_can_be_shared(application: Application) -> None:
    page = await application.http.get("/v1/oauth/authorize", params=ASKED)
    assert page.status_code == 200
    assert "Corner Shop" in page.text
    for id in (HOME_PAGE_ID, ORDERS_DATABASE_ID):
        assert re.search(rf'type="checkbox" name="share" value="{id}" checked', page.text)
    assert ">Allow</button>" in page.text
    assert ">Cancel</button>" in page.text


async def test_the_consent_page_escapes_what_it_repeats(application: Application) -> None:
    page = await application.http.get("/v1/oauth/authorize", params={**ASKED, "state": '"><script>'})
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", None),
        ("client_id", "another"),
        ("redirect_uri", None),
        ("redirect_uri", "http://elsewhere.test/callback"),
        ("redirect_uri", CALLBACK + "/more"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "http://[broken"),
        ("response_type", "token"),
        ("response_type", None),
        ("owner", "workspace"),
        ("owner", None),
    ],
)
async def test_a_wrong_request_for_consent_shows_an_error_and_leads_nowhere(
    application: Application, name: str, value: str | None
) -> None:
    asked = {key: each for key, each in {**ASKED, name: value}.items() if each is not None}
    shown = await application.http.get("/v1/oauth/authorize", params=asked)
    sent = await application.http.post("/v1/oauth/authorize", data={**asked, "action": "allow"})
    for response in (shown, sent):
        assert response.status_code == 400
        assert response.headers["content-type"].startswith("text/html")
        assert "location" not in response.headers


async def test_allowing_brings_a_code_and_the_state(application: Application) -> None:
    answer = await application.decide("allow")
    assert set(answer) == {"code", "state"}
    assert answer["state"] == ["s-1"]


async def test_cancelling_brings_access_denied_and_the_state(application: Application) -> None:
    assert await application.decide("cancel") == {"error": ["access_denied"], "state": ["s-1"]}
