"""Connections to an OAuth server that others wrote, known by a file alone: made, used, refreshed, lost, revoked."""

from __future__ import annotations

import asyncio

import pytest

from tests.activities.conftest import World
from tests.api import runs
from tests.api.browsing import come_back, one, query_of
from tests.api.conftest import Place
from tests.conftest import eventually
from tests.providers.conftest import Site
from tests.providers.person import begin, consent
from vault import ConnectionStatus
from vault.times import utc_now

pytestmark = pytest.mark.asyncio(loop_scope="session")
WHO = "https://api.acme.test/who"
TOKEN = "/o/token/"


async def connect(place: Place, site: Site, provider: str = "acme") -> None:
    async with place.signed_in() as visitor:
        back = await consent(site, await begin(visitor, provider))
        answer = await come_back(visitor, back)
    assert answer.headers["location"] == "/connections?connected=acme-crm", answer.text


@pytest.mark.parametrize("provider", ["acme", "acme-id"])
async def test_an_account_is_connected_and_a_run_uses_its_token(
    place: Place, site: Site, working: None, provider: str
) -> None:
    async with place.signed_in() as visitor:
        assert f'href="/connections/add/{provider}"' in (await visitor.get("/connections/add")).text
        address = await begin(visitor, provider)
        sent = query_of(address)
        assert (sent["code_challenge_method"], len(sent["code_challenge"])) == ("S256", 43)
        assert sent["scope"] == "openid contacts"
        answer = await come_back(visitor, await consent(site, address))
        assert answer.headers["location"] == "/connections?connected=acme-crm"
        page = (await visitor.get("/connections")).text
    assert "Acme CRM" in page
    assert "ada" in page

    (connection,) = await place.vault.connections.list()
    assert (connection.provider, connection.account.id, connection.account.workspace_name) == (provider, "1", "ada")
    run = await runs.finished(place, await runs.start(place, "WhoAmI", {"handle": "acme-crm"}))
    assert run["result"] == {"status": 200, "name": "ada"}


async def test_a_connection_of_another_provider_is_none_of_notion(place: Place, site: Site, working: None) -> None:
    await connect(place, site)
    run = await runs.finished(place, await runs.start(place, "AsksNotion", {"handle": "acme-crm"}))
    assert run["status"] == "failed"
    assert "'acme-crm' is of the provider 'acme', not of Notion" in str(run)


async def test_a_token_is_refreshed_ahead_of_its_end_once_for_twenty_calls_of_two_workers(
    place: Place, site: Site, world: World
) -> None:
    site.live_for(4)
    await connect(place, site)
    site.live_for(3600)
    before = await place.vault.connections.open("acme-crm")
    assert before.tokens.expires_at is not None
    await due(world)
    asked = site.asked(TOKEN, "refresh_token")
    file = place.settings.providers_file
    async with world.worker(providers_file=file) as first, world.worker(providers_file=file) as second:
        headers = {"Authorization": f"Bearer {world.seal('connection', 'acme-crm')}"}
        answers = await asyncio.gather(*((first, second)[n % 2].fetch(WHO, headers=headers) for n in range(20)))
    assert [answer.json()["name"] for answer in answers] == ["ada"] * 20
    assert site.asked(TOKEN, "refresh_token") == asked + 1
    after = await place.vault.connections.open("acme-crm")
    assert after.version == before.version + 1
    assert after.tokens.refresh is not None
    assert before.tokens.refresh is not None
    assert after.tokens.refresh.reveal() != before.tokens.refresh.reveal()
    assert after.connection.status is ConnectionStatus.ACTIVE


async def test_a_grant_that_was_revoked_needs_a_person(place: Place, site: Site, world: World) -> None:
    site.live_for(4)
    await connect(place, site)
    opened = await place.vault.connections.open("acme-crm")
    registration = place.app.state.services.registrations.get("acme")
    assert opened.tokens.refresh
    revoke = registration.request(f"{site.issuer}/revoke_token/", {"token": opened.tokens.refresh.reveal()})
    assert (await place.app.state.services.provider_http.send(revoke)).status_code == 200
    await due(world)
    async with world.worker(providers_file=place.settings.providers_file) as worker:
        headers = {"Authorization": f"Bearer {world.seal('connection', 'acme-crm')}"}
        failure = await worker.failure(worker.fetch(WHO, headers=headers))
    assert failure.type == "connection-needs-reauthorization"
    (connection,) = await place.vault.connections.list()
    assert connection.status is ConnectionStatus.NEEDS_REAUTHORIZATION


async def test_a_token_that_ends_early_is_refreshed_at_a_401(place: Place, site: Site, world: World) -> None:
    await connect(place, site)
    site.expire()
    async with world.worker(providers_file=place.settings.providers_file) as worker:
        headers = {"Authorization": f"Bearer {world.seal('connection', 'acme-crm')}"}
        answer = await worker.fetch(WHO, headers=headers)
    assert answer.json() == {"name": "ada"}


async def test_an_answer_of_another_server_is_refused_before_its_code_is_used(place: Place, site: Site) -> None:
    async with place.signed_in() as visitor:
        for change in (lambda back, iss: back.replace(iss, "https%3A%2F%2Fevil.test"), lambda back, iss: back):
            back = await consent(site, await begin(visitor))
            iss = one(back, "iss")
            assert iss == site.issuer
            written = back.partition("iss=")[2].partition("&")[0]
            changed = change(back, written)
            if changed == back:
                changed = back.replace(f"&iss={written}", "")
                assert "iss=" not in changed
            answer = await come_back(visitor, changed)
            assert answer.status_code == 403
            assert "issuer-foreign" in answer.text
    assert place.sent.requests == []
    assert await place.vault.connections.list() == []


async def test_a_code_that_was_brought_from_elsewhere_is_refused_by_its_challenge(place: Place, site: Site) -> None:
    async with place.signed_in() as victim, place.signed_in() as thief:
        stolen = one(await consent(site, await begin(victim)), "code")
        own = await consent(site, await begin(thief))
        answer = await come_back(thief, own.replace(one(own, "code"), stolen))
    assert answer.status_code == 502
    assert "invalid_grant" in answer.text
    assert await place.vault.connections.list() == []


async def test_an_answer_meant_for_another_provider_is_refused_before_its_code_is_used(
    place: Place, site: Site
) -> None:
    async with place.signed_in() as visitor:
        back = await consent(site, await begin(visitor))
        answer = await come_back(visitor, back.replace("/callback/acme?", "/callback/acme-id?"))
    assert answer.status_code == 400
    assert "belongs to another provider" in answer.text
    assert place.sent.requests == []


async def test_consent_that_is_not_given_is_told_kindly(place: Place, site: Site) -> None:
    async with place.signed_in() as visitor:
        answer = await come_back(visitor, await consent(site, await begin(visitor), allow=False))
    assert "You cancelled at Acme CRM" in answer.text
    assert place.sent.requests == []


async def due(world: World) -> None:
    async def is_due() -> bool:
        at = (await world.vault.connections.open("acme-crm")).tokens.expires_at
        return at is not None and at <= utc_now()

    await eventually(is_due)
