# Steps as authors write them, with few types.
# pyright: basic

"""Workflows of many branches, many steps, many waits."""

from __future__ import annotations

from steps import Api, Workflow


class ManyCalls(Workflow):
    """Make one call in each of many branches, then look at what all of them returned."""

    async def start(self, data, headers, api: Api):
        payloads = [{"number": number, "text": "x" * 30} for number in range(data["branches"])]
        await api.fan_out(self.branch, payloads, then=self.end)

    async def branch(self, data, headers, api: Api):
        await api.call("count", data["number"])
        return data["number"]

    async def end(self, data, headers, api: Api):
        return {"branches": len(data), "in_order": data == sorted(set(data))}


class LongChain(Workflow):
    """Count down, a step each; now and then a call and a line in the log."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.count, payload=data)

    async def count(self, data, headers, api: Api):
        left = data["left"]
        if left % data["call_every"] == 0:
            await api.call("count", left)
        api.log("at", left=left)
        if left > 1:
            await api.schedule_next_step(action=self.count, payload={**data, "left": left - 1})
        return {"left": left - 1}


class ManyWaits(Workflow):
    """Wait for an event in each of many branches, with a chain beside them that rolls the run over."""

    async def start(self, data, headers, api: Api):
        for _ in range(data["branches"]):
            await api.schedule_next_step(action=self.ask)
        await api.schedule_next_step(action=self.churn, payload=data["churn"])

    async def ask(self, data, headers, api: Api):
        await api.wait_for_event(action=self.answered, timeout="30 days")

    async def churn(self, data, headers, api: Api):
        if data:
            return await api.schedule_next_step(action=self.churn, payload=data - 1)
        await api.store.set("churned", True)

    async def answered(self, data, headers, api: Api):
        await api.call("count", data["event"]["number"])


class ManySleepers(Workflow):
    """Sleep in each of many branches, with a chain beside them that rolls the run over before they wake."""

    async def start(self, data, headers, api: Api):
        for number in range(data["branches"]):
            await api.schedule_next_step(action=self.wake, payload=number, delay=data["delay"])
        await api.schedule_next_step(action=self.churn, payload=data["churn"])

    async def churn(self, data, headers, api: Api):
        if data:
            return await api.schedule_next_step(action=self.churn, payload=data - 1)
        await api.store.set("woken_before", await api.store.get("woken", 0))

    async def wake(self, data, headers, api: Api):
        await api.store.increment("woken")
        await api.store.increment("sum", data)
        await api.store.increment("squares", data * data)


class TooMuch(Workflow):
    """Ask for what does not fit, and go on without it."""

    async def start(self, data, headers, api: Api):
        for _ in range(data["branches"]):
            await api.schedule_next_step(action=self.end, payload="x" * data["bytes"], delay="1 hour")
        await api.schedule_next_step(action=self.end, delay="1 hour")

    async def end(self, data, headers, api: Api):
        api.log("ran")


SCALE_FLOWS: list[type[Workflow]] = [ManyCalls, LongChain, ManyWaits, ManySleepers, TooMuch]
