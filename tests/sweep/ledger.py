"""The secrets of the sweep: what each is, and where it may stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.end_to_end.sweep import forms

_LONG = 48  # of a secret that is longer, a half is too much as well: texts are cut where they are shown
# What no test can read out of a process is known by its form.
SHAPES = {
    "a token of OpenBao": re.compile(
        rb"(?<![\w.-])(?:[sr]\.[A-Za-z0-9]{24}|b\.AAAAA[A-Za-z0-9_-]{60,}|hv[sbr]\.[A-Za-z0-9_-]{60,})(?![\w-])"
    )
}


@dataclass(frozen=True)
class Kept:
    """One secret; `may` holds patterns of the places that it is for."""

    name: str
    value: str
    may: tuple[str, ...] = ()

    def parts(self) -> set[bytes]:
        """Return what must be found nowhere else: the secret in each form, and the halves of a long one."""
        halves = {self.value[: _LONG // 2], self.value[-_LONG // 2 :]} if len(self.value) >= _LONG else set[str]()
        return forms(self.value) | {half.encode() for half in halves}


class Ledger:
    """Every secret that has been made or met."""

    def __init__(self) -> None:
        self.rows: dict[str, Kept] = {}

    def add(self, name: str, value: str, *may: str) -> str:
        """Write a secret down, and return it; met again, it may stand in the new places as well."""
        assert len(value) >= 16, f"{name} is too short to be looked for"
        known = self.rows.get(value)
        self.rows[value] = Kept(known.name if known else name, value, (*(known.may if known else ()), *may))
        return value

    def named(self, start: str) -> list[str]:
        """Return the values of those whose name starts so."""
        return [row.value for row in self.rows.values() if row.name.startswith(start)]

    def found_in(self, places: Mapping[str, bytes]) -> list[str]:
        """Return which secret stands where it may not."""
        found = [
            f"{row.name} in {place}"
            for row in self.rows.values()
            for parts in [row.parts()]
            for place, content in places.items()
            if any(part in content for part in parts) and not any(fnmatchcase(place, one) for one in row.may)
        ]
        for name, shape in SHAPES.items():
            found += [f"{name} in {place}" for place, content in places.items() if shape.search(content)]
        return found
