"""`simulate`: a workflow, and everything around it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from steps.delay import Delay, parse_delay
from steps.naming import slug
from steps.payload import to_json
from steps.reconnection import SIGNAL
from steps.testing.clock import Clock
from steps.testing.notion import FakeNotion
from steps.testing.outside import Outside
from steps.testing.route import Route
from steps.testing.run import SimulatedRun
from steps.testing.secrets import NOTION_HOSTS
from steps.testing.stage import Stage, stage
from steps.workflow import Workflow

_MOST_BYTES = 2_000_000


@asynccontextmanager
async def simulate(
    workflow: type[Workflow],
    *,
    env: Mapping[str, str] | None = None,
    secret_env: Mapping[str, str | Iterable[str]] | None = None,
    limit: float = 20.0,
) -> AsyncGenerator[World]:
    """Give a world in which the workflow runs in virtual time, on the real engine; nothing of it reaches the network.

    `env` are the workflow's variables. `secret_env` are its secret ones: the name, and the host or hosts that each is
    good for; a value they need not have. `limit` is in seconds of real time, for a run that never ends.

    Raises:
        ServerMissing, WorkflowRefused: it cannot be run.
        UnexpectedCall: a step made a call that has no answer, and nothing else has failed the test by then.
    """
    world = World(workflow, Outside(env or {}, secret_env or {}), stage(), limit)
    try:
        yield world
    finally:
        await world.close()
    world.check()


class World:
    """What is outside of a workflow's runs, and the runs themselves."""

    def __init__(self, workflow: type[Workflow], outside: Outside, on: Stage, limit: float) -> None:
        self._workflow, self._outside, self._stage = workflow, outside, on
        self._clock = Clock(on, limit, outside.secrets.broken)
        self.runs: list[SimulatedRun] = []

    @property
    def notion(self) -> FakeNotion:
        """The Notion that `api.notion` reaches, by any connected handle."""
        return self._outside.notion

    def connect(self, handle: str, *, hosts: Iterable[str] = NOTION_HOSTS) -> None:
        """Let an account be connected under the handle; its token is good for these hosts."""
        self._outside.secrets.connect(handle, hosts)

    def break_connection(self, handle: str) -> None:
        """Let the provider have taken the authorization of a connection away."""
        self._outside.secrets.lose(handle)

    async def reconnect(self, handle: str) -> None:
        """Let somebody connect the account again: the runs that wait for it go on."""
        __tracebackhide__ = True
        self._outside.secrets.reconnect(handle)
        await self._stage.do(self._reconnected(handle))
        self.check()

    def on(self, method: str, url: str | re.Pattern[str]) -> Route:
        """Set the answers to `api.fetch`: an address, in which `*` stands for anything, or a pattern to search for."""
        self._outside.routes.append(route := Route(method, url))
        return route

    def activity(self, name: str, function: Callable[..., Any]) -> None:
        """Answer `api.call(name, ...)` by a function; what it raises is tried again, then becomes `CallFailed`."""
        self._outside.activities[name] = function

    async def run(
        self, data: Any = None, *, headers: Mapping[str, str] | None = None, id: str | None = None
    ) -> SimulatedRun:
        """Start a run, and let time pass until it has ended, well or not."""
        __tracebackhide__ = True
        return await (await self.start(data, headers=headers, id=id)).finish()

    async def start(
        self, data: Any = None, *, headers: Mapping[str, str] | None = None, id: str | None = None
    ) -> SimulatedRun:
        """Start a run as a trigger does; it goes on when the test lets it, by `finish`, `sleep` or `resume`."""
        plain, _ = to_json(data, "The data", limit=_MOST_BYTES)
        trigger = {"data": plain, "headers": {name.lower(): value for name, value in (headers or {}).items()}}
        run_id = id or f"{slug(self._workflow.__name__)}/{self._stage.number()}"
        self._stage.stand_ins.enter(run_id, self._outside)
        run = await self._stage.do(self._start(run_id, trigger))
        self.runs.append(run)
        return run

    async def sleep(self, delay: Delay) -> None:
        """Let that much time pass for every run that has not ended."""
        __tracebackhide__ = True
        await self._stage.do(self._sleep(delay))
        self.check()

    def check(self) -> None:
        """Raise what no step could answer for: a call without an answer, or an exception of the test's own function."""
        __tracebackhide__ = True
        if self._outside.problems:
            raise self._outside.problems.pop(0)

    async def close(self) -> None:
        """End every run that is not over, so that it takes no time from other tests."""
        await self._stage.do(self._close())

    async def _start(self, run_id: str, trigger: dict[str, Any]) -> SimulatedRun:
        queue = await self._stage.queue_of(self._workflow)
        name = self._stage.type_of(self._workflow)
        handle = await self._stage.client.start_workflow(name, trigger, id=run_id, task_queue=queue)
        return SimulatedRun(
            name, self._stage.client.get_workflow_handle(handle.id), self._outside, self._clock, self._stage
        )

    async def _sleep(self, delay: Delay) -> None:
        going = [run for run in self.runs if not run.ended]

        async def reached() -> bool:
            return False

        await self._clock.advance(going, reached, await self._clock.now() + parse_delay(delay))
        for run in going:
            await run.look()

    async def _reconnected(self, handle: str) -> None:
        going = [run for run in self.runs if not run.ended]
        for run in going:
            await run.handle.signal(SIGNAL, handle)
        await self._clock.advance(going, _at_once)
        for run in going:
            await run.look()

    async def _close(self) -> None:
        at_rest = True
        for run in self.runs:
            if not run.ended and not await self._clock.comes_to_rest(run):
                at_rest = False
            elif not run.ended:
                await run.handle.terminate("the test is over")
            for child in run.progress.children:
                at_rest = await self._clock.forget(child) and at_rest
            self._stage.stand_ins.leave(run.id)
        if not at_rest:
            await self._stage.renew()


async def _at_once() -> bool:
    return True
