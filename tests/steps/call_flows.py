# Steps are written here as authors write them: with types where they help.
# pyright: basic

"""Workflows that make calls."""

from __future__ import annotations

import asyncio

from steps import Api, NotionError, Retry, Workflow


class TakesToken(Workflow):
    """Get a token's reference."""

    async def start(self, data, headers, api: Api):
        token = await api.get_oauth_token(data)
        return {"header": f"Bearer {token}", "type": type(token).__name__}


class Fetches(Workflow):
    """Make calls, at the same time if there are several."""

    async def start(self, data, headers, api: Api):
        answers = await asyncio.gather(*(api.fetch(**call) for call in data))
        return [{"status": answer.status, "ok": answer.ok, "text": answer.text} for answer in answers]


class Catches(Workflow):
    """Catch what a call raises."""

    async def start(self, data, headers, api: Api):
        try:
            await api.fetch("https://example.com/")
        except NotionError as error:
            return {"class": type(error).__name__, "message": str(error), **vars(error)}


class CallsSlow(Workflow):
    """Run an activity that hangs, and takes nothing."""

    async def start(self, data, headers, api: Api):
        await api.call("hang", timeout="1 sec", retry=Retry(attempts=1))


class Journey(Workflow):
    """Wait, then make a call with a token, then fail in one of two branches."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.call, delay=1, payload={"table": api.env["TABLE"]})

    async def call(self, data, headers, api: Api):
        token = await api.get_oauth_token("my-notion")
        response = await api.fetch("https://example.com/", headers={"authorization": f"Bearer {token}"}, params=data)
        await api.schedule_next_step(action=self.end, payload=response.status)
        await api.schedule_next_step(action=self.fail)

    async def end(self, data, headers, api: Api):
        return data

    async def fail(self, data, headers, api: Api):
        await api.call("shout", "")


class FanCalls(Workflow):
    """Make one call in each branch."""

    async def start(self, data, headers, api: Api):
        for number in range(data):
            await api.schedule_next_step(action=self.enter, payload=number)

    async def enter(self, data, headers, api: Api):
        await api.call("enter", data)


class CallsOwn(Workflow):
    """Run an activity of the operator's own."""

    async def start(self, data, headers, api: Api):
        return await api.call("shout", data)
