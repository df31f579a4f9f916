"""One call of a step to the outside, as the test sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["fetch", "notion", "activity"]


@dataclass
class Call:
    """One attempt of one call. Header names are lower case, and a token is shown as `<token of my-notion>`.

    Of `api.call`, `url` is the activity's name and `arguments` what it was given; `method` is then "CALL". `status` is
    that of the answer, `error` what the call failed with instead. `step` is None for what a hook calls.
    """

    kind: Kind
    method: str
    url: str
    attempt: int
    at: datetime
    headers: dict[str, str] = field(default_factory=dict[str, str])
    json: Any = None
    text: str | None = None
    handle: str | None = None
    arguments: list[Any] = field(default_factory=list[Any])
    step: str | None = None
    status: int | None = None
    error: str | None = None
    activity: tuple[str, str] = ("", "")  # the Temporal run and the activity's id in it

    def __str__(self) -> str:
        again = f" (attempt {self.attempt})" if self.attempt > 1 else ""
        if self.error is not None:
            return f"{self.place}{again} failed: {self.error}"
        return f"{self.place}{again}" if self.status is None else f"{self.place}{again} → {self.status}"

    @property
    def place(self) -> str:
        """What was called."""
        return f"{self.method} {self.url}"
