from __future__ import annotations

import pytest

from tests.api.browsing import begin, consent
from tests.api.conftest import CANARY, Place
from vault import ConnectionStatus, Revocation

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_connection_is_listed_shown_and_deleted(place: Place) -> None:
    async with place.signed_in() as visitor:
        await visitor.get(await consent(place.notion, await begin(visitor)))
    async with place.program() as caller:
        (listed,) = (await caller.get("/api/v1/connections")).json()
        shown = await caller.get("/api/v1/connections/my-notion")
        assert shown.json() == listed
        assert (listed["handle"], listed["provider"], listed["status"]) == ("my-notion", "notion", "active")
        assert CANARY not in shown.text
        assert shown.headers["cache-control"] == "no-store"
        deleted = await caller.delete("/api/v1/connections/my-notion")
        assert (deleted.status_code, deleted.json()["handle"]) == (202, "my-notion")
        assert "A worker revokes it at Notion" in deleted.json()["next"]
        assert (await caller.delete("/api/v1/connections/my-notion")).json() == deleted.json()
        shown = (await caller.get("/api/v1/connections/my-notion")).json()
        assert (shown["status"], shown["deleting_at"]) == ("revoked", deleted.json()["deleting_at"])
        (begun,) = await place.vault.connections.deletions.begun()
        assert await place.vault.connections.deletions.finish(begun.id, Revocation.REVOKED)
        gone = await caller.get("/api/v1/connections/my-notion")
        assert (gone.status_code, gone.json()["type"]) == (404, "connection-unknown")
        assert (await caller.delete("/api/v1/connections/my-notion")).status_code == 404
        assert (await caller.get("/api/v1/connections")).json() == []


@pytest.mark.parametrize("handle", ["A", "a%0a", "%2e%2e", "a" * 5000, "%00"])
async def test_a_handle_that_cannot_be_is_unknown(place: Place, handle: str) -> None:
    async with place.program() as caller:
        answer = await caller.get(f"/api/v1/connections/{handle}")
    assert answer.status_code == 404
    assert len(answer.text) < 400


async def test_a_connection_that_needs_consent_says_so(place: Place) -> None:
    async with place.signed_in() as visitor:
        await visitor.get(await consent(place.notion, await begin(visitor)))
        await place.vault.connections.mark("my-notion", ConnectionStatus.NEEDS_REAUTHORIZATION)
        page = await visitor.get("/connections")
        assert "needs reauthorization" in page.text
        assert 'href="/connections/my-notion/reconnect"' in page.text
        assert "my-notion" in (await visitor.get("/connections/my-notion/reconnect")).text
        form = await visitor.get("/connections/add/notion?handle=my-notion")
        assert 'value="my-notion"' in form.text
