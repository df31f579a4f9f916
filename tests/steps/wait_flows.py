# Steps as authors write them, with few types.
# pyright: basic

"""Workflows that wait for events."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel
from temporalio import workflow as temporal_workflow

from steps import Api, Cancelled, RunFailed, Workflow


class WaitsOnce(Workflow):
    """Wait as the test says, and tell the token in the store; `then` says how the opening step goes on."""

    async def start(self, data, headers, api: Api):
        wait = await api.wait_for_event(action=self.resumed, **data["wait"])
        await api.store.set("token", wait.token)
        await api.store.set("resume_url", wait.resume_url)
        if data.get("linger"):
            await temporal_workflow.sleep(timedelta(seconds=data["linger"]))
        if data.get("cancel"):
            api.log("withdrawn", open=await api.cancel_wait(wait.token), again=await api.cancel_wait(wait.token))
        if data.get("fail"):
            raise RuntimeError("after the wait was opened")

    async def resumed(self, data, headers, api: Api):
        return {"resumed": data, "step": api.run.step}

    async def expired(self, data, headers, api: Api):
        return {"expired": data, "step": api.run.step}

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log("error hook", open=await api.cancel_wait(await api.store.get("token")))


class ThreeWays(Workflow):
    """A first answer by mail, by chat or by time; the losers are withdrawn."""

    async def start(self, data, headers, api: Api):
        for way in ("mail", "chat"):
            wait = await api.wait_for_event(action=self.answered, payload={"way": way}, timeout="2 days")
            await api.store.push("tokens", wait.token)
        slow = await api.wait_for_event(
            action=self.answered, payload={"way": "never"}, timeout="1 day", on_timeout=self.remind
        )
        await api.store.push("tokens", slow.token)
        await api.schedule_next_step(action=self.tick, delay="1 hour")

    async def tick(self, data, headers, api: Api):
        api.log("tick")

    async def remind(self, data, headers, api: Api):
        api.log("reminder", way=data["way"])

    async def answered(self, data, headers, api: Api):
        withdrawn = [await api.cancel_wait(token) for token in await api.store.get("tokens")]
        api.log("answered", way=data["way"], event=data["event"], withdrawn=withdrawn)


class WaitsALot(Workflow):
    """Open many waits, and keep rolling over beside them until they are over."""

    async def start(self, data, headers, api: Api):
        for number in range(data["waits"]):
            wait = await api.wait_for_event(action=self.resumed, payload={"number": number}, timeout="30 days")
            if number < 3:
                await api.store.push("tokens", wait.token)
        await api.schedule_next_step(action=self.churn, payload=data["churn"])

    async def churn(self, data, headers, api: Api):
        if data:
            return await api.schedule_next_step(action=self.churn, payload=data - 1)
        await api.store.set("churned", True)

    async def resumed(self, data, headers, api: Api):
        await api.store.push("numbers", data["number"])
        if await api.store.increment("sum", data["event"]["add"]) == 6:
            await api.store.set("all", True)


class Approval(BaseModel):
    order: str
    event: dict[str, bool]


class WaitsTyped(Workflow):
    """Declare what the woken step takes."""

    async def start(self, data, headers, api: Api):
        wait = await api.wait_for_event(action=self.approved, payload={"order": "#1"})
        await api.store.set("token", wait.token)

    async def approved(self, data: Approval, headers, api: Api):
        return data.order if data.event["approved"] else "declined"


WAIT_FLOWS: list[type[Workflow]] = [WaitsOnce, ThreeWays, WaitsALot, WaitsTyped]
