"""What is measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAIN = "order-to-notion"
ORDER = {
    "id": 1001,
    "name": "#1001",
    "currency": "EUR",
    "total_price": "59.80",
    "customer": {"first_name": "Ada", "last_name": "Example", "email": "ada@example.com"},
    "line_items": [{"title": "Cup", "quantity": 2, "price": "29.90"}],
}


@dataclass(frozen=True)
class Case:
    """One job, written as `Steps<shape>` and as `Hand<shape>`, both started with the same data.

    With `until_first` the wall time of a run ends when its first step does its work, which is what it returns.
    """

    name: str
    title: str
    shape: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    until_first: bool = False


CASES = [
    Case("chain", "a chain of 30 steps", "Chain", {"steps": 30}),
    Case("calls", "a chain of 10 steps, a call each", "Calls", {"steps": 10}),
    Case("fan-out", "100 branches, a call each", "FanOut", {"branches": 100}),
    Case("first-step", "from the start to the first step", "First", until_first=True),
    Case("order", "a delay of 1 s, then a call", "Order", {"delay": 1, "order": ORDER}),
]
