"""How much of a run's state fits: what a roll-over carries is one value of Temporal, of 2 MiB at most."""

from __future__ import annotations

from steps.errors import PayloadTooLarge

MAX_STATE_BYTES = 983_040  # log, store, failures, steps, result, waits, variables and headers travel beside it


class Budget:
    """The bytes that a run's branches and the results of its groups take together."""

    def __init__(self) -> None:
        self.used = 0

    def check(self, more: int) -> None:
        """Refuse what would not fit.

        Raises:
            PayloadTooLarge: nothing was taken.
        """
        if self.used + more > MAX_STATE_BYTES:
            raise PayloadTooLarge(
                f"The payloads of this run's branches would come to {self.used + more} bytes; the limit is "
                f"{MAX_STATE_BYTES}. Pass ids in the payloads, and read the rest in the steps."
            )
