# Steps are written here as authors write them: with types where they help.
# pyright: basic

"""Workflows that the engine's tests run."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow as temporal_workflow

from steps import Api, Cancelled, RunFailed, Workflow
from tests.steps.call_flows import CallsOwn, CallsSlow, Catches, FanCalls, Fetches, Journey, TakesToken


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


class Long(Workflow):
    """Count down with everything that a roll-over has to carry."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action="fail_early")
        await api.schedule_next_step(action="count", payload=data)

    async def fail_early(self, data, headers, api: Api):
        raise RuntimeError("early")

    async def count(self, data, headers, api: Api):
        if data["left"] % data["log_every"] == 0:
            api.log("at", left=data["left"])
        if data["call_every"] and data["left"] % data["call_every"] == 0:
            await api.fetch(f"https://example.com/{data['left']}")
        if data["left"] > 0:
            await api.schedule_next_step(action=self.count, payload={**data, "left": data["left"] - 1})
        return {"left": data["left"], "headers": headers, "table": api.env["TABLE"], "started": str(api.run.started_at)}

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log("error hook", failures=[failure.message for failure in error.failures], table=api.env["TABLE"])


MARK: ContextVar[int] = ContextVar("MARK", default=0)


class Marks(Workflow):
    """Mark the context in each step; a later one that sees it runs inside the earlier one's."""

    async def start(self, data, headers, api: Api):
        seen = MARK.get()
        MARK.set(seen + 1)
        if data["left"]:
            return await api.schedule_next_step(action=self.again, payload={"left": data["left"] - 1})
        return {"seen": seen}

    async def again(self, data, headers, api: Api):
        return await self.start(data, headers, api)


FLOWS: list[type[Workflow]] = [
    Chain, Echo, FanOut, FreshInstance, Typed, Asks, Variables, TakesToken, Fetches, Journey, Catches, CallsSlow,
    Durations, Facts, Child, CallsOwn, Long, FanCalls, Marks,
]  # fmt: skip
