"""The hosts that an operator has listed, and no other."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from settings import Settings
from tests.activities.conftest import CANARY, FLOW, World
from tests.activities.servers import Call, echo, reply, serving, trusting

PAGES = "https://api.notion.com/v1/pages"
HOSTS = "shop.example, *.files.example"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/",
        "http://SHOP.example:8443/x",
        "https://a.files.example/",
        "https://a.b.files.example/",
        "https://shop\u3002example/",
    ],
)
async def test_a_listed_host_is_looked_up(world: World, url: str) -> None:
    async with world.worker(egress_hosts=HOSTS) as worker:
        failure = await worker.failure(worker.fetch(url))
    assert failure.type == "fetch-failed"
    assert len(world.resolved) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example/",
        "https://shop.example.evil.example/",
        "https://evilshop.example/",
        "https://www.shop.example/",
        "https://files.example/",
        "https://evilfiles.example/",
        "https://shop.example./",
        "https://shop.example@evil.example/",
        "https://evil.example/shop.example",
        "https://evil.example#shop.example",
        "https://evil.example\\@shop.example/",
        "https://sh\u043ep.example/",
        "https://8.8.8.8/",
        PAGES,
    ],
)
async def test_no_other_host_is_even_looked_up(world: World, url: str) -> None:
    async with world.worker(egress_hosts=HOSTS) as worker:
        failure = await worker.failure(worker.fetch(url))
    assert failure.type in ("egress-denied", "request-invalid"), failure
    assert failure.type == "request-invalid" or "STEPS_EGRESS_HOSTS" in failure.message
    assert world.resolved == []


async def test_a_redirect_leads_to_no_other_host(world: World) -> None:
    async with (
        serving(echo) as other,
        serving(reply(302, headers={"Location": f"http://other.example:{other.port}/"})) as here,
        world.worker(egress_hosts=HOSTS, egress_private_hosts=trusting(here)) as worker,
    ):
        world.addresses["other.example"] = ["127.0.0.1"]
        failure = await worker.failure(worker.fetch(here.origin))
        assert failure.type == "egress-denied"
        assert "STEPS_EGRESS_HOSTS" in failure.message
        assert (len(here.calls), other.calls, world.resolved) == (1, [], ["127.0.0.1"])


async def test_what_is_allowed_as_private_and_what_a_token_is_for_need_no_line(world: World) -> None:
    token = await world.connect()
    await world.vault.variables.set(FLOW, "KEY", CANARY, secret=True, hosts=["api.notion.com"])
    async with (
        serving(echo) as inside,
        serving(reply(body="notion")) as notion,
        world.worker(egress_hosts=HOSTS, egress_private_hosts=trusting(inside), notion_origin=notion.origin) as worker,
    ):
        assert (await worker.fetch(inside.origin)).ok
        for secret in (token, world.seal("variable", "KEY")):
            assert (await worker.fetch(PAGES, headers={"X-Key": secret})).text == "notion"
        assert (await worker.failure(worker.fetch(PAGES))).type == "egress-denied"


@pytest.mark.parametrize(
    "hosts", ["https://shop.example", "shop.example:443", "*", "*.", "a.*.example", "shop", "shop.example/", "[::1]"]
)
def test_a_host_to_allow_is_a_host(hosts: str) -> None:
    with pytest.raises(ValidationError, match="must be hosts"):
        Settings(_env_file=None, egress_hosts=hosts)  # pyright: ignore[reportCallIssue, reportArgumentType]  # pydantic-settings' own


async def test_no_key_goes_on_to_another_origin(world: World) -> None:
    """An author's own header may hold a key, and httpx takes `Authorization` out alone."""

    async def away(call: Call) -> bytes:
        return reply(307, headers={"Location": f"http://there.example:{there.port}{call.path}"})

    async def around(call: Call) -> bytes:
        return reply(307, headers={"Location": "/there"}) if call.path == "/here" else await echo(call)

    keys = {"X-Api-Key": "own", "Authorization": "Bearer own", "Cookie": "own=1", "Referer": "http://here/?key=own"}
    sent = {**keys, "Accept": "text/plain", "Content-Type": "text/csv", "Accept-Language": "de"}
    async with serving(echo) as there, serving(away) as here, serving(around) as same:
        world.addresses["there.example"] = ["127.0.0.1"]
        allowed = f"{trusting(here, same)},there.example:{there.port}"
        async with world.worker(egress_private_hosts=allowed) as worker:
            seen = (await worker.fetch(f"{here.origin}/x", method="POST", content="a,b", headers=sent)).json()
            assert "own" not in str(seen)
            assert (seen["method"], seen["body"], seen["headers"]["content-type"]) == ("POST", "a,b", "text/csv")
            assert (seen["headers"]["accept"], seen["headers"]["accept-language"]) == ("text/plain", "de")
            seen = (await worker.fetch(f"{same.origin}/here", method="POST", content="a,b", headers=sent)).json()
            # Cookies httpx takes out of every request that follows.
            kept = {name.lower(): value for name, value in sent.items() if name != "Cookie"}
            assert kept.items() <= seen["headers"].items()
