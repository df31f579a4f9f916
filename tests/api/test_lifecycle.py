"""Testing and deleting connections, with a worker that really calls the provider."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from api import trying
from tests.api.conftest import CANARY
from tests.api.lifecycle import Deployment
from tests.conftest import eventually
from vault import Account, ConnectionStatus, Secret, Tokens

pytestmark = pytest.mark.asyncio(loop_scope="session")
ME, REVOKE = "/v1/users/me", "/v1/oauth/revoke"
ADDRESS = "/api/v1/connections/my-notion"


async def gone(deployment: Deployment, handle: str = "my-notion") -> bool:
    return all(item.handle != handle for item in await deployment.vault.connections.list())


async def test_a_test_calls_the_provider_and_notes_that_it_went_well(deployment: Deployment) -> None:
    await deployment.connect(workspace="<b>Shop</b>")
    async with deployment.working(), deployment.place.program() as caller:
        answer = await caller.post(f"{ADDRESS}/test")
        assert answer.status_code == 200
        told = answer.json()
        assert (told["ok"], told["problem"], told["message"]) == (True, None, None)
        assert told["connection"]["workspace_name"] == "<b>Shop</b>"
        assert told["connection"]["verified_at"] is not None
        assert CANARY not in answer.text
        assert deployment.asked(ME) == 1
        async with deployment.place.signed_in() as visitor:
            page = await visitor.post("/connections/my-notion/test")
        assert "<strong>my-notion</strong> works" in page.text
        assert "&lt;b&gt;Shop&lt;/b&gt;" in page.text
        assert CANARY not in page.text


async def test_a_test_refreshes_a_retired_token_as_a_run_would(deployment: Deployment) -> None:
    await deployment.connect()
    deployment.place.notion.workspace.grants.expire()
    async with deployment.working(), deployment.place.program() as caller:
        assert (await caller.post(f"{ADDRESS}/test")).json()["ok"]
    assert (await deployment.vault.connections.open("my-notion")).version == 2


async def test_a_test_marks_a_connection_that_has_lost_its_authorization(deployment: Deployment) -> None:
    await deployment.connect()
    deployment.place.notion.workspace.grants.revoke_all()
    async with deployment.working(), deployment.place.program() as caller:
        told = (await caller.post(f"{ADDRESS}/test")).json()
        again = (await caller.post(f"{ADDRESS}/test")).json()
    for answer in (told, again):
        assert (answer["ok"], answer["problem"]) == (False, "connection-needs-reauthorization")
        assert "Reconnect" in answer["message"]
        assert answer["connection"]["status"] == "needs_reauthorization"


@pytest.mark.parametrize(("kind", "says"), [("unavailable", "503"), ("cut_before", "broke off")])
async def test_a_test_tells_that_the_provider_is_out_of_order(
    deployment: Deployment,
    kind: str,
    says: str,
) -> None:
    await deployment.connect()
    await deployment.fault(ME, kind)
    async with deployment.working(), deployment.place.program() as caller:
        told = (await caller.post(f"{ADDRESS}/test")).json()
    assert (told["ok"], told["problem"], told["connection"]["status"]) == (False, "fetch-failed", "active")
    assert says in told["message"]


async def test_without_a_worker_a_test_ends_in_time_and_leaves_nothing(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trying, "LONGEST_SECONDS", 1.0)
    await deployment.connect()
    began = time.monotonic()
    async with deployment.place.program() as caller:
        answer = await caller.post(f"{ADDRESS}/test")
    assert (answer.status_code, answer.json()["type"]) == (503, "worker-unavailable")
    assert "python worker.py" in answer.json()["detail"]
    assert time.monotonic() - began < 30

    async def none_left() -> bool:
        query = f"TaskQueue = '{deployment.place.settings.task_queue}' AND ExecutionStatus = 'Running'"
        return (await deployment.client.count_workflows(query)).count == 0

    await eventually(none_left)


async def test_of_an_unknown_connection_nothing_is_tested(deployment: Deployment) -> None:
    async with deployment.place.program() as caller:
        assert (await caller.post(f"{ADDRESS}/test")).status_code == 404


async def test_a_deleted_connection_is_revoked_at_the_provider_and_then_gone(deployment: Deployment) -> None:
    await deployment.connect()
    assert await deployment.live() == 1
    async with deployment.working(), deployment.place.signed_in() as visitor:
        answer = await visitor.post("/connections/my-notion/delete")
        assert answer.headers["location"] == "/connections?deleted=my-notion"
        await eventually(lambda: gone(deployment))
        page = await visitor.get("/connections?deleted=my-notion")
    assert "Its authorization is revoked at Notion." in page.text
    assert await deployment.live() == 0


async def test_without_a_worker_nothing_uses_it_and_it_is_revoked_when_one_runs(deployment: Deployment) -> None:
    await deployment.connect()
    async with deployment.place.program() as caller, deployment.place.signed_in() as visitor:
        assert (await caller.delete(ADDRESS)).status_code == 202
        assert (await caller.get(ADDRESS)).json()["status"] == "revoked"
        assert "is being deleted" in (await visitor.get("/connections?deleted=my-notion")).text
    assert await deployment.live() == 1
    async with deployment.working():
        await eventually(lambda: gone(deployment))
    assert await deployment.live() == 0


async def test_a_provider_that_is_out_of_order_is_asked_again(deployment: Deployment) -> None:
    await deployment.connect()
    await deployment.fault(REVOKE, "unavailable", times=2)
    async with deployment.working(), deployment.place.program() as caller:
        await caller.delete(ADDRESS)
        await eventually(lambda: gone(deployment))
    left = await deployment.vault.connections.deletions.last("my-notion")
    assert left is not None
    assert (left.revocation, await deployment.live()) == ("revoked", 0)


async def test_a_worker_that_dies_over_a_deletion_is_followed_by_another(deployment: Deployment) -> None:
    await deployment.connect()
    await deployment.fault(REVOKE, "unavailable", times=2)
    async with deployment.place.program() as caller:
        async with deployment.working():
            await caller.delete(ADDRESS)

            async def asked() -> bool:
                return deployment.asked(REVOKE) > 0

            await eventually(asked)
        assert not await gone(deployment)
        async with deployment.working():
            await eventually(lambda: gone(deployment))
    assert await deployment.live() == 0


async def test_what_the_provider_has_ended_already_is_deleted_all_the_same(deployment: Deployment) -> None:
    await deployment.connect()
    deployment.place.notion.workspace.grants.revoke_all()
    async with deployment.working(), deployment.place.program() as caller:
        await asyncio.gather(*(caller.delete(ADDRESS) for _ in range(5)))
        await eventually(lambda: gone(deployment))


async def test_a_refusal_is_shown_with_what_is_left_to_do(deployment: Deployment) -> None:
    await deployment.connect()
    deployment.place.notion.workspace.client_secret = "another"
    async with deployment.working(), deployment.place.signed_in() as visitor:
        await visitor.post("/connections/my-notion/delete")
        await eventually(lambda: gone(deployment))
        page = await visitor.get("/connections?deleted=my-notion")
    assert (
        "Notion refused to revoke its authorization: remove the connection in Notion\u2019s settings, too." in page.text
    )


async def test_a_connection_whose_tokens_do_not_open_can_be_deleted(deployment: Deployment) -> None:
    pair = Tokens(Secret("ntn_other"), None)
    await deployment.vault.connections.save("odd", "elsewhere", Account("bot"), pair)
    async with deployment.working(), deployment.place.signed_in() as visitor:
        await visitor.post("/connections/odd/delete")
        await eventually(lambda: gone(deployment, "odd"))
        page = await visitor.get("/connections?deleted=odd")
    assert "could not be revoked from here" in page.text


async def test_a_deletion_waits_for_a_refresh_and_revokes_what_it_brings(deployment: Deployment) -> None:
    await deployment.connect()
    connections = deployment.vault.connections
    opened = await connections.open("my-notion")
    refresh = opened.tokens.refresh
    assert refresh is not None
    assert await connections.refreshes.begin("my-notion", version=1, lease=timedelta(minutes=1))
    async with deployment.working(), deployment.place.program() as caller:
        await caller.delete(ADDRESS)

        async def under_way() -> bool:
            query = f"TaskQueue = '{deployment.place.settings.task_queue}' AND ExecutionStatus = 'Running'"
            return (await deployment.client.count_workflows(query)).count > 0

        await eventually(under_way)
        grant = deployment.place.notion.workspace.grants.refresh(refresh.reveal())
        fresh = Tokens(Secret(grant.access_token), Secret(grant.refresh_token))
        assert await connections.replace_tokens("my-notion", version=1, tokens=fresh)
        await eventually(lambda: gone(deployment))
    assert await deployment.live() == 0


async def test_what_is_left_in_temporal_holds_no_token(deployment: Deployment) -> None:
    await deployment.connect()
    tokens = (await deployment.vault.connections.open("my-notion")).tokens
    refresh = tokens.refresh
    assert refresh is not None
    async with deployment.working(), deployment.place.program() as caller:
        await deployment.fault(ME, "cut_after", times=1)
        await caller.post(f"{ADDRESS}/test")
        await caller.post(f"{ADDRESS}/test")
        await deployment.fault(REVOKE, "internal", times=1)
        await caller.delete(ADDRESS)
        await eventually(lambda: gone(deployment))

        async def listed() -> bool:
            query = f"TaskQueue = '{deployment.place.settings.task_queue}' AND ExecutionStatus = 'Completed'"
            found = [one async for one in deployment.client.list_workflows(query)]
            for one in found:
                history = await deployment.client.get_workflow_handle(one.id).fetch_history()
                text = history.to_json()
                assert tokens.access.reveal() not in text
                assert refresh.reveal() not in text
                assert "local-secret" not in text
            return {one.workflow_type for one in found} == {"steps.connection.test", "steps.connection.delete"}

        await eventually(listed)


async def test_while_it_is_being_deleted_a_test_says_so(deployment: Deployment) -> None:
    await deployment.connect()
    begun = await deployment.vault.connections.deletions.begin("my-notion")
    assert begun.status is ConnectionStatus.REVOKED
    await deployment.fault(REVOKE, "unavailable")
    async with deployment.working(), deployment.place.program() as caller:
        told = (await caller.post(f"{ADDRESS}/test")).json()
    assert (told["ok"], told["problem"]) == (False, "connection-not-found")
    assert "is being deleted" in told["message"]
    assert deployment.asked(ME) == 0
