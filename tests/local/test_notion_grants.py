from __future__ import annotations

from local.notion import HOME_PAGE_ID, ORDERS_DATABASE_ID, Workspace
from tests.local.application import BASIC, Application, refused


async def test_a_refresh_rotates_both_tokens_and_ends_the_older_ones(application: Application) -> None:
    grant = await application.connect()
    fresh = (await application.refresh(grant["refresh_token"])).json()
    assert fresh["bot_id"] == grant["bot_id"]
    assert fresh["access_token"] != grant["access_token"]
    assert fresh["refresh_token"] != grant["refresh_token"]
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    assert (await application.get("/v1/users/me", fresh["access_token"])).status_code == 200
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")
    assert (await application.refresh(fresh["refresh_token"])).status_code == 200


async def test_a_replayed_refresh_token_can_end_the_grant() -> None:
    application = Application(Workspace(replay_revokes=True))
    grant = await application.connect()
    fresh = (await application.refresh(grant["refresh_token"])).json()
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")
    assert (await application.get("/v1/users/me", fresh["access_token"])).status_code == 401
    await refused(await application.refresh(fresh["refresh_token"]), "invalid_grant")


async def test_connecting_again_mints_a_fresh_pair_for_the_same_bot(application: Application) -> None:
    first, second = await application.connect(), await application.connect()
    assert first["bot_id"] == second["bot_id"]
    assert first["access_token"] != second["access_token"]
    await refused(await application.refresh(first["refresh_token"]), "invalid_grant")
    assert (await application.refresh(second["refresh_token"])).status_code == 200


async def test_another_person_has_another_bot_in_the_same_workspace(application: Application) -> None:
    ada, grace = await application.connect(), await application.connect(user="Grace")
    assert ada["workspace_id"] == grace["workspace_id"]
    assert ada["bot_id"] != grace["bot_id"]
    assert grace["owner"]["user"]["name"] == "Grace"


async def test_another_workspace_sees_its_own_content_only(application: Application) -> None:
    other = await application.connect(user="Grace", workspace="Second")
    assert other["workspace_name"] == "Second"
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", other["access_token"])).status_code == 404
    assert len((await application.get("/v1/users", other["access_token"])).json()["results"]) == 2


async def test_only_what_was_ticked_is_shared(application: Application) -> None:
    code = await application.allow(share=[HOME_PAGE_ID])
    token = (await application.exchange(code)).json()["access_token"]
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", token)).status_code == 200
    assert (await application.get(f"/v1/databases/{ORDERS_DATABASE_ID}", token)).status_code == 404


async def test_nothing_changes_before_the_code_is_exchanged(application: Application) -> None:
    grant = await application.connect()
    code = await application.allow(share=[])
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", grant["access_token"])).status_code == 200
    await application.exchange(code)
    # There is one page set for each person and workspace: unticking takes away what the first grant had.
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", grant["access_token"])).status_code == 404


async def test_introspection_and_revocation(application: Application) -> None:
    grant = await application.connect()

    async def active() -> bool:
        response = await application.http.post(
            "/v1/oauth/introspect", json={"token": grant["access_token"]}, auth=BASIC
        )
        return response.json()["active"]

    assert await active()
    response = await application.http.post("/v1/oauth/revoke", json={"token": grant["access_token"]}, auth=BASIC)
    assert response.status_code == 200
    assert not await active()
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")


async def test_a_canary_in_the_prefix_marks_both_tokens() -> None:
    grant = await Application(Workspace(token_prefix="ntn_canary_")).connect()
    assert grant["access_token"].startswith("ntn_canary_")
    assert grant["refresh_token"].startswith("nrt_canary_")


async def test_expired_access_tokens_can_be_refreshed(application: Application) -> None:
    grant = await application.connect()
    assert (await application.http.post("/_local/expire")).json() == {"count": 1}
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    assert (await application.refresh(grant["refresh_token"])).status_code == 200


async def test_revoked_grants_cannot(application: Application) -> None:
    grant = await application.connect()
    assert (await application.http.post("/_local/revoke")).json() == {"count": 1}
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")
