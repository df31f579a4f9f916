"""Any order of saving, rewrapping and rotating leaves each value readable, and the one that was saved last."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.vault.conftest import on_sqlite_only, pair
from tests.vault.rotating import Meanwhile, sweep
from vault import Account, LocalKeys, Vault
from vault.database import Database
from vault.rotation import Rotation

T = TypeVar("T")
HANDLES = st.sampled_from(["ada", "bob"])
PROCESSES = st.integers(0, 1)
PLACES = st.sampled_from(["connections.access", "connections.refresh", "variables.sealed", "key_checks.sealed"])


class Interleaved(RuleBasedStateMachine):
    migrated: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.saved: dict[str, str] = {}
        self.variable = ""
        self.number = 0

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def processes_start(self) -> None:
        self.key_file = self.folder / "vault.key"
        self.url = f"sqlite:///{shutil.copy(self.migrated, self.folder / 'vault.db')}"
        self.database = Database(self.url)
        self.keys = LocalKeys.from_file(self.key_file)
        self.rotation = Rotation(self.database, self.keys)
        self.vaults = [self.do(self.started()) for _ in range(2)]

    async def started(self) -> Vault:
        return await Vault.open(self.url, LocalKeys.from_file(self.key_file))

    async def save(self, process: int, handle: str) -> None:
        self.number += 1
        tokens = pair(f"access-{self.number}", f"refresh-{self.number}")
        await self.vaults[process].connections.save(handle, "notion", Account(handle), tokens)
        self.saved[handle] = f"-{self.number}"
        await self.vaults[process].variables.set("w", "KEY", str(self.number), secret=True, hosts=["a.example"])
        self.variable = str(self.number)

    @rule(process=PROCESSES, handle=HANDLES)
    def a_process_saves(self, process: int, handle: str) -> None:
        self.do(self.save(process, handle))

    @rule()
    def a_key_is_made(self) -> None:
        self.do(self.keys.rotate())

    @rule(name=PLACES, most=st.integers(1, 3))
    def a_page_is_rewrapped(self, name: str, most: int) -> None:
        self.do(self.rotation.rewrap(name, None, most=most))

    @rule(name=PLACES, process=PROCESSES, handle=HANDLES)
    def a_process_saves_while_a_page_is_rewrapped(self, name: str, process: int, handle: str) -> None:
        meanwhile = Meanwhile(self.keys, lambda: self.save(process, handle))
        self.do(Rotation(self.database, meanwhile).rewrap(name, None, most=3))

    @rule(name=PLACES)
    def a_key_is_made_while_a_page_is_rewrapped(self, name: str) -> None:
        self.do(Rotation(self.database, Meanwhile(self.keys, self.keys.rotate)).rewrap(name, None, most=3))

    @rule(process=PROCESSES)
    def a_process_starts_anew(self, process: int) -> None:
        self.do(self.vaults[process].close())
        self.vaults[process] = self.do(self.started())

    @rule()
    def a_rotation_ends(self) -> None:
        self.do(sweep(self.rotation))
        assert self.do(self.rotation.left()) == 0
        self.do(self.rotation.retire(self.do(self.rotation.current())))
        assert len(self.key_file.read_text(encoding="ascii").splitlines()) == 1

    @invariant()
    def each_value_is_the_last_saved_one(self) -> None:
        for vault in getattr(self, "vaults", []):
            for handle, mark in self.saved.items():
                opened = self.do(vault.connections.open(handle))
                assert opened.tokens.refresh is not None
                assert opened.tokens.access.reveal() == f"access{mark}"
                assert opened.tokens.refresh.reveal() == f"refresh{mark}"
            if self.variable:
                assert self.do(vault.variables.open("w", "KEY")).reveal() == self.variable
            self.do(vault.ready())

    def teardown(self) -> None:
        for vault in getattr(self, "vaults", []):
            self.do(vault.close())
        if hasattr(self, "database"):
            self.do(self.database.close())
        self.do(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)


@on_sqlite_only
def test_any_order_leaves_the_last_saved_values_readable(migrated_file: Path) -> None:
    class Machine(Interleaved):
        migrated = migrated_file

    machine: Any = Machine
    machine.TestCase.settings = settings(
        max_examples=25, stateful_step_count=15, suppress_health_check=[HealthCheck.too_slow], deadline=None
    )
    machine.TestCase("runTest").debug()
