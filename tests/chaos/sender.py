"""A shop: it posts signed deliveries all the time, and sends again what was not answered with 2xx."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

from api.signatures import signature_of
from local.order import delivery_headers
from steps import Shopify
from steps.naming import slug
from tests.chaos.plant import APIS, WORKFLOW, Plant

_SECONDS = 15.0  # after that the sender takes a delivery for unanswered
_GIVEN_UP = 10  # one in so many is never sent again: nobody knows whether it has a run


@dataclass
class Delivery:
    """What became of one; `accepted` is when it was answered with 2xx, by the monotonic clock."""

    number: int
    delay: float
    begun: float
    accepted: float | None = None
    run_id: str | None = None
    sends: int = 0
    mark: str = "#"

    @property
    def name(self) -> str:
        """The order's name, and its page's title."""
        return f"{self.mark}{self.number}"

    @property
    def raw(self) -> bytes:
        """The body, by which a delivery that is signed is told from others."""
        return json.dumps({"name": self.name, "delay": self.delay, "plain": self.number % 2 == 0}).encode()

    @property
    def id_of_run(self) -> str:
        """The id of the run that it starts, whether or not the answer came."""
        return f"{slug(WORKFLOW)}/sha256.{hashlib.sha256(self.raw).hexdigest()[:40]}"


@dataclass
class Shop:
    """Send; the ledger has every delivery, `refused` why sends were not accepted."""

    plant: Plant
    chance: random.Random
    ledger: list[Delivery] = field(default_factory=list[Delivery])
    refused: Counter[str] = field(default_factory=Counter[str])
    mark: str = "#"
    patient: bool = False  # it gives nothing up
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self, each_second: float) -> None:
        """Post so many deliveries a second until it is closed; return when each is accepted or given up."""
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        async with (
            httpx.AsyncClient(trust_env=False, timeout=_SECONDS, limits=limits) as http,
            asyncio.TaskGroup() as sending,
        ):
            while not self._over.is_set():
                sending.create_task(self.deliver(http, self.next()))
                await asyncio.sleep(self.chance.uniform(0.2, 1.8) / each_second)

    def close(self) -> None:
        """Post nothing new."""
        self._over.set()

    def next(self, delay: float | None = None) -> Delivery:
        """Enter a delivery into the ledger; its run sleeps for a while."""
        delay = self.chance.choice((0, 0, 1, 3)) if delay is None else delay
        self.ledger.append(Delivery(len(self.ledger), delay, time.monotonic(), mark=self.mark))
        return self.ledger[-1]

    async def deliver(self, http: httpx.AsyncClient, delivery: Delivery, *, again: bool = True) -> None:
        """Send it until it is accepted, to one API and then to the other."""
        raw = delivery.raw
        headers = delivery_headers(f"{delivery.mark}{delivery.number}") | {"Content-Type": "application/json"}
        headers[Shopify().header] = signature_of(Shopify(), self.plant.secret, raw)
        while True:
            api = APIS[(delivery.number + delivery.sends) % 2]
            delivery.sends += 1
            try:
                answer = await http.post(self.plant.hook(api), content=raw, headers=headers)
            except httpx.HTTPError as error:
                self.refused[type(error).__name__] += 1
            else:
                if answer.is_success:
                    delivery.accepted, delivery.run_id = time.monotonic(), answer.json()["id"]
                    return
                assert answer.status_code in (429, 500, 503), answer.text
                self.refused[f"{answer.status_code} {answer.json()['type']}"] += 1
            if not again or (not self.patient and delivery.number % _GIVEN_UP == 9):
                return
            await asyncio.sleep(random.uniform(0.3, 1.0))  # how long a shop waits is no secret
