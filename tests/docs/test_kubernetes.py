"""The manifests of docker/kubernetes: what they name of ours is there, and the controller's fields are its own.

With `WORKER_CONTROLLER_CRDS=<folder>`, the definitions of temporalio/temporal-worker-controller
(helm/temporal-worker-controller-crds/templates), they are held against those, the templates of all pods included.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
import yaml
from typer.main import get_command

from api.health import router
from cli import app as command_line
from settings import ROOT, Settings
from tests.docs.pages import text_of

FOLDER = ROOT / "docker" / "kubernetes"
PAGE = text_of("docs/operating.md")
FIELDS = {f"STEPS_{name.upper()}" for name in Settings.model_fields}
OBJECTS: list[dict[str, Any]] = [
    one for path in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
BY_NAME = {(one["kind"], one["metadata"]["name"]): one for one in OBJECTS}
PODS = [
    pytest.param(one["spec"]["template"], id=one["metadata"]["name"]) for one in OBJECTS if "template" in one["spec"]
]
# Of the controller's version 1.8, by hand: what each object takes, and what it must have.
TAKES = {
    "Connection": {"hostPort", "apiKeySecretRef", "mutualTLSSecretRef", "tls"},
    "WorkerDeployment": {
        "minReadySeconds", "progressDeadlineSeconds", "replicas", "rollout", "sunset", "template", "workerOptions",
    },
}  # fmt: skip
NEEDS = {"Connection": {"hostPort"}, "WorkerDeployment": {"rollout", "sunset", "template", "workerOptions"}}


def test_the_objects_are_those_that_the_page_speaks_of():
    assert sorted(kind for kind, _ in BY_NAME) == ["Connection", "Deployment", "Job", "Service", "WorkerDeployment"]
    assert {one["metadata"]["namespace"] for one in OBJECTS} == {"production"}


@pytest.mark.parametrize("kind", TAKES)
def test_the_controllers_objects_have_its_fields(kind: str):
    (one,) = [found for (name, _), found in BY_NAME.items() if name == kind]
    assert one["apiVersion"] == "temporal.io/v1alpha1"
    assert NEEDS[kind] <= one["spec"].keys() <= TAKES[kind]


def test_the_workers_use_the_connection_that_is_there():
    options = BY_NAME["WorkerDeployment", "steps-worker"]["spec"]["workerOptions"]
    connection = BY_NAME["Connection", options["connectionRef"]["name"]]["spec"]
    [api] = BY_NAME["Deployment", "steps-api"]["spec"]["template"]["spec"]["containers"]
    env = {item["name"]: item for item in api["env"]}
    assert env["TEMPORAL_ADDRESS"]["value"] == connection["hostPort"]
    assert env["TEMPORAL_NAMESPACE"]["value"] == options["temporalNamespace"]
    assert env["TEMPORAL_API_KEY"]["valueFrom"]["secretKeyRef"] == connection["apiKeySecretRef"]


@pytest.mark.parametrize("template", PODS)
def test_every_pod_runs_a_command_of_ours_with_settings_that_there_are(template: dict[str, Any]):
    [container] = template["spec"]["containers"]
    program, file, *words = container["command"]
    assert program == "python"
    assert (ROOT / file).is_file()
    assert set(words) <= set(getattr(get_command(command_line), "commands", {}))
    ours = {item["name"] for item in container.get("env", []) if item["name"].startswith("STEPS_")}
    assert ours <= FIELDS
    for kind in ("readinessProbe", "livenessProbe"):
        if probe := container.get(kind):
            assert probe["httpGet"]["path"] in {getattr(route, "path", "") for route in router.routes}
    _, _, version = container["image"].rpartition(":")
    assert version[0].isdigit(), "an image without a version of its own cannot be gone back to"


@pytest.mark.parametrize("template", PODS)
def test_every_pod_may_do_as_little_as_a_container_of_compose(template: dict[str, Any]):
    pod = template["spec"]
    [container] = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip


def test_the_workers_have_time_to_end_their_calls():
    pod = BY_NAME["WorkerDeployment", "steps-worker"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > Settings.model_fields["shutdown_seconds"].default


def test_the_page_makes_every_secret_that_is_mounted():
    mounted = {
        volume["secret"]["secretName"]
        for one in OBJECTS
        for volume in one["spec"].get("template", {}).get("spec", {}).get("volumes", [])
        if "secret" in volume
    }
    assert mounted == {"steps-api", "steps-migrate", "steps-worker"}
    for name in {*mounted, "temporal-api-key"}:
        assert f"kubectl create secret generic {name}" in PAGE


@pytest.mark.skipif("WORKER_CONTROLLER_CRDS" not in os.environ, reason="WORKER_CONTROLLER_CRDS names no folder")
def test_the_controllers_own_definitions_take_them():
    schemas: dict[str, Any] = {}
    for path in Path(os.environ["WORKER_CONTROLLER_CRDS"]).glob("*.yaml"):
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            version = one["spec"]["versions"][0]
            schemas[one["spec"]["names"]["kind"]] = closed(version["schema"]["openAPIV3Schema"])
    for kind in TAKES:
        [one] = [found for (name, _), found in BY_NAME.items() if name == kind]
        jsonschema.validate({**one, "metadata": {}}, schemas[kind])
    pods = schemas["WorkerDeployment"]["properties"]["spec"]["properties"]["template"]
    for param in PODS:
        jsonschema.validate(param.values[0], pods)


def closed(schema: Any) -> Any:
    """Return a schema that refuses what it does not name, as the server would drop it in silence."""
    if isinstance(schema, list):
        return [closed(one) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(one) for name, one in cast("dict[str, Any]", schema).items()}
    if isinstance(inner.get("properties"), dict) and "type" in inner:
        inner.setdefault("additionalProperties", False)
    return inner
