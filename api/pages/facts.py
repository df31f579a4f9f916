"""The state of what the service needs, in a few words each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from api.health import Check
from api.spans import ago
from api.workers import Polling
from vault.connection import Connection, ConnectionStatus

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Fact:
    """One thing, and how it is."""

    name: str
    state: State
    words: str
    more: str = ""
    href: str | None = None


def find_facts(checks: Sequence[Check], polling: Polling | None, connections: Sequence[Connection]) -> list[Fact]:
    """Return what the service needs, in the order in which the one needs the other."""
    state = {check.name: check for check in checks}
    temporal, vault, workflows = state["temporal"], state["vault"], state["workflows"]
    return [
        Fact("Temporal", temporal.state, "answers" if temporal.state == "ok" else "does not answer"),
        _worker(polling),
        Fact("Vault", vault.state, "open" if vault.state == "ok" else "not open", vault.reason or ""),
        _connections(connections),
        Fact("Workflows", workflows.state, workflows.detail.partition(":")[0].rstrip("."), href="/workflows"),
    ]


def _worker(polling: Polling | None) -> Fact:
    if polling is None:
        return Fact("Worker", "warning", "not known", "only Temporal knows")
    now = datetime.now(UTC)
    seen = f"seen {ago(polling.last_seen, now)}" if polling.last_seen else "not seen lately"
    more = f"{seen}, build {', '.join(polling.builds)}" if polling.builds else seen
    return (
        Fact("Worker", "ok", "polls", more) if polling.fresh(now) else Fact("Worker", "failed", "does not poll", more)
    )


def _connections(connections: Sequence[Connection]) -> Fact:
    kept = [one for one in connections if one.deleting_at is None]
    lost = sum(one.status is not ConnectionStatus.ACTIVE for one in kept)
    if not kept:
        return Fact("Connections", "warning", "none yet", href="/connections")
    words = f"{lost} of {len(kept)} to reconnect" if lost else f"{len(kept)} active"
    return Fact("Connections", "failed" if lost else "ok", words, href="/connections")
