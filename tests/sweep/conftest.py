"""The product in production topology, after everything has been done with it that can make it talk."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.ports import choose
from local.visitor import Visitor
from settings import ROOT
from tests.access.conftest import serving_identity
from tests.openbao.conftest import openbao
from tests.openbao.server import Server
from tests.postgres import Deployed
from tests.sweep import ending, entering, running, sending
from tests.sweep.hostile import hostile
from tests.sweep.ledger import Ledger
from tests.sweep.places import KINDS, Places, look_at_metrics, look_at_pages
from tests.sweep.planting import PLANTED, planted_everywhere
from tests.sweep.record import Record
from tests.sweep.topology import Production
from tests.sweep.world import World
from tests.telemetry.receiver import Receiver, receiving

__all__ = ["openbao"]

DEEDS = (
    entering.people_sign_in,
    entering.keys_are_made,
    entering.accounts_are_connected,
    sending.triggers_are_sent,
    sending.notion_sends_events,
    planted_everywhere,
    running.runs_are_careless,
    running.secrets_are_read,
    running.a_grant_is_lost,
    running.stores_are_away,
    ending.the_key_is_rotated,
    ending.operators_look,
    look_at_pages,
    look_at_metrics,
    ending.processes_crash,
    ending.settings_are_wrong,
    ending.runs_are_encrypted,
    ending.accounts_are_deleted,
    look_at_pages,
    look_at_metrics,
)


@pytest.fixture(scope="package")
def receiver() -> Iterator[Receiver]:
    """Who the processes tell of themselves."""
    with receiving() as receiver:
        yield receiver


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world(
    deployed: Deployed, openbao: Server, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    deployed.empty()
    folder, ledger = tmp_path_factory.mktemp("sweep"), Ledger()
    flows = folder / "sweep_flows"
    shutil.copytree(ROOT / "workflows", flows, ignore=shutil.ignore_patterns("__pycache__"))
    for flow in (Path(__file__).parent / "flows").glob("*.py"):
        shutil.copy(flow, flows)
    record = Record(ledger)
    port = choose(0, set())
    back = f"http://127.0.0.1:{port}/oauth/signin/callback"
    async with hostile(ledger) as acme, serving_identity(tmp_path_factory.mktemp("people"), back) as identity:
        told = {"PLANTED": PLANTED, "STEPS_TRACES_URL": receiver.url}
        stack = Production(folder, flows, port, deployed, openbao, acme, ledger, **told)
        stack.trust(identity)
        record.origin, record.signer = stack.addresses.api, stack.signer
        await stack.start()
        visitor = Visitor(stack.addresses.api)
        record.watch(visitor.http, "admin")
        try:
            yield World(stack, deployed, openbao, acme, identity, ledger, record, visitor, receiver)
        finally:
            acme.over.set()
            await visitor.close()
            await stack.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def places(world: World) -> dict[str, Places]:
    """Every place, by its kind, after all deeds."""
    for deed in DEEDS:
        await deed(world)
    return {kind: await gather(world) for kind, gather in KINDS.items()}
