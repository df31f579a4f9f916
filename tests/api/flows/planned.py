from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from steps import Api, Every, Workflow


class Region(BaseModel):
    region: str
    counter: int


class Planned(Workflow):
    """Say which run of its schedule it is."""

    schedule = Every(hours=6, data={"region": "eu"})

    async def start(self, data: Region, headers: Any, api: Api) -> str:
        return f"{data.region} {data.counter}"


class Standing(Workflow):
    """Stay, so that the next run would find it."""

    async def start(self, data: Any, headers: Any, api: Api) -> None:
        await api.schedule_next_step(action="end", delay="1 hour")

    async def end(self, data: Any, headers: Any, api: Api) -> None: ...
