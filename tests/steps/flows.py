# Steps are written here as authors write them: with types where they help.
# pyright: basic

"""Workflows that the engine's tests run."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow as temporal_workflow

from steps import Api, Cancelled, RunFailed, Workflow


class Chain(Workflow):
    """Count down, a step each."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.count, payload={"left": data["steps"]}, delay=data.get("delay", 0))

    async def count(self, data, headers, api: Api):
        if data["left"] > 1:
            await api.schedule_next_step(action="count", payload={"left": data["left"] - 1}, delay=data.get("delay", 0))
        return {"left": data["left"] - 1, "headers": headers}


class FanOut(Workflow):
    """Run branches side by side; those named in `bad` fail."""

    async def start(self, data, headers, api: Api):
        for number in range(data["branches"]):
            payload = {"number": number, "bad": number in data.get("bad", [])}
            await api.schedule_next_step(action="branch", payload=payload, delay=data.get("delay", 0))

    async def branch(self, data, headers, api: Api):
        if data["bad"]:
            raise RuntimeError(f"branch {data['number']} is bad")
        api.log("ended", number=data["number"])

    async def on_workflow_complete(self, api: Api):
        api.log("complete")

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log("error hook", failed=len(error.failures), type=error.type)


class ArmThenFail(Workflow):
    """Ask for a step, then raise: nothing may be armed."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action="never")
        raise ValueError("after asking")

    async def never(self, data, headers, api: Api):
        api.log("never happens")


class FreshInstance(Workflow):
    """Show that nothing survives in self."""

    async def start(self, data, headers, api: Api):
        self.kept = "here"
        await api.schedule_next_step(action="look")

    async def look(self, data, headers, api: Api):
        return getattr(self, "kept", "gone")


class Echo(Workflow):
    """Return what the run was started with."""

    async def start(self, data, headers, api: Api):
        return {"data": data, "headers": headers}

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log("told")


class Order(BaseModel):
    """A typed payload."""

    name: str
    total: float


class Typed(Workflow):
    """Declare what a step takes."""

    async def start(self, data: Order, headers, api: Api):
        await api.schedule_next_step(action="next", payload=data)

    async def next(self, data: Order, headers, api: Api):
        return {"type": type(data).__name__, "total": data.total}


class Asks(Workflow):
    """Call schedule_next_step with what the test says."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(**data)

    async def other(self, data, headers, api: Api):
        return "ran"


class Variables(Workflow):
    """Read a variable."""

    async def start(self, data, headers, api: Api):
        return {"value": api.env[data], "all": sorted(api.env), "sealed": type(api.env[data]).__name__}


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


class HooksMisbehave(Workflow):
    """Schedule and raise in a hook."""

    async def start(self, data, headers, api: Api):
        return "done"

    async def on_workflow_complete(self, api: Api):
        await api.schedule_next_step(action="again")

    async def again(self, data, headers, api: Api):
        raise AssertionError("a hook has scheduled this")


class ReadsClock(Workflow):
    """Break the sandbox's rule; the run parks."""

    async def start(self, data, headers, api: Api):
        return str(datetime.now())


class CallsContinueAsNew(Workflow):
    """Do what only the engine may."""

    async def start(self, data, headers, api: Api):
        temporal_workflow.continue_as_new({"data": None})


class CancelsItself(Workflow):
    """Raise CancelledError though nobody cancelled the run."""

    async def start(self, data, headers, api: Api):
        raise asyncio.CancelledError


class LateAsk(Workflow):
    """Ask for a step after the asking step has returned."""

    async def start(self, data, headers, api: Api):
        LateAsk.kept = api
        await api.schedule_next_step(action="use_kept")

    async def use_kept(self, data, headers, api: Api):
        await LateAsk.kept.schedule_next_step(action="use_kept")


class Durations(Workflow):
    """Show that delays count from the call."""

    async def start(self, data, headers, api: Api):
        before = api.run.now()
        await api.schedule_next_step(action="end", delay="5 min", payload={"asked": before.isoformat()})
        await temporal_workflow.sleep(timedelta(minutes=2))

    async def end(self, data, headers, api: Api):
        return (api.run.now() - datetime.fromisoformat(data["asked"])).total_seconds()


class Facts(Workflow):
    """Return what api.run knows."""

    async def start(self, data, headers, api: Api):
        run = api.run
        return {"run_id": run.run_id, "workflow": run.workflow, "step": run.step, "attempt": run.attempt,
                "uuids": len({run.uuid() for _ in range(3)}), "random": 0 <= run.random.random() < 1}  # fmt: skip


class Base(Workflow, abstract=True):
    """Share a step with subclasses."""

    async def shared(self, data, headers, api: Api):
        return f"shared by {api.run.workflow}"


class Child(Base, name="RenamedChild"):
    """Inherit a step, under a name of its own."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.shared)


class Chatty(Workflow):
    """Log more than is kept."""

    async def start(self, data, headers, api: Api):
        for number in range(data):
            api.log("line", number=number)
        api.log("odd", value=object(), nan=float("nan"), text="x" * 10_000)


class ReturnsOdd(Workflow):
    """Return what is no JSON."""

    async def start(self, data, headers, api: Api):
        return object()


class CallsOwn(Workflow):
    """Run an activity of the operator's own."""

    async def start(self, data, headers, api: Api):
        return await api.call("shout", data)


FLOWS: list[type[Workflow]] = [
    Chain, Echo, FanOut, ArmThenFail, FreshInstance, Typed, Asks, Variables, TakesToken, Fetches, HooksMisbehave,
    ReadsClock, CallsContinueAsNew, CancelsItself, LateAsk, Durations, Facts, Child, Chatty, ReturnsOdd, CallsOwn,
]  # fmt: skip
