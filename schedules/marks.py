"""How our schedules are told from others, and declared ones from those that the API made."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleDescription,
    ScheduleListDescription,
)

from steps.naming import slug

M = TypeVar("M", bound=BaseModel)

MEMO = "steps"
MADE_BY = Literal["class", "api"]


class Mark(BaseModel):
    """Who a schedule belongs to: it stands in the schedule's memo, and stays as it is."""

    made_by: MADE_BY
    task_queue: str
    workflow: str


class Said(BaseModel):
    """What a schedule was made from. It stands in the memo of its action, which changes with the schedule."""

    digest: str
    words: str
    count: int | None = None
    paused: bool = False


def declared_id(task_queue: str, workflow: str) -> str:
    """Return the id of the schedule that a class declares: `steps/daily-report`."""
    return f"{task_queue}/{slug(workflow)}"


def made_id(task_queue: str, workflow: str, name: str) -> str:
    """Return the id of a schedule that the API makes: `steps/daily-report/for-berlin`."""
    return f"{declared_id(task_queue, workflow)}/{name}"


async def mark_of(description: ScheduleDescription | ScheduleListDescription) -> Mark | None:
    """Return whose a schedule is; None if it is none of ours."""
    return _read(Mark, (await description.memo()).get(MEMO))


async def said_of(client: Client, schedule: Schedule) -> Said | None:
    """Return what a schedule was made from, if that can be told."""
    action = schedule.action
    if not isinstance(action, ScheduleActionStartWorkflow):
        return None
    payload: Any = (action.memo or {}).get(MEMO)
    if payload is None:
        return None
    return _read(Said, (await client.data_converter.decode([payload]))[0])


def _read(model: type[M], value: object) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError:  # somebody else's, or a newer version's
        return None
