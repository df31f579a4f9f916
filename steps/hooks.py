"""The hooks for the end of a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from steps.api import Api
from steps.log import MAX_LINE_CHARACTERS
from steps.parking import parking_cause
from steps.text import shown

if TYPE_CHECKING:
    from steps.run import Run


async def call_hook(run: Run, name: str, *arguments: Any) -> None:
    """Call a hook; what it raises is logged, and changes nothing about how the run ended."""
    instance = object.__new__(run.workflow)
    try:
        await getattr(instance, name)(*arguments, Api(run, name, None))
    except (GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        cancelled = isinstance(error, asyncio.CancelledError) and workflow.cancellation_reason() is not None
        if cancelled or parking_cause(error):
            raise
        message = f"{type(error).__name__}: {shown(error, MAX_LINE_CHARACTERS)}"
        run.log.add("error", message, step=name, branch=None, fields={})
