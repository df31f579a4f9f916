"""docker-compose.yml in a real engine, as docs/running.md says it: started by run.sh, in its network namespace.

python -m tests.compose.running FOLDER, a copy of the product, with DOCKER_HOST telling the engine.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from local.notion import ORDERS_DATABASE_ID
from local.order import ORDER, delivery_headers
from local.visitor import Visitor
from tests.conftest import binary, eventually

API, NOTION = "http://127.0.0.1:8000", "http://127.0.0.1:9100"
FILES = ("docker-compose.yml", "tests/compose/override.yml")
JOBS = {"temporal-schema", "temporal-namespace", "openbao-setup", "migrate"}


def say(text: str) -> None:
    """Tell what was seen."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Project:
    """The project in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = os.environ | {"STEPS_NOTION_CLIENT_ID": "local-client", "STEPS_NOTION_CLIENT_SECRET": "local-secret"}

    def compose(self, *arguments: str, seconds: int = 400) -> str:
        """Run `docker compose` and return what it writes."""
        files = [word for name in FILES for word in ("--file", name)]
        return self.run(binary("docker-compose"), "--project-directory", ".", *files, *arguments, seconds=seconds)

    def run(self, *command: str, seconds: int = 400) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, (
            f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
        return done.stdout

    def containers(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.compose("ps", "--all", "--format", "json").splitlines()]

    def up(self, *more: str) -> None:
        """Start everything, and hold that each service is healthy and each job has ended well."""
        began = time.monotonic()
        self.compose("up", "--detach", *more)
        deadline = time.monotonic() + 180
        while waiting := [each for each in self.containers() if not fine(each)]:
            assert time.monotonic() < deadline, waiting
            time.sleep(1)
        names = sorted(each["Name"].removeprefix("durable-steps-") for each in self.containers())
        say(f"up: healthy, or ended well, after {time.monotonic() - began:.0f} s: {', '.join(names)}")

    def inspect(self, container: str) -> dict[str, Any]:
        return json.loads(self.run("docker", "inspect", container))[0]


def fine(container: dict[str, Any]) -> bool:
    """Tell whether a service is healthy, or a job has ended with 0."""
    if container["Service"] in JOBS:
        assert container["State"] != "exited" or container["ExitCode"] == 0, container
        return container["State"] == "exited"
    return container["Health"] == "healthy" or container["Service"] == "notion"


def in_order(project: Project) -> None:
    """Hold that nothing was started before what it needs was there, and that every process is closed."""
    state = {each["Service"]: project.inspect(each["ID"]) for each in project.containers()}
    began = {name: each["State"]["StartedAt"] for name, each in state.items()}
    ended = {name: state[name]["State"]["FinishedAt"] for name in JOBS}
    for first, then in [
        ("migrate", "api"), ("openbao-setup", "api"), ("migrate", "worker"), ("openbao-setup", "worker"),
        ("temporal-namespace", "worker"), ("temporal-schema", "temporal"),
    ]:  # fmt: skip
        assert ended[first] <= began[then], (first, then)
    assert began["postgres"] <= began["migrate"]
    assert began["temporal"] <= began["temporal-namespace"]
    say("order: each began after what it needs had ended well or was healthy")
    for name in ("postgres", "openbao", "temporal", "api", "worker"):
        told = project.compose("exec", "-T", name, "sh", "-c", "id -u; touch /here 2>&1; grep CapEff /proc/1/status")
        assert not told.startswith("0\n"), (name, told)
        assert "Read-only file system" in told, (name, told)
        assert told.split()[-1] == "0" * 16, (name, told)
    say("closed: no process is root, none can write to its image, none has a capability")


class Shop:
    """Whoever connects Notion, and posts orders."""

    def __init__(self, key: str) -> None:
        self.visitor = Visitor(API)
        self.bearer = {"Authorization": f"Bearer {key}"}
        self._key = key

    async def open(self) -> None:
        """Connect the stand-in, and tell the workflow its database."""
        http = self.visitor.http
        signed_in = await http.post(f"{API}/signin", data={"key": self._key})
        assert signed_in.status_code == 303, signed_in.text
        await self.connect()
        path = "/api/v1/variables/OrderToNotion/NOTION_DATABASE_ID"
        given = {"value": ORDERS_DATABASE_ID, "secret": False}
        assert (await self._ask("PUT", path, json=given)).is_success

    async def connect(self) -> None:
        await self.visitor.connect_notion("my-notion")

    async def order(self, name: str, *, times: int = 1) -> str:
        """Post an order, perhaps more than once; return its run's id."""
        workflows = (await self._ask("GET", "/api/v1/workflows")).json()
        hook = next(each["hook_url"] for each in workflows if each["name"] == "OrderToNotion")
        posts = [
            self.visitor.http.post(hook, json={**ORDER, "name": name}, headers=delivery_headers(f"delivery-{name}"))
            for _ in range(times)
        ]
        [run] = {answer.json()["id"] for answer in await asyncio.gather(*posts)}
        return run

    async def status(self, run: str) -> str:
        return (await self._ask("GET", f"/api/v1/runs/{run}")).json()["status"]

    async def one_page(self, run: str, name: str) -> None:
        """Wait until the run is done; hold that there is one page."""

        async def done() -> bool:
            return await self.status(run) == "completed"

        await eventually(done, seconds=120, every=0.5)
        pages = [
            page for page in (await self.visitor.http.get(f"{NOTION}/_local/pages")).json() if page["title"] == name
        ]
        assert len(pages) == 1, pages
        say(f"order {name}: one run, one page")

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.visitor.http.request(method, f"{API}{path}", headers=self.bearer, **more)


async def main(folder: Path) -> None:
    """Do what docs/running.md says, and what an operator does after it."""
    project = Project(folder)
    project.run("docker/make-secrets.sh")
    try:
        project.up()
        in_order(project)
        made = project.compose(
            "exec", "-T", "api", "python", "cli.py", "keys", "create", "operator", "--scope", "admin"
        )
        shop = Shop(next(word for word in made.split() if word.startswith("steps_")))
        await shop.open()
        first = await shop.order("#6001", times=2)
        await shop.one_page(first, "#6001")

        project.up("--scale", "worker=2")
        second = await shop.order("#6002")
        project.run("docker", "kill", "durable-steps-worker-1")
        project.compose("restart", "api")
        say("killed: a worker of two; restarted: the API")
        project.up("--scale", "worker=2")
        await shop.one_page(second, "#6002")

        taken = ("run", "--rm", "-T", "--no-deps", "--entrypoint")
        assert "Root Token" in project.compose(*taken, "cat", "openbao-setup", "/openbao/file/init.txt")
        project.compose(*taken, "rm", "openbao-setup", "/openbao/file/init.txt")
        project.compose("down")
        project.up()
        assert [await shop.status(run) for run in (first, second)] == ["completed"] * 2
        say("down and up again, without the root token: the runs are there, and the key still opens")
    except BaseException:
        say(project.compose("logs", "--tail", "15")[-9000:])
        raise
    finally:
        project.compose("down", "--volumes")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
