"""How the last runs of each workflow went."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from api.problems import TemporalUnavailable
from api.reading import list_runs
from api.run_filters import RunFilters
from api.services import Services
from api.views import RunSummary

SHOWN = 20
_AT_ONCE = 8


async def last_runs(services: Services, names: Iterable[str]) -> Mapping[str, list[RunSummary]] | None:
    """Return the newest runs of each workflow, those that run first; None while Temporal does not answer."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def look(name: str) -> tuple[str, list[RunSummary]]:
        async with slots:
            wanted = RunFilters(workflow=name)
            found = await list_runs(await services.temporal(), services.settings, services.signer, wanted, limit=SHOWN)
            return name, found.runs

    try:
        return dict(await asyncio.gather(*map(look, names)))
    except TemporalUnavailable:
        return None
