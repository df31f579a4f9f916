"""No secret is anywhere but where it is for, whatever has gone wrong."""

from __future__ import annotations

import pytest

from tests.sweep.ledger import SHAPES
from tests.sweep.places import KINDS, Places
from tests.sweep.planting import PLANTED
from tests.sweep.world import World

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


@pytest.mark.parametrize("kind", KINDS)
async def test_no_secret_is_where_it_may_not_be(world: World, places: dict[str, Places], kind: str):
    assert world.ledger.found_in(places[kind]) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_the_sweep_finds_what_is_planted(places: dict[str, Places], kind: str):
    assert any(PLANTED.encode() in content for content in places[kind].values())


async def test_the_secrets_have_reached_those_that_they_are_for(world: World, places: dict[str, Places]):
    calls = "".join(f"{call.headers} {call.body.decode()}" for call in world.acme.server.calls)
    for name in ("acme's access token", "acme's refresh token", "secret variable", "code"):
        assert any(value in calls for value in world.ledger.named(name)), name
    assert len(world.ledger.rows) > 100
    assert len(world.ledger.named("cookie")) > 10


async def test_the_tokens_of_openbao_are_known_by_their_form(world: World):
    assert SHAPES["a token of OpenBao"].search(f"it is {world.openbao.root_token}.".encode())
