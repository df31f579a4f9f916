# Steps are written here as authors write them.
# pyright: basic

"""Workflows whose code is read, and not run."""

from __future__ import annotations

from datetime import timedelta

from steps import Api, Workflow, step

LATER, TABLE = "2 weeks", "TABLE_ID"
NEXT = {"new": "first", "old": "second"}


async def hand_over(api: Api, action) -> None:
    await api.schedule_next_step(action=action, delay=LATER)


class Base(Workflow, abstract=True):
    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.first)

    async def first(self, data, headers, api: Api):
        """Do the first thing.

        And more of it.
        """

    async def second(self, data, headers, api: Api): ...


class ByMethod(Base):
    """The one of the base."""


class ByName(Base):
    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action="first", delay=90, payload={})
        await api.schedule_next_step(action=Base.second, delay=timedelta(hours=2))


class Chooses(Base):
    async def start(self, data, headers, api: Api):
        action = self.first if data else self.second
        return await api.schedule_next_step(action=action, delay=data["wait"])


class Branches(Base):
    async def start(self, data, headers, api: Api):
        if data:
            return await api.schedule_next_step(action=self.first, delay="0 sec")
        await api.schedule_next_step(action=self.second, delay="1 day")


class Loops(Base):
    async def start(self, data, headers, api: Api):
        for line in data:
            await api.schedule_next_step(action=self.first, payload=line)
        for action in (self.first, self.second):
            await api.schedule_next_step(action=action)

    async def first(self, data, headers, api: Api):
        while data:
            [await api.schedule_next_step(action=self.second) for _ in data]

    async def second(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.second, delay=60)


class Fans(Base):
    async def start(self, data, headers, api: Api):
        await api.fan_out(self.first, data["pages"], then=self.second)


class Waits(Base):
    async def start(self, data, headers, api: Api):
        await api.wait_for_event(action=self.first, timeout="3 days", on_timeout=self.second)
        await api.wait_for_event(action="first", on_timeout=None)


class Helped(Base):
    async def start(self, data, headers, api: Api):
        await self._next(api, self.first)
        try:
            await hand_over(api, action="second")
        except ValueError:
            await super().start(data, headers, api)

    async def _next(self, api, action):
        await api.schedule_next_step(action=action)


class Looked(Base):
    """It finds out at run time."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=NEXT[data["kind"]])
        await api.schedule_next_step(action=data["step"])
        await api.schedule_next_step(**data)
        await api.schedule_next_step(action="frist")


class Reads(Base):
    async def start(self, data, headers, api: Api):
        env = api.env
        token = env["TOKEN"], api.env[TABLE], api.env.get("LATER"), api.env.get("TABLE_ID", "x")
        if "CHAT" in api.env:
            api.log(api.env["CHAT"], token=token)
        return api.env[data["name"]]

    @step(retry=3)
    async def second(self, data, headers, api: Api):
        """Try, often."""
        await api.fetch("https://example.com", headers={"X": f"Bearer {api.env['LATE']}"})

    async def on_workflow_complete(self, api: Api):
        api.notion("a-hook").query(api.env["HOOK"])
