"""What parks a run, so that a fixed deploy heals it, where any other error fails its step."""

from __future__ import annotations

from typing import cast

from temporalio.workflow import NondeterminismError


def parking_cause(error: BaseException) -> NondeterminismError | None:
    """Return the nondeterminism that an error is, or holds (asyncio.TaskGroup raises a group).

    A violation of the sandbox is one.
    """
    if isinstance(error, NondeterminismError):
        return error
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return next((cause for cause in map(parking_cause, group.exceptions) if cause is not None), None)
    return None
