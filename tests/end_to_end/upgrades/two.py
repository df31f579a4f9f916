# Steps as authors write them, with few types.
# pyright: basic

"""The same workflow in the next build: other calls in the same steps, a step more, a step less."""

from __future__ import annotations

from steps import Api, Workflow

BUILD = "two"


class Upgraded(Workflow):
    """Tell in the log which build ran which step."""

    async def start(self, data, headers, api: Api):
        api.log("start", build=BUILD)
        await api.schedule_next_step(action=data["then"], payload=data, delay=data.get("delay", 0))

    async def call(self, data, headers, api: Api):
        api.log("call begins", build=BUILD)
        await api.get_oauth_token("my-notion")  # a replay of the build `one` would park here
        await api.fetch(data["url"])

    async def end(self, data, headers, api: Api):
        api.log("end", build=BUILD)
        await api.schedule_next_step(action=self.added, delay="1 hour")

    async def added(self, data, headers, api: Api):
        api.log("added", build=BUILD)
