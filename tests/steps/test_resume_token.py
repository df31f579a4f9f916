"""The token of a wait's link."""

from __future__ import annotations

import pytest

from steps.resume_token import make_token, read_token
from tests.steps.harness import SIGNER


@pytest.mark.parametrize("run_id", ["a", "order/é\0x", "x" * 1_000])
def test_a_token_says_which_run_and_which_wait(run_id: str):
    read = read_token(make_token(run_id, "0a" * 16, lambda text: SIGNER.sign("resume", text)))
    assert read is not None
    assert (read.run_id, read.wait_id) == (run_id, "0a" * 16)
    assert SIGNER.matches("resume", read.signed, read.signature)
