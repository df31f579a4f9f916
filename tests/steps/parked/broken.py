# Steps as authors write them, with few types.
# pyright: basic

"""The workflow as a deploy brought it: it reads the worker's clock, which the sandbox forbids."""

from __future__ import annotations

from datetime import UTC, datetime

from steps import Api, Workflow


class Clock(Workflow):
    """Read a clock in one of four branches; the others make calls, before and after."""

    async def start(self, data, headers, api: Api):
        for number in range(3):
            await api.schedule_next_step(action=self.call, payload=number)
        await api.schedule_next_step(action=self.look)

    async def call(self, data, headers, api: Api):
        await api.fetch(f"https://example.com/{data}")
        await api.schedule_next_step(action="note", payload=data)

    async def note(self, data, headers, api: Api):
        api.log("noted", number=data)

    async def look(self, data, headers, api: Api):
        await api.fetch("https://example.com/clock")
        api.log("looked", hour=datetime.now(UTC).hour)

    async def on_workflow_complete(self, api: Api):
        api.log("complete")
