"""When a retry needs what the failed run was started with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from steps.batch import pack
from steps.branch import Branch, RetryState
from steps.retrying import needs_data

DUE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("failed", "needed"),
    [
        ([], False),
        ([("start", {"name": "a"})], False),
        ([("start", "")], False),
        ([("start", None)], True),
        ([("later", None)], False),
        ([("later", 1), ("start", None)], True),
    ],
)
def test_only_a_failed_start_without_its_payload_needs_the_data_of_the_run(failed: list[tuple[str, Any]], needed: bool):
    branches = [Branch(id=number, action=step, due=DUE, payload=data) for number, (step, data) in enumerate(failed)]
    assert needs_data(RetryState(failed=pack(branches)[0])) is needed
