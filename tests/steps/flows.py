# Steps are written here as authors write them: with types where they help.
# pyright: basic

"""Workflows that the engine's tests run."""

from __future__ import annotations

import asyncio
import random
import sys
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel
from temporalio import workflow as temporal_workflow

from steps import Api, Cancelled, NotionError, Retry, RunFailed, Workflow


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


class Breaks(Workflow):
    """Break the sandbox's rule; the run parks."""

    async def start(self, data, headers, api: Api):
        match data:
            case "clock":
                return str(datetime.now())
            case "random":
                return random.random()
            case "uuid":
                return str(uuid.uuid4())
            case "file":
                return Path(__file__).read_text(encoding="utf-8")
            case "sleep":
                time.sleep(0.01)  # noqa: ASYNC251
            case "group":
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._clock())

    async def _clock(self):
        return str(datetime.now())


class BreaksInHook(Workflow):
    """Break the sandbox's rule when all is done."""

    async def start(self, data, headers, api: Api):
        return "done"

    async def on_workflow_complete(self, api: Api):
        api.log(datetime.now())


class Unspeakable(Exception):
    """Fail to say what is wrong."""

    def __str__(self):
        raise KeyError("no words")

    __repr__ = __str__


class Awkward(Workflow):
    """Raise, log or return what is hard to keep."""

    async def start(self, data, headers, api: Api):
        match data:
            case "itself":
                error = RuntimeError("its own cause")
                raise error from error
            case "causes":
                error = RuntimeError("0")
                for number in range(500):
                    (later := RuntimeError(str(number))).__cause__ = error
                    error = later
                raise error
            case "long":
                raise RuntimeError("é" * 5_000_000)
            case "surrogate":
                raise RuntimeError("half a pair: \ud83d")
            case "unspeakable":
                raise Unspeakable
            case "exit":
                sys.exit("the step wants to leave")
            case "recursion":
                await self.start("recursion", headers, api)
            case "log":
                api.log(Unspeakable(), who=Unspeakable(), half="\ud83d", deep={"\ud83d": 1})
                api.log("half \ud83d")
                return "logged"

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log("error hook")
        raise Unspeakable


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


class Heavy(Workflow):
    """Fill everything that a record and a roll-over hold."""

    async def start(self, data, headers, api: Api):
        for number in range(1_200):
            await api.schedule_next_step(action=self.fail if number % 2 else self.speak, payload=number)
        for _ in range(data["sleepers"]):
            await api.schedule_next_step(action=self.sleeper, payload="é" * 115_000, delay=data["delay"])
        return "é" * 131_000

    async def fail(self, data, headers, api: Api):
        raise RuntimeError("漢" * 5_000)

    async def speak(self, data, headers, api: Api):
        api.log("漢" * 5_000, why="漢" * 2_000)

    async def sleeper(self, data, headers, api: Api):
        api.log("woke")


class CallsContinueAsNew(Workflow):
    """Do what only the engine may, in a step and in a hook."""

    async def start(self, data, headers, api: Api):
        temporal_workflow.continue_as_new({"data": None})

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        temporal_workflow.continue_as_new({"data": None})


class CancelsItself(Workflow):
    """Raise CancelledError though nobody cancelled the run."""

    async def start(self, data, headers, api: Api):
        raise asyncio.CancelledError

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
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


FLOWS: list[type[Workflow]] = [
    Chain, Echo, FanOut, ArmThenFail, FreshInstance, Typed, Asks, Variables, TakesToken, Fetches, HooksMisbehave,
    Breaks, BreaksInHook, Awkward, Heavy, Journey, Catches, CallsSlow, CallsContinueAsNew, CancelsItself, LateAsk,
    Durations, Facts, Child, Chatty, ReturnsOdd, CallsOwn, Long, FanCalls,
]  # fmt: skip
