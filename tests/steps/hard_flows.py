# Steps are written here as authors write them: with types where they help.
# pyright: basic

"""Workflows that do what no author should; their runs must end, or park, all the same."""

from __future__ import annotations

import asyncio
import random
import sys
import time
import uuid
from datetime import datetime
from pathlib import Path

from temporalio import workflow as temporal_workflow

from steps import Api, Cancelled, RunFailed, Workflow


class ArmThenFail(Workflow):
    """Ask for a step, then raise: nothing may be armed."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action="never")
        raise ValueError("after asking")

    async def never(self, data, headers, api: Api):
        api.log("never happens")


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
                time.sleep(0.01)  # noqa: ASYNC251  # on purpose
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


class Heavy(Workflow):
    """Fill everything that a record and a roll-over hold."""

    respond = "start"

    async def start(self, data, headers, api: Api):
        for number in range(1_200):
            await api.schedule_next_step(action=self.fail if number % 2 else self.speak, payload=number)
        for _ in range(data["sleepers"]):
            await api.schedule_next_step(action=self.sleeper, payload="é" * 104_000, delay=data["delay"])
        for key in "ab":
            await api.store.set(key, "é" * 32_700)
        return "é" * 32_600

    async def fail(self, data, headers, api: Api):
        raise RuntimeError("漢" * 5_000)

    async def speak(self, data, headers, api: Api):
        api.log("漢" * 5_000, why="漢" * 2_000)
        return "é" * 131_000

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


HARD_FLOWS: list[type[Workflow]] = [
    ArmThenFail, HooksMisbehave, Breaks, BreaksInHook, Awkward, Heavy, CallsContinueAsNew, CancelsItself, LateAsk,
    Chatty, ReturnsOdd,
]  # fmt: skip
