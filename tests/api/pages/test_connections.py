from __future__ import annotations

import pytest

from api.handle_check import suggested
from api.pages.connections_view import tile_of
from tests.api.browsing import sign_in
from tests.api.conftest import Place
from vault import Account, Secret, Tokens
from vault.connection import Connection, ConnectionStatus

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def connect(
    place: Place, handle: str, *, workspace_name: str | None = None, workspace_icon: str | None = None
) -> Connection:
    account = Account(f"bot-{handle}", workspace_name=workspace_name, workspace_icon=workspace_icon)
    tokens = Tokens(Secret("ntn_1"), Secret("nrt_1"))
    return await place.vault.connections.save(handle, "notion", account, tokens)


async def test_the_empty_page_teaches_what_a_connection_is(place: Place) -> None:
    async with place.signed_in() as visitor:
        page = (await visitor.get("/connections")).text
    assert "No account is connected yet" in page
    assert "A connection is an account at a provider" in page
    assert 'api.notion("my-notion")' in page.replace("&#34;", '"')


async def test_a_connection_that_needs_somebody_stands_first_with_what_to_do(place: Place) -> None:
    for handle in ("a-first", "z-last"):
        await connect(place, handle, workspace_name="Corner Shop")
    await place.vault.connections.mark("z-last", ConnectionStatus.NEEDS_REAUTHORIZATION)
    async with place.signed_in() as visitor:
        page = (await visitor.get("/connections")).text
    assert page.index('id="name-z-last"') < page.index('id="name-a-first"')
    assert page.count("no longer takes its token") == 1
    assert "Press Reconnect, and choose the same account" in page


@pytest.mark.parametrize(
    ("handle", "told"),
    [
        ("free-one", "free-one is free"),
        ("taken", "Taken."),
        ("taken", 'href="/connections/add/notion?handle=taken-2"'),
        ("My Notion", "Use lowercase letters, numbers, and hyphens only"),
        ("My Notion", 'href="/connections/add/notion?handle=my-notion"'),
        ("<b>", "&#39;&lt;&#39;"),
    ],
)
async def test_a_handle_is_checked_while_it_is_typed(place: Place, handle: str, told: str) -> None:
    await connect(place, "taken")
    async with place.signed_in() as visitor:
        answer = await visitor.get("/connections/check-handle", params={"handle": handle, "provider": "notion"})
    assert answer.status_code == 200
    assert told in answer.text
    assert "<html" not in answer.text


async def test_an_empty_handle_is_not_complained_of(place: Place) -> None:
    async with place.signed_in() as visitor:
        assert (await visitor.get("/connections/check-handle?handle=")).text == ""
        assert (await visitor.get("/connections/check-handle?handle=a&provider=other")).status_code == 404


async def test_the_form_keeps_a_refused_handle_and_suggests_another(place: Place) -> None:
    async with place.signed_in() as visitor:
        answer = await visitor.post("/connections/add/notion", data={"handle": "Büro Notion"})
    assert answer.status_code == 422
    assert 'value="Büro Notion"' in answer.text
    assert 'href="/connections/add/notion?handle=buro-notion"' in answer.text


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("My Notion", "my-notion"), ("--A__b--", "a-b"), ("Café", "cafe"), ("日本", None), ("x" * 80, "x" * 63)],
)
async def test_a_suggestion_keeps_the_rule(typed: str, offered: str | None) -> None:
    assert suggested(typed) == offered


@pytest.mark.parametrize(
    ("icon", "name", "tile"),
    [
        ("🏪", "Corner Shop", "🏪"),
        ("👩‍🍳", "Corner Shop", "👩‍🍳"),
        ("https://img.test/a.png", "corner Shop", "C"),
        ("\u202e🏪", "Corner Shop", "C"),
        ("", "", "M"),
    ],
)
async def test_a_tile_is_an_emoji_or_a_letter(place: Place, icon: str, name: str, tile: str) -> None:
    connection = await connect(place, "my-notion", workspace_icon=icon, workspace_name=name)
    assert tile_of(connection) == tile
    async with place.signed_in() as visitor:
        page = await visitor.get("/connections")
    assert f'<span class="tile" aria-hidden="true">{tile}</span>' in page.text
    assert "img.test" not in page.text


async def test_delete_names_no_workflow_where_none_would_break(place: Place) -> None:
    await connect(place, "unused")
    async with place.signed_in() as visitor:
        page = await visitor.get("/connections")
    assert "code names this handle" in page.text
    assert "This breaks:" not in page.text


async def test_a_test_without_temporal_is_told_in_place(place: Place) -> None:
    await connect(place, "my-notion")
    async with place.signed_in() as visitor:
        part = await visitor.post("/connections/my-notion/test", headers={"HX-Request": "true"})
        page = await visitor.post("/connections/my-notion/test")
    assert (part.status_code, page.status_code) == (200, 503)
    assert "temporal-unavailable" in part.text
    assert 'id="facts-my-notion" hx-swap-oob="true"' in part.text
    assert "<html" not in part.text
    assert "<html" in page.text


async def test_a_card_leads_to_the_workflows_that_would_break(place: Place) -> None:
    await connect(place, "my-notion")
    async with place.signed_in() as visitor:
        page = (await visitor.get("/connections")).text
    used, _, broken = page.partition("This breaks:")
    assert '<a href="/workflows/Answering">Answering</a>' in used
    assert '<li><a href="/workflows/Answering">Answering</a></li>' in broken


async def test_a_page_offers_no_more_than_its_visitor_may_do(place: Place) -> None:
    await connect(place, "my-notion")
    _, key = await place.vault.api_keys.create("reader", ("read",))
    async with place.browser() as visitor:
        await sign_in(visitor, key.reveal())
        page = (await visitor.get("/connections")).text
        assert "/connections/my-notion/" not in page
        assert "Add Connection" not in page
        assert (await visitor.get("/connections/check-handle?handle=a")).status_code == 403
