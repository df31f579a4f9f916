# Steps as authors write them, with few types.
# pyright: basic

"""The workflow as the build `one` has it."""

from __future__ import annotations

from steps import Api, Workflow

BUILD = "one"


class Upgraded(Workflow):
    """Tell in the log which build ran which step."""

    async def start(self, data, headers, api: Api):
        api.log("start", build=BUILD)
        await api.schedule_next_step(action=data["then"], payload=data, delay=data.get("delay", 0))

    async def call(self, data, headers, api: Api):
        api.log("call begins", build=BUILD)
        await api.fetch(data["url"])
        api.log("call ends", build=BUILD)
        await api.schedule_next_step(action=self.end)

    async def approve(self, data, headers, api: Api):
        wait = await api.wait_for_event(action=self.end, payload={}, timeout="1 day")
        await api.store.set("token", wait.token)

    async def end(self, data, headers, api: Api):
        api.log("end", build=BUILD)

    async def dropped(self, data, headers, api: Api):
        api.log("dropped", build=BUILD)
