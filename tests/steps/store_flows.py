# Steps as authors write them, with few types.
# pyright: basic

"""Workflows that remember."""

from __future__ import annotations

from steps import Api, Cancelled, RunFailed, Workflow


class CountsIn(Workflow):
    """Count parallel branches in."""

    async def start(self, data, headers, api: Api):
        for number in range(data["branches"]):
            await api.schedule_next_step(action=self.branch, payload={**data, "number": number})

    async def branch(self, data, headers, api: Api):
        await api.store.push("numbers", data["number"])
        done = await api.store.increment("done")
        if done == data["branches"]:
            api.log(f"last of {done}")
        if data["number"] in data["bad"]:
            raise RuntimeError("bad")

    async def on_workflow_complete(self, api: Api):
        api.log(f"hook sees {await api.store.get('done')}")

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log(f"error hook sees {await api.store.get('done')}")


class KeepsTooMuch(Workflow):
    """Keep what the test says."""

    async def start(self, data, headers, api: Api):
        await api.store.set(data.get("key", "k"), data["value"])


class KeepsCounting(Workflow):
    """Count each step of a chain that rolls over."""

    async def start(self, data, headers, api: Api):
        await api.store.increment("n")
        if data["left"]:
            await api.schedule_next_step(action=self.again, payload={"left": data["left"] - 1})

    async def again(self, data, headers, api: Api):
        await self.start(data, headers, api)


STORE_FLOWS: list[type[Workflow]] = [CountsIn, KeepsTooMuch, KeepsCounting]
