"""What needs a person: each with what it means, and the link that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from api.health import Check
from api.services import Services
from steps.discovery import LoadProblem
from vault.connection import Connection, ConnectionStatus
from vault.errors import VaultError
from vault.scopes import OPERATE


@dataclass(frozen=True)
class Concern:
    """One thing that is not well."""

    state: Literal["failed", "warning"]
    title: str
    text: str
    href: str | None = None
    action: str | None = None
    """The words of the link."""
    needs: str = OPERATE
    """The scope without which the link leads to a refusal."""
    code: str | None = None
    """A stable name to look for, or a command."""


_MEANWHILE = {"temporal": " Nothing is lost: when it is back, every run goes on where it was."}
_LOST = {
    ConnectionStatus.NEEDS_REAUTHORIZATION: "Its provider takes its token no more. Runs that use it wait, and go on by "
    "themselves once it is connected again.",
    ConnectionStatus.REVOKED: "It was revoked. Runs that use it fail until somebody connects it again.",
}


def of_checks(checks: Sequence[Check]) -> list[Concern]:
    """Return what is wrong with that which the service needs; files are told one by one instead."""
    titles = {
        "temporal": "Temporal does not answer",
        "worker": "No worker polls",
        "vault": "The vault is not open",
    }
    wrong = [check for check in checks if check.state != "ok" and check.name in titles]
    if any(check.name == "temporal" for check in wrong):  # which is the one that could tell of a worker
        wrong = [check for check in wrong if check.name != "worker"]
    return [
        Concern("failed", titles[check.name], f"{check.detail}{_MEANWHILE.get(check.name, '')}", code=check.reason)
        for check in wrong
    ]


def of_connections(connections: Sequence[Connection]) -> list[Concern]:
    """Return the connections whose provider takes their tokens no more."""
    return [
        Concern(
            "failed",
            f"{one.handle} has to be connected again",
            _LOST[one.status],
            f"/connections/{quote(one.handle)}/reconnect",
            f"Reconnect {one.handle}",
        )
        for one in connections
        if one.status in _LOST and one.deleting_at is None
    ]


def of_files(problems: Sequence[LoadProblem]) -> list[Concern]:
    """Return the workflow files that did not load."""
    return [
        Concern(
            "failed",
            f"{one.file}{f':{one.line}' if one.line else ''} did not load",
            f"{one.message} Correct it, then restart the API and the workers. The other files work meanwhile.",
            "/workflows",
            "See the workflows",
        )
        for one in problems
    ]


def of_triggers(services: Services, set_for: set[str]) -> list[Concern]:
    """Return the triggers that check signatures, and have no secret to check them with."""
    return [
        Concern(
            "warning",
            f"The trigger of {name} has no secret",
            f"It takes deliveries that are signed ({cls.signed.words}), and refuses each until the secret is set:",
            f"/workflows/{quote(name)}",
            f"Open {name}",
            code=f"python cli.py triggers secret {name}",
        )
        for name, cls in sorted(services.workflows.workflows.items())
        if cls.signed is not None and name not in set_for
    ]


async def find_concerns(
    services: Services, checks: Sequence[Check], connections: Sequence[Connection]
) -> list[Concern]:
    """Return everything that needs a person, the worst first."""
    found = [*of_checks(checks), *of_connections(connections), *of_files(services.workflows.problems)]
    try:
        secrets = await (await services.vault()).trigger_secrets.list()
    except VaultError:
        return found  # that the vault is not open is among them
    return found + of_triggers(services, {one.workflow for one in secrets})
