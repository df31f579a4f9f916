"""The plant, the seed, and the figures, which are printed when all is done."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import pytest_asyncio

from tests.chaos.disk import Disk
from tests.chaos.plant import Plant
from tests.openbao.conftest import openbao
from tests.openbao.server import Server
from tests.postgres import Deployed, deploy, installed
from vault import migrate

__all__ = ["openbao"]

# `make test-chaos` sets it to 1; a tenth is part of `make test`.
CHAOS = float(os.environ.get("CHAOS", "0.1"))
SMOKE = CHAOS < 0.3
_lines: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="do what the run with this seed did, in the same order")


@pytest.fixture(scope="session")
def figures() -> list[str]:
    return _lines


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest, figures: list[str]) -> int:
    """What was given, or one of its own; the same in every `make test`."""
    given: int | None = request.config.getoption("--seed", default=None)
    seed = given if given is not None else 2_026 if SMOKE else random.randrange(10_000)
    figures.append(f'seed {seed}: the same disturbances in the same order with ARGS="--seed {seed}"')
    return seed


@pytest.fixture(scope="package")
def database(request: pytest.FixtureRequest) -> Iterator[tuple[Deployed, Disk | str]]:
    """A server of its own on a small disk; in `make test` the one that other tests have, too."""
    if SMOKE:
        deployed: Deployed = request.getfixturevalue("deployed")
        deployed.empty()
        yield deployed, "only in `make test-chaos`"
        deployed.empty()
        return
    with ExitStack() as stack:
        server = stack.enter_context(installed())
        disk: Disk | str = Disk.missing() or Disk(server)
        if isinstance(disk, Disk):
            stack.callback(disk.close)
        server.start("max_connections=150")
        stack.callback(server.stop)
        deployed = deploy(server)
        asyncio.run(migrate(deployed.owner))
        yield deployed, disk


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def plant(
    database: tuple[Deployed, Disk | str], openbao: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Plant]:
    deployed, disk = database
    plant = Plant(tmp_path_factory.mktemp("plant"), deployed, openbao, settle=3 if SMOKE else 15, disk=disk)
    try:
        await plant.start()
        yield plant
    finally:
        await plant.stop()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _lines:
        terminalreporter.section(f"chaos {CHAOS:g}")
        for line in _lines:
            terminalreporter.write_line(line)
