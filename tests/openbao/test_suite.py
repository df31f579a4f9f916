"""The tests of the vault, once more with OpenBao's keys."""

from __future__ import annotations

import pytest

from tests.openbao.conftest import ApiAndWorker
from tests.vault.conftest import clock, database, database_url, vault
from tests.vault.test_connections import *  # noqa: F403  # its tests
from tests.vault.test_leaks import (
    test_a_deleted_connection_leaves_not_even_its_ciphertext,
    test_no_secret_lies_in_the_database_files,
    test_no_secret_reaches_a_log,
)
from tests.vault.test_tampering import *  # noqa: F403  # its tests
from tests.vault.test_variables import *  # noqa: F403  # its tests
from tests.vault.test_webhook_tokens import *  # noqa: F403  # its tests

__all__ = [
    "clock",
    "database",
    "database_url",
    "test_a_deleted_connection_leaves_not_even_its_ciphertext",
    "test_no_secret_lies_in_the_database_files",
    "test_no_secret_reaches_a_log",
    "vault",
]


@pytest.fixture
def kind() -> str:
    return "sqlite"  # the vault's own tests run over both


@pytest.fixture
def keys(both: ApiAndWorker) -> ApiAndWorker:
    return both
