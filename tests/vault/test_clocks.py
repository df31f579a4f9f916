"""Workers whose clocks differ, on one database."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import pytest

import vault.times
from tests.postgres import Deployed
from tests.vault.conftest import pair
from vault import Account, LocalKeys, Vault

LEASE = timedelta(minutes=1)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (-1, 0), (1, 0)])
async def test_a_worker_whose_clock_is_wrong_takes_no_refresh_from_another_and_keeps_none_for_longer(
    deployed: Deployed, keys: LocalKeys, monkeypatch: pytest.MonkeyPatch, first: float, second: float
):
    """Two that spend the same refresh token lose the connection."""
    deployed.empty()
    mine = await Vault.open(deployed.application, keys)
    await mine.connections.save("ada", "notion", Account("bot"), pair())
    refreshes = mine.connections.refreshes
    _put_clock(monkeypatch, first)
    assert await refreshes.begin("ada", version=1, lease=LEASE) == "first"
    _put_clock(monkeypatch, second)
    assert await refreshes.begin("ada", version=1, lease=LEASE) is None
    deployed.query("UPDATE connections SET refreshing_until = refreshing_until - interval '61 seconds'")
    assert await refreshes.begin("ada", version=1, lease=LEASE) == "again"
    await mine.close()


def _put_clock(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Wrong:
            return super().now(tz) + timedelta(hours=hours)

    monkeypatch.setattr(vault.times, "datetime", Wrong)
