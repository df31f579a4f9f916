"""Secrets at rest."""

from __future__ import annotations

from tests.controls import Control, Controls

CONTROLS: Controls = [
    Control(
        threat="Sealed tokens are swapped between rows of the database",
        control="The associated data of each sealed value names its row, field, handle and provider",
        test="tests/vault/test_tampering.py",
        path="vault/envelope.py",
        present='parts = [part.encode() for part in ("durable-steps", table, row, field, *facts)]',
        absent='parts = [part.encode() for part in ("durable-steps", table)]',
    ),
]
