from __future__ import annotations

from dataclasses import dataclass

from api.services import Services
from steps.handles import handles_of
from vault.deletions import Deletion


@dataclass(frozen=True)
class EarlierUse:
    """A handle that was a deleted connection's, and the workflows that would use whatever has it next."""

    deletion: Deletion
    workflows: tuple[str, ...]


async def earlier_use(services: Services, handle: str) -> EarlierUse | None:
    """Return what is left of a deleted connection of this handle, unless the handle is in use again."""
    connections = (await services.vault()).connections
    deletion = await connections.deletions.last(handle)
    if deletion is None or any(item.handle == handle for item in await connections.list()):
        return None
    return EarlierUse(deletion, uses_of(services, handle))


def uses_of(services: Services, handle: str) -> tuple[str, ...]:
    """Return the workflows whose code names the handle."""
    return tuple(sorted(name for name, cls in services.workflows.workflows.items() if handle in handles_of(cls)))
