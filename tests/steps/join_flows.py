# Steps are written here as authors write them: with types where they help.
# pyright: basic

"""Workflows whose branches end together, and whose steps are tried again."""

from __future__ import annotations

import asyncio

from steps import Api, Cancelled, Retry, RunFailed, Workflow, step


class Joins(Workflow):
    """Fan out, then sum up. Each branch is a list of what its steps return; a text fails."""

    async def start(self, data, headers, api: Api):
        options = {"delay": data.get("delay", 0), "always": data.get("always", False)}
        await api.fan_out(self.branch, data["branches"], then=self.summarise, **options)
        if data.get("fail"):
            raise RuntimeError("after asking")

    async def branch(self, data, headers, api: Api):
        value, *rest = data
        if isinstance(value, str) and not await api.store.get(f"mended {value}", api.env.get("MENDED")):
            raise RuntimeError(value)
        if rest:
            await api.schedule_next_step(action=self.branch, payload=rest)
        return value

    async def summarise(self, data, headers, api: Api):
        api.log("summed", results=data)
        return {"results": data}


class Nested(Workflow):
    """A group in each branch of a group."""

    async def start(self, data, headers, api: Api):
        await api.fan_out("outer", data, then="all")

    async def outer(self, data, headers, api: Api):
        await api.fan_out("inner", data, then="some")

    async def inner(self, data, headers, api: Api):
        if data == "bad" and "MENDED" not in api.env:
            raise RuntimeError("bad")
        return data

    async def some(self, data, headers, api: Api):
        return ["some", *data]

    async def all(self, data, headers, api: Api):
        return ["all", *data]


class JoinsWaits(Workflow):
    """Branches that wait: one is answered, one expires into a step, one expires, one is withdrawn."""

    async def start(self, data, headers, api: Api):
        await api.fan_out("ask", ["answer", "escalate", "expire", "withdraw"], then="end")

    async def ask(self, data, headers, api: Api):
        wait = await api.wait_for_event(
            action="answered", payload={"who": data}, timeout="1 day",
            on_timeout="escalated" if data == "escalate" else None,
        )  # fmt: skip
        if data == "withdraw":
            await api.store.set("token", wait.token)
            await api.schedule_next_step(action="withdraw", delay="1 hr")

    async def withdraw(self, data, headers, api: Api):
        await api.cancel_wait(await api.store.get("token"))

    async def answered(self, data, headers, api: Api):
        return data["event"]

    async def escalated(self, data, headers, api: Api):
        return "escalated"

    async def end(self, data, headers, api: Api):
        return data


class AsksGroup(Workflow):
    """Call fan_out with what the test says."""

    async def start(self, data, headers, api: Api):
        try:
            await api.fan_out(**data)
        except Exception as error:
            return {"type": getattr(error, "type", type(error).__name__), "message": str(error)}

    async def big(self, data, headers, api: Api):
        return "x" * data

    async def end(self, data, headers, api: Api):
        return len(data)


class Fills(Workflow):
    """Hold payloads that wait, then ask for one more and return a result in the same step."""

    async def start(self, data, headers, api: Api):
        for _ in range(data["held"]):
            await api.schedule_next_step(action=self.hold, payload="x" * 200_000, delay="1 hr")
        await api.fan_out(self.fill, [data], then=self.end)

    async def fill(self, data, headers, api: Api):
        await api.schedule_next_step(action=self.hold, payload="x" * data["asked"], delay="1 hr")
        return "y" * data["returned"]

    async def hold(self, data, headers, api: Api):
        pass

    async def end(self, data, headers, api: Api):
        pass


class Retries(Workflow):
    """Steps that are tried again."""

    async def start(self, data, headers, api: Api):
        await api.schedule_next_step(action=data["step"], payload=data)

    @step(retry=Retry(attempts=4, backoff="10 sec", longest="15 sec"))
    async def flaky(self, data, headers, api: Api):
        tries = await api.store.increment("tries")
        await api.schedule_next_step(action=self.after)
        if tries < data["good"]:
            raise RuntimeError(f"try {tries}")
        return {"attempt": api.run.attempt}

    @step(retry=Retry(attempts=4, backoff=0.01))
    async def quick(self, data, headers, api: Api):
        if await api.store.increment("tries") < data["good"]:
            raise RuntimeError("not yet")
        return {"attempt": api.run.attempt}

    async def after(self, data, headers, api: Api):
        api.log("after")

    @step(retry=3)
    async def hopeless(self, data, headers, api: Api):
        await api.schedule_next_step(action="nowhere")

    @step(timeout="30 sec", retry=Retry(attempts=2, backoff=5))
    async def slow(self, data, headers, api: Api):
        await asyncio.sleep(20 if api.run.attempt >= data["good"] else 40)
        return api.run.attempt

    @step(timeout=1)
    async def hangs(self, data, headers, api: Api):
        await api.call("hang")

    @step(timeout=30)
    async def own_timeout(self, data, headers, api: Api):
        async with asyncio.timeout(1):
            await asyncio.sleep(2)

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api):
        api.log("hook", failures=[failure.attempt for failure in error.failures])


class RetriesStart(Workflow):
    """A start that is tried again."""

    @step(retry=Retry(attempts=3, backoff=1))
    async def start(self, data, headers, api: Api):
        if api.run.attempt < 3:
            raise RuntimeError(f"attempt {api.run.attempt}")
        return {"attempt": api.run.attempt, "size": len(data)}


class StartsMended(Workflow):
    """Fail in start until somebody sets a variable."""

    async def start(self, data, headers, api: Api):
        if "MENDED" not in api.env:
            raise RuntimeError("not yet")
        return {"size": len(data["name"]), "headers": headers}


JOIN_FLOWS: list[type[Workflow]] = [Joins, Nested, JoinsWaits, AsksGroup, Fills, Retries, RetriesStart, StartsMended]
