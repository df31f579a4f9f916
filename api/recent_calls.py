"""The calls of a run since it last rolled over, read again only when there is something new."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from temporalio.client import Client, WorkflowExecutionDescription

from api.calls import Calls, read_calls
from api.problems import RunUnknown

_LONGEST_SECONDS = 1.2
_MOST_KEPT = 20
_MOST_CALLS = 2_000


class RecentCalls:
    """Remember those of the runs that were looked at last: a live page asks again and again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, Calls]] = OrderedDict()

    async def read(self, client: Client, description: WorkflowExecutionDescription) -> Calls | None:
        """Return them; None where there is no history, or reading it takes too long for a page."""
        part, state = description.run_id or "", state_of(description)
        if (kept := self._kept.get(part)) and kept[0] == state:
            self._kept.move_to_end(part)
            return kept[1]
        pending = description.raw_description.pending_activities
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                found = await read_calls(client, description.id, part, pending)
        except (TimeoutError, RunUnknown):
            return None
        if len(found.calls) <= _MOST_CALLS:
            self._kept[part] = (state, found)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def state_of(description: WorkflowExecutionDescription) -> str:
    """Return a text that is another one when something has happened in the run."""
    pending = description.raw_description.pending_activities
    tries = ".".join(f"{one.attempt}{one.state}" for one in pending[:50])
    return f"{description.run_id}-{description.history_length}-{len(pending)}-{tries}-{description.status}"
