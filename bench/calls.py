"""The activities that the bench's workers run: as little work as an activity can do."""

from __future__ import annotations

from typing import Any

from temporalio import activity

from steps.http import VariablesRequest


@activity.defn
async def noop(value: Any) -> Any:
    """Return what it was given."""
    return value


@activity.defn
async def read_variables(request: VariablesRequest) -> dict[str, str]:
    """Stand for the look into the vault with which a run of Durable Steps begins: from memory, and empty."""
    return {}
