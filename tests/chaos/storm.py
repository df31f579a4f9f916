"""One disturbance after the other, while the shop goes on sending; what each of them cost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.chaos.counting import Run
from tests.chaos.disturbances import Disturbance
from tests.chaos.plant import Plant
from tests.chaos.sender import Shop


@dataclass(frozen=True)
class Past:
    """A disturbance that is over."""

    name: str
    began: datetime
    ended: datetime
    refused: int

    def went_on(self, runs: Sequence[Run]) -> float:
        """Return how long after its end the last run ended that was under way then, in seconds."""
        later = (run.ended - self.ended for run in runs if run.began <= self.ended <= run.ended)
        return max((left.total_seconds() for left in later), default=0.0)


async def storm(
    plant: Plant, shop: Shop, chosen: Sequence[Disturbance], chance: random.Random, calm: tuple[float, float]
) -> list[Past]:
    """Throw them at the plant in this order, each seen to be met, with a calm after each."""
    pasts: list[Past] = []
    for one in chosen:
        began, refused = datetime.now(UTC), shop.refused.total()
        await one.do(plant)
        try:
            await _met(plant, one, chance.uniform(*one.seconds))
        finally:
            await one.undo(plant)
        pasts.append(Past(one.name, began, datetime.now(UTC), shop.refused.total() - refused))
        await asyncio.sleep(chance.uniform(*calm))
    return pasts


async def _met(plant: Plant, one: Disturbance, seconds: float) -> None:
    """Keep it up for so long, and until somebody has met it."""
    end = asyncio.get_running_loop().time() + seconds
    await asyncio.sleep(seconds)
    while not await one.met(plant):
        assert asyncio.get_running_loop().time() < end + 60, f"nobody has met it: {one.name}"
        await asyncio.sleep(0.2)


def table(pasts: Sequence[Past], runs: Sequence[Run], skipped: dict[str, str]) -> list[str]:
    """Return the report, a line a disturbance."""
    lines = [f"{'disturbance':36} {'times':>5} {'seconds':>8} {'refused sends':>14} {'went on after':>14}"]
    for name in dict.fromkeys(past.name for past in pasts):
        mine = [past for past in pasts if past.name == name]
        seconds = sum((past.ended - past.began).total_seconds() for past in mine)
        refused = sum(past.refused for past in mine)
        longest = max(past.went_on(runs) for past in mine)
        lines.append(f"{name:36} {len(mine):5} {seconds:8.1f} {refused:14} {longest:12.1f} s")
    return lines + [f"{name:36} skipped: {reason}" for name, reason in skipped.items()]
