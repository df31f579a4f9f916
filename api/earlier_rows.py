"""The attempts that ended before a run last rolled over: each Temporal run begins with those of the one before."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any, NamedTuple

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.reach import RPC_TIMEOUT
from steps.parts import a_list, an_object
from steps.record import StepRow

MOST_ROWS = 11_000
"""As many branches as a run may hold at once, and the steps around them."""
_LONGEST_SECONDS = 1.2
_MOST_KEPT = 40


class Part(NamedTuple):
    """What the Temporal run before handed over: its rows, and which one it was."""

    rows: tuple[StepRow, ...]
    before: str | None


class EarlierRows:
    """Read them, the newest first, and remember some: they never change, and a live page asks again and again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Part] = OrderedDict()

    async def read(self, client: Client, run_id: str, newest: str) -> list[StepRow]:
        """Return the rows of the runs before the newest of the chain, in order; of a long chain, the last ones."""
        parts: list[tuple[StepRow, ...]] = []
        at: str | None = newest
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                while at is not None and sum(map(len, parts)) < MOST_ROWS:
                    part = await self._part(client, run_id, at)
                    parts.append(part.rows)
                    at = part.before
        except TimeoutError:
            pass  # the page says how many are not there, and has more of them the next time
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return [row for rows in reversed(parts) for row in rows]

    async def _part(self, client: Client, run_id: str, at: str) -> Part:
        if kept := self._kept.get((run_id, at)):
            self._kept.move_to_end((run_id, at))
            return kept
        part = await _read(client, run_id, at)
        self._kept[run_id, at] = part
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return part


async def _read(client: Client, run_id: str, at: str) -> Part:
    handle = client.get_workflow_handle(run_id, run_id=at)
    async for event in handle.fetch_history_events(page_size=1, rpc_timeout=RPC_TIMEOUT):
        started = event.workflow_execution_started_event_attributes
        if not started.continued_execution_run_id:
            return Part((), None)
        # Not as a Trigger: to check ten thousand branches that wait, only to read rows, takes a second.
        argument = an_object(next(iter(await client.data_converter.decode(started.input.payloads)), None))
        rows = a_list(an_object(argument.get("carried")).get("steps"))
        return Part(tuple(map(_row, rows)), started.continued_execution_run_id)
    return Part((), None)


def _row(values: Any) -> StepRow:
    return StepRow(*values)
