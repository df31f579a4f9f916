# A step is written here as authors write it: with types where they help.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class Sleeper(Workflow):
    """Sleep for a day, as an order that waits for its reminder."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(delay="1 day", action=self.remind, payload=data)

    async def remind(self, data, headers, api: Api):
        api.log("Reminded", **data)
