from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode

import pytest

from api import connect
from settings import Settings
from tests.api.browsing import CALLBACK, NOTION_URL, begin, come_back, consent, one, query_of
from tests.api.conftest import CANARY, Place
from vault import AccountAlreadyConnected

pytestmark = pytest.mark.asyncio(loop_scope="session")
RULE = "Use lowercase letters, numbers, and hyphens only"
BAD_HANDLES = [
    "", " ", "a\n", "\na", "a\r", "a\r\n", "a\t", "a b", " a", "a ", "A", "My-Notion", "my_notion", "my.notion",
    "my/notion",
    "../a", "a%2f", "a?b", "a#b", "a&b", "a=b", "a;b", "a'b", 'a"b', "<a>", "a\\b", "a\x00", "a\u200b",
    "\u0430", "\u00e4", "\u0391",
    "\u0661", "\uff41", "a\u0301", "\u2010", "a\u2028", "\U0001f600", "a" * 64, "a" * 5000, "{{7*7}}", "\u212a", "\x7f",
]  # fmt: skip


async def test_the_whole_way(place: Place) -> None:
    async with place.signed_in() as visitor:
        empty = await visitor.get("/connections")
        assert "<h1>OAuth Connections</h1>" in empty.text
        assert "No account is connected yet" in empty.text
        assert 'href="/connections/add"' in empty.text
        assert 'href="/connections/add/notion"' in (await visitor.get("/connections/add")).text
        assert RULE in (await visitor.get("/connections/add/notion")).text

        address = await begin(visitor)
        assert address.startswith(f"{NOTION_URL}/v1/oauth/authorize?")
        sent = query_of(address)
        assert sent.pop("state")
        assert sent == {
            "client_id": "local-client",
            "redirect_uri": "http://steps.test/oauth/callback/notion",
            "response_type": "code",
            "owner": "user",
        }
        answer = await come_back(visitor, await consent(place.notion, address))
        assert (answer.status_code, answer.headers["location"]) == (303, "/connections?connected=my-notion")
        page = await visitor.get(answer.headers["location"])
        assert "<strong>my-notion</strong> is connected" in page.text
        assert "steps_oauth" not in "".join(visitor.cookies)

    (request,) = place.sent.requests
    assert request.headers["notion-version"]
    assert request.headers["authorization"].startswith("Basic ")
    assert request.headers["content-type"] == "application/json"
    opened = await place.vault.connections.open("my-notion")
    assert opened.tokens.access.reveal().startswith(CANARY)
    assert opened.connection.account.workspace_name


@pytest.mark.parametrize("handle", BAD_HANDLES)
async def test_a_bad_handle_is_refused_with_the_rule(place: Place, handle: str) -> None:
    assert len(BAD_HANDLES) >= 40
    async with place.signed_in() as visitor:
        answer = await visitor.post("/connections/add/notion", data={"handle": handle})
    assert answer.status_code == 422
    assert html.escape(f"{RULE}; the handle ") in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_the_form_may_lead_to_the_provider_and_nothing_else_does(place: Place) -> None:
    async with place.signed_in() as visitor:
        form = await visitor.get("/connections/add/notion")
        other = await visitor.get("/connections")
    # Browsers hold the redirect after a form to this list.
    assert f"form-action 'self' https: {NOTION_URL};" in form.headers["content-security-policy"]
    assert "form-action 'self';" in other.headers["content-security-policy"]


@pytest.mark.parametrize("stranger", ["anonymous", "another session", "same session, other browser"])
async def test_another_browser_cannot_finish_and_the_first_still_can(place: Place, stranger: str) -> None:
    async with place.signed_in() as first, place.signed_in() as second, place.browser() as anonymous:
        back = await consent(place.notion, await begin(first))
        if stranger == "same session, other browser":
            second.cookies.clear()
            second.cookies.set("steps_session", first.cookies["steps_session"], domain="steps.test")
        refused = await come_back(anonymous if stranger == "anonymous" else second, back)
        assert refused.status_code == 403
        assert "Another browser began this connection" in refused.text
        assert place.sent.requests == []
        assert await place.vault.connections.list() == []
        assert (await come_back(first, back)).status_code == 303
        assert len(place.sent.requests) == 1


async def test_signing_in_anew_in_between_is_another_session(place: Place) -> None:
    async with place.signed_in() as visitor:
        back = await consent(place.notion, await begin(visitor))
        await visitor.post("/signin", data={"key": place.key})
        assert (await come_back(visitor, back)).status_code == 403
    assert place.sent.requests == []


async def test_states_that_are_no_good(place: Place) -> None:
    async with place.signed_in() as visitor:
        with patch.object(connect, "STATE_TTL", timedelta(0)):
            expired = one(await begin(visitor), "state")
        back = await consent(place.notion, await begin(visitor))
        used = one(back, "state")
        assert (await come_back(visitor, back)).status_code == 303
        place.sent.requests.clear()
        for query in (
            "",
            "state=",
            f"state={'A' * 43}",
            f"state={expired}",
            f"state={used}",
            "state=%00%ff",
            "state=\u00e9",
        ):
            answer = await come_back(visitor, f"{CALLBACK}?code=abc&{query}")
            assert answer.status_code == 400, query
            assert "no longer good" in answer.text
            assert "tart again" in answer.text
        async with place.browser() as stranger:
            assert (await come_back(stranger, f"{CALLBACK}?code=abc")).status_code == 400
    assert place.sent.requests == []


async def test_of_twenty_replays_one_succeeds(place: Place) -> None:
    async with place.signed_in() as visitor:
        back = await consent(place.notion, await begin(visitor))
        answers = await asyncio.gather(*(visitor.get(back) for _ in range(20)))
    assert sorted(answer.headers["location"] for answer in answers) == [
        "/connections?connected=my-notion",
        *["/oauth/outcome"] * 19,
    ]
    assert len(place.sent.requests) == 1


async def test_two_tabs_do_not_disturb_each_other(place: Place) -> None:
    async with place.signed_in() as visitor:
        one_tab, other_tab = await begin(visitor, "first"), await begin(visitor, "second")
        back = await consent(place.notion, one_tab, user="Ada")
        assert (await come_back(visitor, back)).headers["location"] == "/connections?connected=first"
        back = await consent(place.notion, other_tab, user="Bob")
        assert (await come_back(visitor, back)).headers["location"] == "/connections?connected=second"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test"},
        {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"},
        {"Forwarded": "host=evil.test;proto=https"},
        {"Host": "steps.test@evil.test"},
    ],
)
async def test_no_header_changes_where_the_provider_sends_back(place: Place, headers: dict[str, str]) -> None:
    async with place.signed_in() as visitor:
        answer = await visitor.post("/connections/add/notion", data={"handle": "my-notion"}, headers=headers)
    assert one(answer.headers["location"], "redirect_uri") == "http://steps.test/oauth/callback/notion"


async def test_cancelling_at_the_provider_is_told_kindly(place: Place) -> None:
    async with place.signed_in() as visitor:
        answer = await come_back(visitor, await consent(place.notion, await begin(visitor), action="cancel"))
        assert answer.status_code == 200
        assert "You cancelled at Notion" in answer.text
        assert 'href="/connections/add/notion?handle=my-notion"' in answer.text
    assert place.sent.requests == []


async def test_other_errors_of_the_provider_are_shown_harmless(place: Place) -> None:
    async with place.signed_in() as visitor:
        state = one(await begin(visitor), "state")
        error = "<script>\n" + "x" * 5000
        answer = await come_back(visitor, f"{CALLBACK}?{urlencode({'state': state, 'error': error})}")
        assert "&lt;script&gt; xxx" in answer.text
        assert "x" * 300 not in answer.text
        assert (
            await come_back(visitor, f"{CALLBACK}?{urlencode({'state': state, 'error': error})}")
        ).status_code == 400


async def test_a_handle_of_another_account_is_refused_at_the_end(place: Place) -> None:
    async with place.signed_in() as visitor:
        await come_back(visitor, await consent(place.notion, await begin(visitor), user="Ada"))
        answer = await come_back(visitor, await consent(place.notion, await begin(visitor), user="Bob"))
        assert answer.status_code == 409
        assert "The handle &#34;my-notion&#34; belongs to another account" in answer.text
        assert len(await place.vault.connections.list()) == 1


async def test_an_account_keeps_its_handle(place: Place) -> None:
    async with place.signed_in() as visitor:
        await come_back(visitor, await consent(place.notion, await begin(visitor)))
        answer = await come_back(visitor, await consent(place.notion, await begin(visitor, "other")))
        assert answer.status_code == 409
        assert AccountAlreadyConnected.type in answer.text
        again = await come_back(visitor, await consent(place.notion, await begin(visitor)))
        assert again.headers["location"] == "/connections?connected=my-notion"


async def test_names_from_the_provider_are_only_text(place: Place) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e" + "n" * 400
    async with place.signed_in() as visitor:
        await come_back(visitor, await consent(place.notion, await begin(visitor), workspace=hostile))
        page = await visitor.get("/connections?connected=<b>nobody</b>")
    assert "<img src=x" not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text
    assert "n" * 300 not in page.text
    assert "nobody" not in page.text


async def test_without_a_registration_the_page_says_how(make_place: Callable[..., Place], settings: Settings) -> None:
    place = make_place(settings.model_copy(update={"notion_client_secret": None}))
    async with place.signed_in() as visitor:
        for answer in (
            await visitor.get("/connections/add/notion"),
            await visitor.post("/connections/add/notion", data={"handle": "my-notion"}),
        ):
            assert answer.status_code == 503
            assert "STEPS_NOTION_CLIENT_ID and STEPS_NOTION_CLIENT_SECRET" in answer.text
            assert "http://steps.test/oauth/callback/notion" in answer.text


async def test_an_unknown_provider_is_not_found(place: Place) -> None:
    async with place.signed_in() as visitor:
        assert (await visitor.get("/connections/add/other")).status_code == 404
        assert (await come_back(visitor, "/oauth/callback/other?state=x&code=y")).status_code == 404
