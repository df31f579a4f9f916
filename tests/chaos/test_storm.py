"""Whatever dies, falls silent or fills up: what was accepted has one run that completed, and one page."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

import httpx
import pytest

from tests.chaos.conftest import CHAOS
from tests.chaos.conftest import SMOKE as SMALL
from tests.chaos.counting import counted, ended_runs
from tests.chaos.disturbances import DISTURBANCES, SMOKE
from tests.chaos.plant import Plant
from tests.chaos.sender import Delivery, Shop
from tests.chaos.storm import storm, table
from tests.conftest import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(2_400), pytest.mark.asyncio(loop_scope="session")]

EACH_SECOND = 3.0 if SMALL else 5.0
ROUNDS, AT_ONCE = (1 if SMALL else round(20 * CHAOS)), 20
_PATIENCE = 60 if SMALL else 300  # seconds that the last runs may take when all is undone


@pytest.fixture(scope="module")
def shop(plant: Plant, seed: int) -> Shop:
    return Shop(plant, random.Random(seed))


async def test_every_accepted_trigger_has_one_run_and_one_page_whatever_is_thrown_at_it(
    plant: Plant, shop: Shop, seed: int, figures: list[str]
):
    chance, began = random.Random(seed), time.monotonic()
    wanted = SMOKE if SMALL else DISTURBANCES
    reasons = {one.name: reason for one in wanted if (reason := one.missing(plant))}
    possible = [one for one in wanted if one.name not in reasons]
    chosen = chance.sample(possible, len(possible) if SMALL else max(1, round(len(possible) * min(1.0, CHAOS))))
    async with asyncio.TaskGroup() as both:
        both.create_task(shop.open(EACH_SECOND))
        pasts = await storm(plant, shop, chosen, chance, (0, 1) if SMALL else (1, 6))
        shop.close()
    runs = await ended_runs(await plant.client(), _PATIENCE)
    count = await counted(plant, runs, shop.ledger)
    figures += table(pasts, runs, reasons)
    figures.append(f"refused: {', '.join(f'{many} {why}' for why, many in shop.refused.most_common()) or 'nothing'}")
    figures.append(f"{count}; {plant.restarts} restarts, {time.monotonic() - began:.0f} s")
    assert not {what: found for what, found in count.wrong.items() if found}
    assert count.accepted >= 0.85 * len(shop.ledger)


async def test_what_was_answered_with_2xx_is_stored_though_api_and_temporal_are_killed_around_the_answer(
    plant: Plant, shop: Shop, seed: int, figures: list[str]
):
    chance, began = random.Random(seed), len(shop.ledger)
    for _ in range(ROUNDS):
        batch, answers = [shop.next() for _ in range(AT_ONCE)], chance.randrange(1, AT_ONCE)

        async def answered(batch: Sequence[Delivery] = batch, answers: int = answers) -> bool:
            return sum(one.accepted is not None for one in batch) >= answers

        async with httpx.AsyncClient(trust_env=False, timeout=15) as http, asyncio.TaskGroup() as sending:
            for delivery in batch:
                sending.create_task(shop.deliver(http, delivery, again=False))
            await eventually(answered, every=0)
            dying = ["temporal", "api-0", "api-1"]
            chance.shuffle(dying)
            for name in dying:
                await plant.kill(name)
                await asyncio.sleep(chance.choice((0, 0, 0.02)))
        await plant.start_again("temporal")
        await asyncio.gather(plant.start_again("api-0"), plant.start_again("api-1"))
    count = await counted(plant, await ended_runs(await plant.client(), _PATIENCE), shop.ledger)
    accepted = sum(one.accepted is not None for one in shop.ledger[began:])
    figures.append(
        f"killed around the answer {ROUNDS} times, {AT_ONCE} triggers in the air: {accepted} accepted; in all {count}"
    )
    assert not {what: found for what, found in count.wrong.items() if found}
    assert accepted >= ROUNDS
