"""The keys that a run's steps have claimed with `api.dedupe`. Pure: no clock, no Temporal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from steps.errors import RequestInvalid

MAX_CLAIMS = 1_000
CLAIM_BYTES = 45  # of a claim's JSON at most
MAX_OPEN = 1_800  # well under the 2,000 pending children at which Temporal's server stops a run for good
ROLL_AT = 900  # a new Temporal run has no pending children
_DIGEST = 16  # characters; only the keys of one branch are told apart by them


class Claim(NamedTuple):
    """A key that an attempt of a branch was the first to see; `until` is in seconds since 1970."""

    branch: int
    attempt: int
    digest: str
    until: int


class Claims:
    """Remember what each step that has not succeeded has claimed, so that its next attempt is the first again.

    Temporal decides who is the first, and has forgotten by the next attempt that it was this very branch.
    """

    def __init__(self, carried: Iterable[Claim]) -> None:
        self._kept: dict[int, dict[str, Claim]] = {}
        self._count = 0
        self.asking = 0  # questions that Temporal has not answered
        self.open = 0  # windows that this Temporal run has opened and that are not over
        for claim in carried:
            self._keep(claim)

    @property
    def kept(self) -> list[Claim]:
        """What a roll-over carries, and what a retry of the failed steps needs."""
        return [claim for claims in self._kept.values() for claim in claims.values()]

    @property
    def crowded(self) -> bool:
        """Tell whether the run should roll over, to be rid of its pending children."""
        return self.open >= ROLL_AT

    def answer(self, branch: int, attempt: int, digest: str, now: datetime) -> bool | None:
        """Tell whether an attempt is the first to see a key, or None where only Temporal knows.

        A later attempt of the branch that claimed it is the first again; a second question of one attempt is not.
        """
        claim = self._kept.get(branch, {}).get(digest[:_DIGEST])
        if claim is None or claim.until <= now.timestamp():
            return None
        if claim.attempt >= attempt:
            return False
        self._keep(claim._replace(attempt=attempt))
        return True

    def check_room(self, now: datetime) -> None:
        """Refuse a question whose answer could not be kept.

        Raises:
            RequestInvalid: nothing was claimed.
        """
        if self._count + self.asking >= MAX_CLAIMS:
            self._forget_the_past(now)
        if self._count + self.asking >= MAX_CLAIMS or self.open + self.asking >= MAX_OPEN:
            raise RequestInvalid(
                f"The steps of a run that have not ended well hold at most {MAX_CLAIMS} keys of dedupe. "
                "Let each step ask for a few, and schedule further steps for the rest."
            )

    def claim(self, branch: int, attempt: int, digest: str, until: datetime) -> None:
        """Remember that Temporal said yes."""
        self._keep(Claim(branch, attempt, digest[:_DIGEST], math.ceil(until.timestamp())))

    def drop(self, branch: int) -> None:
        """Forget what a branch has claimed: its step has succeeded, so that no other attempt will come."""
        self._count -= len(self._kept.pop(branch, {}))

    def _keep(self, claim: Claim) -> None:
        claims = self._kept.setdefault(claim.branch, {})
        self._count += claim.digest not in claims
        claims[claim.digest] = claim

    def _forget_the_past(self, now: datetime) -> None:
        claims = [claim for claim in self.kept if claim.until > now.timestamp()]
        self._kept, self._count = {}, 0
        for claim in claims:
            self._keep(claim)


def renewed(claims: Iterable[Claim]) -> list[Claim]:
    """Return the claims of a failed run for the run that retries its failed steps, whose attempts count anew."""
    return [claim._replace(attempt=0) for claim in claims]
