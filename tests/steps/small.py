# Steps as authors write them, with few types.
# pyright: basic

"""A workflow in a file of its own, so that a run imports little."""

from __future__ import annotations

from pydantic import BaseModel

from steps import Api, Workflow

HELD: list[str] = []  # which may change, so that each run imports this file anew


class Order(BaseModel):
    """A typed payload, whose check is built once per run."""

    name: str


class Small(Workflow):
    """Take a typed payload in two steps."""

    async def start(self, data: Order, headers, api: Api):
        await api.schedule_next_step(action=self.end, payload=data)

    async def end(self, data: Order, headers, api: Api):
        return data.name
