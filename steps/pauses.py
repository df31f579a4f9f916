"""What a call waits for before it is sent: nothing has happened yet, so that the wait uses up no attempt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError

from steps.errors import VaultFailed
from steps.paced import Paced
from steps.parts import details_of

_VAULT_WAIT = timedelta(seconds=1)
_LONGEST_VAULT_WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Pause:
    """How long to wait, what for, in words that stand before the call's own, and what to say of it in the call."""

    length: timedelta
    reason: str
    mark: Mapping[str, Any] = field(default_factory=dict[str, Any])


def pause_for(failure: BaseException | None, before: int) -> Pause | None:
    """Return what to wait for after a failure, or None where the call has failed; `before` counts the pauses so far."""
    if not isinstance(failure, ApplicationError) or failure.type not in _PAUSES:
        return None
    return _PAUSES[failure.type](details_of(failure), before)


def _vault(_details: dict[str, Any], before: int) -> Pause:
    return Pause(min(_VAULT_WAIT * 2 ** min(before, 16), _LONGEST_VAULT_WAIT), "the vault")


def _turn(details: dict[str, Any], _before: int) -> Pause:
    # The call went to the end of a queue and has its place there; asked for at once, it would be given another.
    return Pause(timedelta(seconds=float(details["wait"])), f"{details['handle']}'s turn", {"turned": True})


_PAUSES: dict[str, Callable[[dict[str, Any], int], Pause | None]] = {
    VaultFailed.type: _vault,
    Paced.type: _turn,
}
PAUSING = tuple(_PAUSES)
"""The failures that Temporal does not try again by itself: the run waits."""
