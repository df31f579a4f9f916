"""What the deeds of the sweep work with: the stack, whom it meets, and what it has said so far."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from local.visitor import Visitor
from tests.access.conftest import Identity
from tests.conftest import eventually
from tests.openbao.server import Server
from tests.postgres import Deployed
from tests.sweep.hostile import Hostile
from tests.sweep.ledger import Ledger
from tests.sweep.record import Record
from tests.sweep.topology import Production
from tests.telemetry.receiver import Receiver


@dataclass
class World:
    """The stack in production topology."""

    stack: Production
    database: Deployed
    openbao: Server
    acme: Hostile
    identity: Identity
    ledger: Ledger
    record: Record
    visitor: Visitor
    receiver: Receiver
    metrics: dict[str, str] = field(default_factory=dict[str, str])
    commands: dict[str, str] = field(default_factory=dict[str, str])
    crashes: dict[str, str] = field(default_factory=dict[str, str])
    keys: dict[str, str] = field(default_factory=dict[str, str])
    """An API key of each scope."""
    runs: list[str] = field(default_factory=list[str])

    @property
    def http(self) -> httpx.AsyncClient:
        """The browser of somebody who may do everything."""
        return self.visitor.http

    @property
    def api(self) -> str:
        return self.stack.addresses.api

    async def cli(self, *arguments: str, stdin: str = "", role: str = "api") -> str:
        """Run a command, keep what it writes as a place, and return it."""
        status, output = await self.stack.command(*arguments, stdin=stdin, role=role)
        assert status == 0, output
        self.commands[f"command {' '.join(arguments)}"] = output
        return output

    async def begin(self, path: str, **form: str) -> dict[str, str]:
        """Press a button that leads to a provider; return what it asks there."""
        answer = await self.http.post(f"{self.api}{path}", data=form)
        assert answer.status_code == 303, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    async def come_back(self, provider: str, http: httpx.AsyncClient | None = None, **query: str) -> httpx.Response:
        """Be sent back by a provider, and see the page that comes of it."""
        http = http or self.http
        answer = await http.get(f"{self.api}/oauth/callback/{provider}", params=query)
        assert answer.status_code == 303, answer.text
        return await http.get(f"{self.api}{answer.headers['location']}", headers={"Accept": "text/html"})

    async def connect(self, provider: str, handle: str, code: str = "good") -> httpx.Response:
        """Connect an account of the careless provider, with a code that it takes or refuses."""
        asked = await self.begin(f"/connections/add/{provider}", handle=handle, reuse=handle)
        return await self.come_back(provider, state=asked["state"], code=self.code(f"{code}-{handle}"))

    def code(self, kind: str) -> str:
        """Return a code that the ledger knows."""
        return self.ledger.add("code", f"code-{kind}-{len(self.ledger.rows)}-0123456789abcdef")

    async def run(self, workflow: str = "Careless", **data: Any) -> str:
        """Start a run by the API, and return its id."""
        key = {"Authorization": f"Bearer {self.keys['trigger']}"}
        answer = await self.http.post(f"{self.api}/api/v1/workflows/{workflow}/runs", json={"data": data}, headers=key)
        assert answer.status_code == 202, answer.text
        self.runs.append(answer.json()["id"])
        return self.runs[-1]

    async def until(self, run: str, status: str) -> dict[str, Any]:
        async def reached() -> dict[str, Any]:
            found = await self.visitor.get(f"/api/v1/runs/{run}")
            assert found["status"] == status, found
            return found

        return await eventually(reached, seconds=90)

    async def ends(self, status: str, **data: Any) -> dict[str, Any]:
        """Run the careless workflow to its end."""
        return await self.until(await self.run(**data), status)

    @contextmanager
    def without_database(self) -> Generator[None]:
        """Have PostgreSQL away for a while."""
        self.database.server.stop()
        try:
            yield
        finally:
            self.database.server.start()

    @contextmanager
    def sealed(self) -> Generator[None]:
        """Have OpenBao sealed for a while."""
        self.openbao.seal()
        try:
            yield
        finally:
            self.openbao.unseal()

    async def logged(self, process: str, text: str) -> None:
        async def told() -> bool:
            return text in self.stack.children[process].output()

        await eventually(told, seconds=90)
