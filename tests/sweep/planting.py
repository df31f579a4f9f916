"""A canary that is no secret, brought into every kind of place on a way of the product's own."""

from __future__ import annotations

import secrets

import httpx

from tests.sweep.world import World

PLANTED = f"planted-{secrets.token_hex(12)}"


async def planted_everywhere(world: World) -> None:
    """As a handle, in a run's data, in an operator's variable and in an address of OpenBao.

    It is also in the error of a file that does not load, and in the name of a provider that is wrong.
    """
    await world.connect("beta", PLANTED)
    await world.ends("completed", path=f"repeats/{PLANTED}")
    await world.cli("variables", "set", "Careless", "PLANTED", PLANTED)
    await world.cli("variables", "list")
    async with httpx.AsyncClient(headers={"X-Vault-Token": world.openbao.root_token}, trust_env=False) as http:
        await http.get(f"{world.openbao.url}/v1/steps/{PLANTED}")
