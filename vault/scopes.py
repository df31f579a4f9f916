"""What an API key or a signed-in person may do."""

from __future__ import annotations

from collections.abc import Collection

TRIGGER = "trigger"
READ = "read"
OPERATE = "operate"
ADMIN = "admin"

SCOPES = {
    TRIGGER: "Start runs of workflows, and get the ids of those that it starts.",
    READ: "See runs, workflows, schedules, connections and the names of variables.",
    OPERATE: "The same, and keep them going: cancel, retry and resume runs; pause and run schedules; test and "
    "reconnect connections.",
    ADMIN: "Everything: also add and delete connections, schedules and variables; keys, sessions, webhooks.",
}
_INCLUDED = {OPERATE: (OPERATE, READ), ADMIN: tuple(SCOPES)}


def covers(held: Collection[str], needed: Collection[str]) -> bool:
    """Tell whether the scopes that are held allow all that are needed; a scope of an unknown name allows nothing."""
    return set(needed) <= {scope for name in held if name in SCOPES for scope in _INCLUDED.get(name, (name,))}
