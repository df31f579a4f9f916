"""The product as in production: PostgreSQL, OpenBao, Temporal, the API and a worker as processes, all at DEBUG."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpx
from pydantic import SecretStr

from local.ports import choose
from local.stack import Stack
from settings import ROOT, Settings
from tests.access.conftest import Identity
from tests.openbao.server import Server
from tests.postgres import Deployed
from tests.sweep.hostile import Hostile
from tests.sweep.ledger import Ledger
from vault.signing import Signer

_PROVIDERS = """
[providers.{name}]
title = "{name}"
client_id = "steps"
client_secret_env = "{variable}"
client_auth = "{auth}"
authorize_url = "{origin}/authorize"
token_url = "{origin}/token"
revoke_url = "{origin}/revoke"
test_url = "https://api.acme.test/me"
hosts = ["api.acme.test"]
[providers.{name}.account]
source = "userinfo"
url = "{origin}/me"
id = "id"
label = "name"
[providers.{name}.stand_ins]
"api.acme.test" = "{origin}"
"""


class Production(Stack):
    """The embedded stack's processes, with the stores, the keys and the settings of a deployment."""

    def __init__(
        self, folder: Path, flows: Path, port: int, database: Deployed, openbao: Server, acme: Hostile, ledger: Ledger,
        **env: str,
    ) -> None:  # fmt: skip
        self._openbao, self.ledger = openbao, ledger
        signing = "signing-key-of-these-tests-0815!"  # its bytes can be read, so that they can be looked for
        key = base64.b64encode(signing.encode()).decode()
        self.signer = Signer(signing.encode())
        self._common = {
            "STEPS_DATABASE_URL": database.application,
            "STEPS_KEY_PROVIDER": "openbao",
            "STEPS_OPENBAO_URL": openbao.url,
            "STEPS_SIGNING_KEY": ledger.add("signing key", key),
            "STEPS_PROVIDERS_FILE": str(_providers_file(folder, acme.server.origin)),
            "STEPS_EGRESS_PRIVATE_HOSTS": acme.server.authority,
            "STEPS_EVENTS_URL": f"{acme.server.origin}/events",
            "STEPS_EVENTS_SECRET": ledger.add(
                "events secret", f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
            ),
            "STEPS_TRACES_HEADERS": f"x-key={ledger.add('traces header', secrets.token_urlsafe(24))}",
            "STEPS_NOTION_SETTLE_SECONDS": "1",
            "STEPS_SHUTDOWN_SECONDS": "2",
            "ACME_SECRET": ledger.add("client secret", f"acme-secret/+{secrets.token_urlsafe(24)}"),
            "BETA_SECRET": ledger.add("client secret", f"beta-secret&<{secrets.token_urlsafe(24)}"),
            "PYTHONFAULTHANDLER": "1",
            **env,
        }
        ledger.add("signing key, as its bytes", signing)
        ledger.add("OpenBao's root token", openbao.root_token)
        # PostgreSQL of the tests logs every statement, also the one that sets it.
        ledger.add("password of the database", "of-the-application", "log of postgres")
        self._own: dict[str, dict[str, str]] = {}
        for role in ("api", "worker", "rotator"):
            secret_id = ledger.add(f"OpenBao's secret id of {role}", openbao.secret_id(role))
            self._own[role] = {"STEPS_OPENBAO_ROLE_ID": f"steps-{role}", "STEPS_OPENBAO_SECRET_ID": secret_id}
        settings = Settings(
            data_dir=folder, log_level="DEBUG", api_port=port, workflows_dir=flows,
            database_url=database.application, signing_key=SecretStr(key), key_provider="openbao",
            openbao_url=openbao.url, openbao_role_id="steps-api", openbao_secret_id=SecretStr(openbao.secret_id("api")),
        )  # fmt: skip
        super().__init__(settings, lambda line: None)
        taken: set[int] = set()
        self.shown = {name: f"127.0.0.1:{choose(0, taken)}" for name in ("api", "worker", "temporal's sdk")}
        self._forking: Process | None = None
        self._one = asyncio.Lock()
        ledger.add("client secret", super().env["STEPS_NOTION_CLIENT_SECRET"])

    @property
    def env(self) -> dict[str, str]:
        """What every process gets."""
        return super().env | self._common

    def env_of(self, role: str) -> dict[str, str]:
        """What the processes of a role get."""
        return self.env | self._own.get(role, {})

    def trust(self, identity: Identity) -> None:
        """Let people sign in at an OpenID provider."""
        self._own["api"] |= {
            "STEPS_OIDC_ISSUER": identity.issuer,
            "STEPS_OIDC_CLIENT_ID": "durable-steps",
            "STEPS_OIDC_CLIENT_SECRET": self.ledger.add("client secret", identity.client_secret),
            "STEPS_OIDC_ACCESS": "ada@example.com=admin",
        }

    async def start_api(self) -> None:
        """Start the API as docker-compose.yml does, which logs as the settings say."""
        await self._run("api", [sys.executable, str(ROOT / "cli.py"), "api"], self._api_ready)

    async def encrypt(self) -> None:
        """Start API and worker again, with a key for what Temporal keeps."""
        key = self.ledger.add("payload key", base64.b64encode(secrets.token_bytes(32)).decode())
        self._common["STEPS_PAYLOAD_KEYS"] = f"one:{key}"
        await asyncio.gather(self.start_api(), self.start_worker())

    async def command(
        self, *arguments: str, stdin: str = "", role: str = "api", program: str = "cli.py", **env: str
    ) -> tuple[int, str]:
        """Run a program as an operator does; return its status and everything that it writes."""
        output = self.data / "output"
        asked = {
            "program": program, "arguments": arguments, "stdin": stdin, "output": str(output),
            "env": {**os.environ, **self.env_of(role), **env},
        }  # fmt: skip
        async with self._one:
            process = await self._forks()
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{json.dumps(asked)}\n".encode())
            status = int(await asyncio.wait_for(process.stdout.readline(), 90))
            return status, output.read_text()

    async def stop(self) -> None:
        """Stop everything."""
        if self._forking is not None:
            self._forking.stdin.close()  # pyright: ignore[reportOptionalMemberAccess]  # it has one
            await self._forking.wait()
        await super().stop()

    async def _forks(self) -> Process:
        if self._forking is None:
            self._forking = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.sweep.forked", cwd=ROOT, stdin=PIPE, stdout=PIPE
            )
        return self._forking

    async def _api_ready(self) -> bool:
        return (await answering(f"{self.addresses.api}/readyz")) == 200

    async def _start(self) -> None:
        await asyncio.gather(self.start_temporal(), self.start_notion())
        await asyncio.gather(self.start_api(), self.start_worker())

    async def _run(self, name: str, argv: list[str], ready: Callable[[], Awaitable[bool]], **more: str) -> None:
        shows: dict[str, dict[str, str]] = {
            "api": {"STEPS_METRICS_ADDRESS": self.shown["api"]},
            "worker": {
                "STEPS_METRICS_ADDRESS": self.shown["worker"],
                "STEPS_TEMPORAL_METRICS_ADDRESS": self.shown["temporal's sdk"],
            },
        }
        await super()._run(name, argv, ready, **(more | self._own.get(name, {}) | shows.get(name, {})))


async def answering(url: str) -> int:
    """Return the status that an address answers with; 0 when it does not answer."""
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(url)).status_code
    except httpx.HTTPError:
        return 0


def _providers_file(folder: Path, origin: str) -> Path:
    file = folder / "providers.toml"
    made: Mapping[str, tuple[str, str]] = {"acme": ("ACME_SECRET", "basic"), "beta": ("BETA_SECRET", "post")}
    file.write_text(
        "".join(
            _PROVIDERS.format(name=name, variable=variable, auth=auth, origin=origin)
            for name, (variable, auth) in made.items()
        )
    )
    return file
