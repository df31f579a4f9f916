"""Addresses of triggers: which ones count after they were replaced, with the vault there or not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from api.addresses import Addresses
from api.hooks import hook_address
from tests.api.conftest import Place
from vault import Vault, VaultUnavailable


async def test_a_replaced_address_is_good_for_as_long_as_it_is_kept(running: Place):
    async with running.program() as caller:
        path = "/api/v1/workflows/Echo/trigger-address"
        first = hook_address(running.settings, running.app.state.services.signer, "Echo")
        second = (await caller.post(path, json={"keep_seconds": 3600})).json()["hook_url"]
        assert first != second
        for address in (first, second):
            assert (await caller.post(address, json={})).status_code == 202
        third = (await caller.post(path, json={})).json()["hook_url"]
        for address, status in ((first, 404), (second, 404), (third, 202)):
            assert (await caller.post(address, json={})).status_code == status
        shown = [one["hook_url"] for one in (await caller.get("/api/v1/workflows")).json() if one["name"] == "Echo"]
    assert shown == [third]


async def test_which_addresses_were_replaced_is_known_before_any_counts(place: Place):
    """An API that has started without its vault refuses all; one that has lost it goes on as it was."""
    down = False

    async def vault() -> Vault:
        if down:
            raise VaultUnavailable("It is down.")
        return place.vault

    await place.vault.trigger_addresses.rotate("Echo", keep=timedelta(0))
    started_with_it = Addresses(vault)
    assert await started_with_it.counting("Echo") == (1,)
    down = True
    await started_with_it.look()
    assert await started_with_it.counting("Echo") == (1,)
    with pytest.raises(VaultUnavailable):
        await Addresses(vault).counting("Echo")


async def test_a_vault_that_falls_silent_holds_no_delivery(place: Place, monkeypatch: pytest.MonkeyPatch):
    silent = False

    async def vault() -> Vault:
        if silent:
            await asyncio.Event().wait()
        return place.vault

    monkeypatch.setattr("api.addresses._LONGEST_LOOK", 0.01)
    with monkeypatch.context() as patience:
        patience.setattr("api.addresses._LONGEST_LOOK", 60)
        started_with_it = Addresses(vault)
        assert await started_with_it.counting("Echo") == (0,)
    silent = True
    await started_with_it.look()
    assert await started_with_it.counting("Echo") == (0,)
    with pytest.raises(VaultUnavailable, match="slow"):
        await Addresses(vault).counting("Echo")
