"""Secrets at rest."""

from __future__ import annotations

from tests.controls import Control, Controls

CONTROLS: Controls = [
    Control(
        threat="Sealed tokens are swapped between rows of the database",
        control="What a sealed value is bound to names its row, field, handle and provider",
        test="tests/vault/test_tampering.py",
        path="vault/envelope.py",
        present='parts = [part.encode() for part in ("durable-steps", table, row, field, *facts)]',
        absent='parts = [part.encode() for part in ("durable-steps", table)]',
    ),
    Control(
        threat="Somebody who can write to the database sends a secret variable to a host of his own",
        control="The hosts of a secret variable are part of what it is sealed for",
        test="tests/vault/test_variables.py",
        path="vault/variables.py",
        present='return context_of("variables", workflow, "sealed", name, *hosts)',
        absent='return context_of("variables", workflow, "sealed", name)',
    ),
    Control(
        threat="The vault starts with another key, and seals what nobody can open later",
        control="A value sealed at the first start must open at every other one",
        test="tests/vault/test_vault.py::test_a_wrong_key_does_not_open_the_vault",
        path="vault/vault.py",
        present="        if text != _CHECK_TEXT:",
        absent="        if text == 0:",
    ),
    Control(
        threat="Other users of the machine read the key file",
        control="A key file that others can read or write is refused",
        test="tests/vault/test_keys.py::test_an_exposed_file_is_refused",
        path="vault/keyfile.py",
        present="status.st_mode & 0o077",
        absent="status.st_mode & 0",
    ),
    Control(
        threat="A deleted connection's ciphertext stays in the database file",
        control="SQLite overwrites what is deleted",
        test="tests/vault/test_leaks.py::test_a_deleted_connection_leaves_not_even_its_ciphertext",
        path="vault/database.py",
        present='    cursor.execute("PRAGMA secure_delete = ON")',
        absent='    cursor.execute("PRAGMA secure_delete = OFF")',
    ),
]
