# Steps as authors write them, with few types.
# pyright: basic
from __future__ import annotations

from pydantic import BaseModel

from steps import Api, Workflow


class Tick(Workflow):
    """Return what it was told."""

    async def start(self, data, headers, api: Api):
        return data


class Long(Workflow):
    """Stay, so that the next run finds it."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.end, delay="1 hour")
        return data

    async def end(self, data, headers, api: Api): ...


class Told(BaseModel):
    counter: int
    region: str


class Typed(Workflow):
    async def start(self, data: Told, headers, api: Api):
        return f"{data.region} {data.counter}"


FLOWS: list[type[Workflow]] = [Tick, Long, Typed]
