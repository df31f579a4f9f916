"""A workflow's variables, as a run sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from steps.errors import VariableNotFound
from steps.sealed import SealedToken, is_sealed


class Env(Mapping[str, str]):
    """The variables as they were when the run began. A secret one is a `SealedToken`."""

    def __init__(self, workflow: str, values: Mapping[str, str]) -> None:
        self._workflow, self._values = workflow, values

    def __getitem__(self, name: str) -> str:
        if name not in self._values:
            known = f" It has: {', '.join(sorted(self._values))}." if self._values else ""
            raise VariableNotFound(
                f"{self._workflow} has no variable {name!r}.{known} "
                f"Set it with `python cli.py variables set {self._workflow} {name} VALUE`; "
                "a run reads them when it starts."
            )
        value = self._values[name]
        return SealedToken(value) if is_sealed(value) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Env({', '.join(sorted(self._values))})"
