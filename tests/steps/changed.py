# Steps as authors write them, with few types.
# pyright: basic

"""A workflow of flows.py, as a deploy that changes the order of its calls would bring it."""

from __future__ import annotations

from steps import Api, Workflow


class Journey(Workflow):
    """Make the call before the wait."""

    async def start(self, data, headers, api: Api):
        await api.fetch("https://example.com/")
        await api.schedule_next_step(action=self.call, delay=1)

    async def call(self, data, headers, api: Api):
        return "done"
