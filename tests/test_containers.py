"""What every container of docker-compose.yml may do, read from what `docker compose` makes of the file."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import uuid
from functools import partial
from typing import Any

import pytest
from temporalio.common import WorkerDeploymentVersion
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from settings import ROOT
from steps.attributes import TYPES
from steps.dedupe import own_workflows
from tests.conftest import binary, eventually
from tests.test_compose import compose
from worker import pinned

__all__ = ["compose"]

WITHOUT_HEALTH = {"tempo"}  # an image without any program but its own
JOBS = {"temporal-schema", "temporal-namespace", "openbao-setup", "migrate"}
# As the images name them: docker-compose.yml must say so too, for an image may change its mind.
USERS = {
    "postgres": "70:70", "temporalio": "1000:1000", "openbao": "100:1000", "durable-steps": "10001:10001",
    "prom": "65534:65534", "grafana/tempo": "10001:10001", "grafana/grafana": "472:472",
}  # fmt: skip
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def faults(name: str, service: dict[str, Any]) -> list[str]:
    """Return what is not closed about a container."""
    logging = service.get("logging", {})
    checks = {
        "its files can be changed": service.get("read_only") is True,
        "it has capabilities": service.get("cap_drop") == ["ALL"] and "cap_add" not in service,
        "it can get privileges": service.get("security_opt") == ["no-new-privileges:true"],
        "it is privileged": not service.get("privileged"),
        "it is root": bool(re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service.get("user", "")))),
        "its memory is unlimited": int(service.get("mem_limit", 0)) > 0,
        "its processors are unlimited": float(service.get("cpus", 0)) > 0,
        "its processes are unlimited": int(service.get("pids_limit", 0)) > 0,
        "its log is unlimited": {"max-size", "max-file"} <= set(logging.get("options", {})),
        "nothing tells its health": "healthcheck" in service or name in JOBS | WITHOUT_HEALTH,
        "it is not started again": service.get("restart") == ("no" if name in JOBS else "unless-stopped"),
        "its image can be another tomorrow": bool(re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$", service["image"])),
        "it sees the engine": not any("docker.sock" in str(volume) for volume in service.get("volumes", [])),
    }  # fmt: skip
    return [fault for fault, fine in checks.items() if not fine]


def test_every_container_is_closed(compose: dict[str, Any]):
    assert {name: found for name, each in compose["services"].items() if (found := faults(name, each))} == {}


@pytest.mark.parametrize(
    "opening",
    [
        {"read_only": False}, {"cap_drop": []}, {"cap_add": ["NET_ADMIN"]}, {"privileged": True}, {"user": "0:0"},
        {"user": ""}, {"mem_limit": "0"}, {"cpus": 0}, {"pids_limit": 0}, {"logging": {}}, {"restart": "no"},
        {"image": "x:latest"}, {"image": "x"}, {"image": "x:3"}, {"volumes": ["/var/run/docker.sock"]},
    ],
    ids=str,
)  # fmt: skip
def test_an_open_container_is_noticed(opening: dict[str, Any], compose: dict[str, Any]):
    assert len(faults("api", compose["services"]["api"] | opening)) == 1


def test_every_container_runs_as_the_user_that_its_image_has(compose: dict[str, Any]):
    for name, service in compose["services"].items():
        image = service["image"].partition(":")[0]
        assert service["user"] == USERS.get(image, USERS.get(image.partition("/")[0])), name
    assert f"USER {USERS['durable-steps']}" in DOCKERFILE


def test_no_secret_is_in_an_environment(compose: dict[str, Any]):
    named = {secret.lower() for secret in compose["secrets"]} | {"bao_token", "pgpassword", "sql_password"}
    for name, service in compose["services"].items():
        given = service.get("environment", {})
        secret = {
            key for key in given if key.lower() in named or re.search(r"PASSWORD$|PWD$|SECRET|_KEYS?$|TOKEN", key)
        }
        assert secret == set(), name
        assert not any("://" in str(value) and "@" in str(value) for value in given.values()), name


def test_every_secret_is_a_file_and_somebody_reads_it(compose: dict[str, Any]):
    used = {each["source"] for service in compose["services"].values() for each in service.get("secrets", [])}
    assert set(compose["secrets"]) == used
    assert all(set(secret) == {"file", "name"} for secret in compose["secrets"].values())


def test_everything_waits_for_the_health_of_what_it_needs(compose: dict[str, Any]):
    waits = {
        name: {other: each["condition"] for other, each in service.get("depends_on", {}).items()}
        for name, service in compose["services"].items()
    }
    assert {name: set(others) for name, others in waits.items()} == {
        "postgres": set(), "openbao": set(), "temporal-schema": {"postgres"}, "temporal": {"temporal-schema"},
        "temporal-namespace": {"temporal"}, "temporal-ui": {"temporal"}, "openbao-setup": {"openbao"},
        "migrate": {"postgres"}, "api": {"migrate", "openbao-setup"},
        "worker": {"migrate", "openbao-setup", "temporal-namespace"},
        "prometheus": set(), "tempo": set(), "grafana": {"prometheus"},
    }  # fmt: skip
    for name, others in waits.items():
        for other, condition in others.items():
            ends = "service_completed_successfully" if other in JOBS else "service_healthy"
            # A new OpenBao is sealed, and so unhealthy, until its job has initialized it.
            assert condition == ("service_started" if (name, other) == ("openbao-setup", "openbao") else ends)


def test_what_must_be_kept_is_on_a_volume(compose: dict[str, Any]):
    kept = {
        (name, volume["target"])
        for name, service in compose["services"].items()
        for volume in service.get("volumes", [])
        if volume["type"] == "volume"
    }
    assert kept == {
        ("postgres", "/var/lib/postgresql/data"), ("openbao", "/openbao/file"), ("openbao", "/openbao/logs"),
        ("openbao-setup", "/openbao/file"),
        ("prometheus", "/prometheus"), ("tempo", "/var/tempo"), ("grafana", "/var/lib/grafana"),
    }  # fmt: skip


def test_workers_can_be_as_many_as_wanted(compose: dict[str, Any]):
    assert not {"container_name", "ports", "hostname"} & set(compose["services"]["worker"])


def test_the_image_is_built_on_a_version_and_its_user_is_not_root():
    assert re.findall(r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE) == re.findall(
        r"python:3\.11\.\d+-slim-[a-z]+", DOCKERFILE
    )
    assert not re.search(r"^(ADD|ARG|VOLUME) ", DOCKERFILE, re.MULTILINE)


# The jobs and the health checks, as they are


@pytest.mark.server
def test_a_job_makes_namespace_and_search_attributes_and_sets_how_long_runs_are_kept(dev_server: WorkflowEnvironment):
    namespace = f"made-{uuid.uuid4().hex[:8]}"
    address = dev_server.client.service_client.config.target_host

    def temporal(*arguments: str) -> str:
        command = [binary("temporal"), "operator", *arguments, "--namespace", namespace, "--address", address]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    def make(retention: str) -> None:
        env = {"PATH": f"{binary('temporal').rpartition('/')[0]}:/usr/bin:/bin", "TEMPORAL_ADDRESS": address}
        env |= {"NAMESPACE": namespace, "RETENTION": retention}
        done = subprocess.run(
            ["sh", str(ROOT / "docker" / "temporal-namespace.sh")], env=env, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, done.stderr

    for retention, shown in [("30d", "720h"), ("2d", "48h")]:
        make(retention)
        assert re.search(rf"Retention\S*\s+{shown}", temporal("namespace", "describe"))
    found = dict(re.findall(r"^\s*(\w+)\s+(\w+)\s*$", temporal("search-attribute", "list"), re.MULTILINE))
    assert set(TYPES) <= set(found)
    assert {name: found[name] for name in TYPES} == {
        "Workflow": "Keyword", "Trigger": "Keyword", "Step": "Keyword", "Connection": "KeywordList"
    }  # fmt: skip


@pytest.mark.server
@pytest.mark.parametrize("version", [None, WorkerDeploymentVersion("steps", "1")], ids=["no build", "a build"])
async def test_a_worker_is_healthy_while_temporal_sees_it_ask(
    dev_server: WorkflowEnvironment, version: WorkerDeploymentVersion | None
):
    queue = f"polls-{uuid.uuid4().hex[:8]}"
    address = dev_server.client.service_client.config.target_host
    env = {"TEMPORAL_ADDRESS": address, "STEPS_TASK_QUEUE": queue, "PYTHONPATH": str(ROOT), "PATH": os.defpath}
    if version:
        env |= {"TEMPORAL_DEPLOYMENT_NAME": version.deployment_name, "TEMPORAL_WORKER_BUILD_ID": version.build_id}

    async def check() -> tuple[int, str]:
        command = [sys.executable, str(ROOT / "docker" / "polls.py")]
        run = partial(subprocess.run, command, env=env, cwd="/", capture_output=True, text=True, timeout=60)
        done = await asyncio.to_thread(run)
        return done.returncode, done.stderr

    async def healthy() -> bool:
        return await check() == (0, "")

    async def unseen() -> bool:
        return await check() == (1, "This worker was last seen by Temporal: never\n")

    def worker(identity: str | None) -> Worker:
        given: dict[str, Any] = {"deployment_config": pinned(version)} if version else {}
        workflows = own_workflows(versioned=version is not None)
        return Worker(dev_server.client, task_queue=queue, workflows=workflows, identity=identity, **given)

    async with worker(f"1@not-{socket.gethostname()}"):
        await eventually(unseen)
    async with worker(None):
        await eventually(healthy)
