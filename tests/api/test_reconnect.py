"""Reconnecting one connection: the same account or none."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from tests.api.browsing import begin, come_back, consent, query_of
from tests.api.conftest import CANARY, Place
from tests.vault.deleting import delete
from vault import ConnectionStatus

pytestmark = pytest.mark.asyncio(loop_scope="session")
REVOKE = "/v1/oauth/revoke"


async def connect(place: Place, visitor: httpx.AsyncClient, handle: str = "my-notion", **who: str) -> None:
    answer = await come_back(visitor, await consent(place.notion, await begin(visitor, handle), **who))
    assert answer.status_code == 303, answer.text


async def reconnect(place: Place, visitor: httpx.AsyncClient, handle: str = "my-notion", **who: str) -> str:
    """Press Reconnect, then the button that leads to the provider, and Allow there; return the way back."""
    page = await visitor.get("/connections")
    assert f'href="/connections/{handle}/reconnect"' in page.text
    form = await visitor.get(f"/connections/{handle}/reconnect")
    assert f'action="/connections/{handle}/reconnect"' in form.text
    answer = await visitor.post(f"/connections/{handle}/reconnect")
    assert answer.status_code == 303, answer.text
    return await consent(place.notion, answer.headers["location"], **who)


def shown(answer: httpx.Response) -> str:
    return html.unescape(re.sub(r"\s+", " ", answer.text))


def revocations(place: Place) -> int:
    return sum(request.url.path == REVOKE for request in place.sent.requests)


async def test_the_same_account_renews_the_connection_in_place(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        before = await place.vault.connections.open("my-notion")
        await place.vault.connections.mark("my-notion", ConnectionStatus.NEEDS_REAUTHORIZATION)
        answer = await come_back(visitor, await reconnect(place, visitor))
        assert answer.headers["location"] == "/connections?connected=my-notion"
    after = await place.vault.connections.open("my-notion")
    assert after.connection.id == before.connection.id
    assert after.connection.status is ConnectionStatus.ACTIVE
    assert after.tokens.access.reveal() != before.tokens.access.reveal()
    assert revocations(place) == 0


async def test_the_page_says_which_account_to_choose_and_may_lead_to_the_provider(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor, workspace="<b>Shop</b>")
        form = await visitor.get("/connections/my-notion/reconnect")
    assert "&lt;b&gt;Shop&lt;/b&gt;" in form.text
    assert "form-action 'self' https: http://127.0.0.1:9899;" in form.headers["content-security-policy"]


async def test_another_account_is_refused_with_both_workspaces_and_its_authorization_revoked(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        before = await place.vault.connections.open("my-notion")
        workspace = '<img src=x onerror=alert(1)>"'
        answer = await come_back(visitor, await reconnect(place, visitor, user="Eve", workspace=workspace))
    assert answer.status_code == 409
    assert "<img src=x" not in answer.text
    assert "account-differs" in answer.text
    assert f'the workspace "{before.connection.account.workspace_name}"' in shown(answer)
    assert f'the workspace "{workspace}"' in shown(answer)
    assert "The new authorization has been revoked at Notion." in shown(answer)
    assert CANARY not in answer.text
    after = await place.vault.connections.open("my-notion")
    assert (after.version, len(await place.vault.connections.list())) == (before.version, 1)
    grants = place.notion.workspace.grants
    assert grants.find(before.tokens.access.reveal())
    assert grants.revoke_all() == 1, "the other account's is gone, this one's is not"


async def test_another_account_that_is_connected_keeps_its_authorization(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        await connect(place, visitor, "eves", user="Eve")
        answer = await come_back(visitor, await reconnect(place, visitor, user="Eve"))
    assert answer.status_code == 409
    assert 'That account is connected as "eves", which has been renewed instead.' in shown(answer)
    assert revocations(place) == 0
    eves = await place.vault.connections.open("eves")
    assert eves.version == 2
    assert place.notion.workspace.grants.find(eves.tokens.access.reveal())
    assert (await place.vault.connections.open("my-notion")).version == 1


async def test_one_that_was_deleted_meanwhile_is_not_made_again(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        back = await reconnect(place, visitor)
        await delete(place.vault, "my-notion")
        answer = await come_back(visitor, back)
        assert answer.status_code == 404
        assert '"my-notion" was deleted meanwhile' in shown(answer)
        assert "revoked at Notion" in shown(answer)
        assert await place.vault.connections.list() == []


async def test_one_that_is_being_deleted_is_neither_reconnected_nor_added(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        back = await reconnect(place, visitor)
        added = await consent(place.notion, await begin(visitor))
        await visitor.post("/connections/my-notion/delete")
        for answer in (
            await come_back(visitor, back),
            await come_back(visitor, added),
            await visitor.get("/connections/my-notion/reconnect"),
            await visitor.post("/connections/my-notion/reconnect"),
        ):
            assert answer.status_code == 409
            assert "is being deleted" in shown(answer)
        (connection,) = await place.vault.connections.list()
        assert connection.status is ConnectionStatus.REVOKED


async def test_a_provider_that_does_not_take_it_back_is_told_of(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        back = await reconnect(place, visitor, user="Eve")
        inner = place.sent.inner

        class Broken(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                if request.url.path == REVOKE:
                    raise httpx.ConnectError(f"cut, with {request.content!r}")
                return await inner.handle_async_request(request)

        place.sent.inner = Broken()
        answer = await come_back(visitor, back)
    assert answer.status_code == 409
    assert "could not be revoked: it stays at Notion until you remove it there." in shown(answer)


async def test_a_state_for_one_connection_is_good_for_no_other(place: Place) -> None:
    """What is brought back goes to the connection that the state names, whatever has its handle by then."""
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        back = await reconnect(place, visitor)
        await delete(place.vault, "my-notion")
        page = await visitor.post("/connections/add/notion", data={"handle": "my-notion", "reuse": "my-notion"})
        other = await consent(place.notion, page.headers["location"], user="Eve")
        assert (await visitor.get(other)).status_code == 303
        assert (await come_back(visitor, back)).status_code == 404
    opened = await place.vault.connections.open("my-notion")
    assert (opened.version, opened.connection.account.id) == (1, opened.connection.account.id)
    assert len(await place.vault.connections.list()) == 1


async def test_another_browser_cannot_finish_a_reconnection(place: Place) -> None:
    async with place.signed_in() as first, place.signed_in() as second:
        await connect(place, first)
        back = await reconnect(place, first)
        place.sent.requests.clear()
        assert (await come_back(second, back)).status_code == 403
        assert place.sent.requests == []
        assert (await come_back(first, back)).status_code == 303


async def test_nobody_reconnects_tests_or_deletes_without_signing_in_or_from_another_site(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor)
        for action in ("reconnect", "test", "delete"):
            path = f"/connections/my-notion/{action}"
            foreign = await visitor.post(path, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"})
            assert foreign.status_code == 403
            async with place.browser() as stranger:
                answer = await stranger.post(path)
                assert answer.headers["location"].startswith("/signin")
    assert (await place.vault.connections.get("my-notion")).status is ConnectionStatus.ACTIVE


async def test_a_connection_may_have_the_handle_add(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor, "add")
        answer = await visitor.post("/connections/add/reconnect")
        assert query_of(answer.headers["location"])["client_id"] == "local-client"


async def test_a_handle_of_a_deleted_connection_is_taken_again_by_a_second_press_alone(place: Place) -> None:
    async with place.signed_in() as visitor:
        await connect(place, visitor, workspace="<i>Old</i> shop")
        await delete(place.vault, "my-notion")
        told = await visitor.post("/connections/add/notion", data={"handle": "my-notion"})
        assert told.status_code == 200
        assert "&lt;i&gt;Old&lt;/i&gt; shop" in told.text
        assert "was deleted on" in told.text
        assert 'name="reuse" value="my-notion"' in told.text
        for reuse, status in {"": 200, "other": 200, "my-notion": 303}.items():
            answer = await visitor.post("/connections/add/notion", data={"handle": "my-notion", "reuse": reuse})
            assert answer.status_code == status
        assert (await visitor.post("/connections/add/notion", data={"handle": "fresh"})).status_code == 303
