"""The figures, which are printed when all is done."""

from __future__ import annotations

import os
from typing import Any

import pytest

# `make test-chaos` sets it to 1; a tenth is part of `make test`.
CHAOS = float(os.environ.get("CHAOS", "0.1"))
_lines: list[str] = []


@pytest.fixture(scope="session")
def figures() -> list[str]:
    return _lines


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _lines:
        terminalreporter.section(f"chaos {CHAOS:g}")
        for line in _lines:
            terminalreporter.write_line(line)
