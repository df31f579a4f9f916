"""What an event of Notion starts: one run for each workflow that wants it and each connection that it is for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from api.problems import ApiError, TemporalUnavailable
from api.services import Services
from api.starting import Start, Started, prepare_start, store_start
from api.webhook_problems import WorkflowsUnloaded
from steps.branch import Trigger
from steps.errors import StepsError
from steps.workflow import Workflow
from vault.vault import Vault

logger = logging.getLogger("api")


async def start_runs(services: Services, event: Mapping[str, Any]) -> list[Started]:
    """Start what the event starts and has not started before; return when Temporal has stored all of it.

    Raises:
        TemporalUnavailable: some may not have been stored; those that were are not started again.
        PayloadInvalid, BodyTooLarge: a workflow does not take the event; the others have been started.
        WorkflowsUnloaded: a file that may want the event is not loaded; what the others want has been started.
    """
    handles = await _handles(await services.vault(), event)
    wanted = [
        (name, cls, handle)
        for name, cls in sorted(services.workflows.workflows.items())
        for handle in handles
        if cls.on is not None and cls.on.wants(event, handle)
    ]
    given = {name: await services.given(name) for name in {name for name, _, _ in wanted}}
    starts: list[Coroutine[Any, Any, Started]] = []
    for name, cls, handle in wanted:
        headers = {"connection": handle, "notion-event": str(event["type"])}
        trigger = Trigger(data=event, headers=headers, given=given[name])
        starts.append(_start(services, name, cls, handle, trigger))
    outcomes = await asyncio.gather(*starts, return_exceptions=True)
    failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    # What passes by itself first: the sender is told to come again.
    for error in sorted(failed, key=lambda error: not isinstance(error, TemporalUnavailable)):
        raise error
    if handles:
        _check_loaded(services)
    return [outcome for outcome in outcomes if isinstance(outcome, Started)]


async def _start(services: Services, name: str, cls: type[Workflow], handle: str, trigger: Trigger) -> Started:
    try:
        start = _prepared(services, name, cls, handle, trigger)
    except (StepsError, ApiError) as error:
        logger.warning("An event of Notion was refused by %s: %s", name, error)
        raise
    return await store_start(await services.temporal(), start)


def _prepared(services: Services, name: str, cls: type[Workflow], handle: str, trigger: Trigger) -> Start:
    # The handle also where there is but one: with the next connection the id would otherwise be another.
    key = f"notion-{trigger.data['id']}-{handle}"
    start = prepare_start(services.settings.task_queue, name, cls, trigger, key=key, origin="notion")
    return replace(start, connections=sorted({*start.connections, handle}))


async def _handles(vault: Vault, event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the connections that the event is for: those of the bots that Notion names, else of the workspace."""
    named, workspace = event.get("accessible_by"), event.get("workspace_id")
    accounts: list[str] | None = None
    if isinstance(named, list):
        members = (cast("dict[str, Any]", one) for one in cast("list[object]", named) if isinstance(one, dict))
        accounts = [one["id"] for one in members if isinstance(one.get("id"), str)]
    return await vault.reaching(
        "notion", accounts=accounts, workspace=workspace if isinstance(workspace, str) else None
    )


def _check_loaded(services: Services) -> None:
    """Refuse to confirm an event while a file that speaks of events has a mistake; Notion repeats it for a day."""
    problems = services.workflows.problems
    if unloaded := sorted({one.file for one in problems if _may_want(services.settings.workflows_dir / one.file)}):
        raise WorkflowsUnloaded(f"Not loaded: {', '.join(unloaded)}. What the others want has been started.")


def _may_want(path: Path) -> bool:
    return path.is_dir() or (path.is_file() and "NotionEvent" in path.read_text(encoding="utf-8", errors="replace"))
