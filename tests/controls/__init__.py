"""The controls that keep secrets and strangers apart, as data: each with its test, and the change that takes it out.

`python -m tests.controls` takes out one after the other, in a copy of the tree, and sees the test fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """A threat, what is done against it, and the test that fails without it."""

    threat: str
    """In a few plain words, as docs/security.md shows it."""
    control: str
    """What the product does, in a few plain words."""
    test: str
    """A pytest id: `tests/vault/test_tampering.py::test_name`, without parameters to run all its cases."""
    path: str
    """The product's file in which the control stands."""
    present: str
    """Its lines there, exactly once in that file."""
    absent: str
    """What stands in their place when the control is taken out; it must still load."""


Controls = Sequence[Control]
