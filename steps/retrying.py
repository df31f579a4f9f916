"""A new run from what a failed one left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from steps.batch import unpack
from steps.branch import Branch, Carried, RetryState, Trigger
from steps.claims import renewed
from steps.groups import reopened
from steps.record import LogLine, RunRecord


def needs_data(state: RetryState) -> bool:
    """Tell whether a failed `start` comes without its payload: what the run was started with must be read again."""
    return any(_lacks_payload(branch) for branch in unpack(state.failed))


def retry_of(run_id: str, record: RunRecord, state: RetryState, *, data: Any, now: datetime) -> Trigger:
    """Return what starts a run of the failed branches alone, each with its first attempt, and due now.

    The store goes on, and so do the groups that waited for these branches; the variables are read anew. `data` is what
    the failed run was started with; only where `needs_data` is it looked at.
    """
    branches = [
        branch.model_copy(
            update={
                "due": now,
                "attempt": 1,
                "payload": data if _lacks_payload(branch) else branch.payload,
            }
        )
        for branch in unpack(state.failed)
    ]
    steps = ", ".join(dict.fromkeys(branch.action for branch in branches))
    message = f"This run retries {len(branches)} failed branches of {run_id}: {steps}"
    carried = Carried(
        branches=branches,
        groups=reopened(state.groups, [branch.member for branch in branches]),
        next_id=state.next_id,
        store=record.store,
        claims=renewed(record.claims),
        log=[LogLine(at=now, message=message)],
    )
    return Trigger(headers=state.headers, carried=carried)


def _lacks_payload(branch: Branch) -> bool:
    return branch.action == "start" and branch.payload is None
