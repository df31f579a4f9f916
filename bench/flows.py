"""The workflows that are measured, in Durable Steps."""

from __future__ import annotations

import time
from typing import Any

from temporalio import workflow

from steps import Api, Workflow

Data = dict[str, Any]
Headers = dict[str, str]


class StepsChain(Workflow):
    """Count down, a step each."""

    async def start(self, data: Data, headers: Headers, api: Api) -> None:
        """Begin."""
        await api.schedule_next_step(action=self.count, payload={"left": data["steps"]})

    async def count(self, data: Data, headers: Headers, api: Api) -> int:
        """Count one down."""
        left = data["left"] - 1
        if left:
            await api.schedule_next_step(action=self.count, payload={"left": left})
        return left


class StepsCalls(Workflow):
    """Count down, a step with a call each."""

    async def start(self, data: Data, headers: Headers, api: Api) -> None:
        """Begin."""
        await api.schedule_next_step(action=self.count, payload={"left": data["steps"]})

    async def count(self, data: Data, headers: Headers, api: Api) -> int:
        """Call, and count one down."""
        left: int = await api.call("noop", data["left"]) - 1
        if left:
            await api.schedule_next_step(action=self.count, payload={"left": left})
        return left


class StepsFanOut(Workflow):
    """Run branches side by side, a call each."""

    async def start(self, data: Data, headers: Headers, api: Api) -> None:
        """Arm the branches."""
        for number in range(data["branches"]):
            await api.schedule_next_step(action=self.branch, payload={"number": number})

    async def branch(self, data: Data, headers: Headers, api: Api) -> None:
        """Call."""
        await api.call("noop", data["number"])


class StepsFirst(Workflow):
    """Tell when the first step ran, on the machine's clock."""

    async def start(self, data: Data, headers: Headers, api: Api) -> float:
        """Read the clock: the only thing here that a workflow may not do, and that a replay would not repeat."""
        with workflow.unsafe.sandbox_unrestricted():
            return time.monotonic()


class StepsOrder(Workflow):
    """Wait, then make one call: the shape of an order that is recorded a while after it was paid."""

    async def start(self, data: Data, headers: Headers, api: Api) -> None:
        """Wait."""
        await api.schedule_next_step(action=self.record_order, delay=data["delay"], payload=data["order"])

    async def record_order(self, data: Data, headers: Headers, api: Api) -> Any:
        """Call."""
        return await api.call("noop", data)


class StepsTimer(Workflow):
    """Delay a step until a moment of the machine's clock; tell when it was armed, and when it ran."""

    async def start(self, data: Data, headers: Headers, api: Api) -> None:
        """Arm the timer."""
        now = workflow.time()
        await api.schedule_next_step(action=self.fire, delay=max(0.0, data["due"] - now), payload={"armed": now})

    async def fire(self, data: Data, headers: Headers, api: Api) -> list[float]:
        """Read the clock."""
        with workflow.unsafe.sandbox_unrestricted():
            return [data["armed"], time.time()]


FLOWS: tuple[type[Workflow], ...] = (StepsChain, StepsCalls, StepsFanOut, StepsFirst, StepsOrder)
