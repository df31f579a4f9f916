"""Our schedules as Temporal's."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
)

import steps.schedule
from schedules.marks import MEMO, Said
from steps.branch import Trigger
from steps.naming import slug
from steps.schedule import Cron, Every
from steps.schedule_terms import Overlap

OVERLAP: dict[Overlap, ScheduleOverlapPolicy] = {
    "skip": ScheduleOverlapPolicy.SKIP,
    # One waits, not all that came: a run that is longer than its interval would gather more and more of them.
    "buffer": ScheduleOverlapPolicy.BUFFER_ONE,
    "allow": ScheduleOverlapPolicy.ALLOW_ALL,
    "cancel-running": ScheduleOverlapPolicy.CANCEL_OTHER,
}


def to_temporal(
    schedule: steps.schedule.Schedule, workflow: str, schedule_id: str, task_queue: str, name: str
) -> Schedule:
    """Return Temporal's schedule, new; `name` is what its runs' ids begin with after the workflow's name."""
    terms = schedule.terms
    said = Said(digest=schedule.digest, words=schedule.words, count=terms.count, paused=terms.paused)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            workflow,
            Trigger(data=terms.data, schedule=schedule_id),
            id=f"{slug(workflow)}/{name}",
            task_queue=task_queue,
            memo={MEMO: said, "trigger": "schedule"},
            static_summary=f"{workflow}, started by its schedule",
        ),
        spec=_spec(schedule),
        policy=SchedulePolicy(overlap=OVERLAP[terms.overlap], catchup_window=terms.catch_up),
        state=ScheduleState(
            paused=terms.paused, limited_actions=terms.count is not None, remaining_actions=terms.count or 0
        ),
    )


def _spec(schedule: steps.schedule.Schedule) -> ScheduleSpec:
    terms = schedule.terms
    spec = ScheduleSpec(
        start_at=terms.start,
        end_at=terms.end,
        jitter=terms.jitter or None,
        time_zone_name=terms.time_zone,
    )
    if isinstance(schedule, Every):
        spec.intervals = [ScheduleIntervalSpec(every=schedule.interval, offset=schedule.offset or None)]
    if isinstance(schedule, Cron):
        spec.cron_expressions = [schedule.cron]
    return spec


RPC_TIMEOUT = timedelta(seconds=5)
