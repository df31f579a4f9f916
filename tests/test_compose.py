"""The containers, as far as they can be checked without an engine."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli import app as command_line
from settings import ROOT, Settings
from tests.conftest import binary
from vault.signing import Signer

TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FIELDS = {f"STEPS_{name.upper()}" for name in Settings.model_fields}


def config(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `docker compose config` on a compose file, apart from any `.env` and any variable of this machine."""
    path = folder / "docker-compose.yml"
    path.write_text(text, encoding="utf-8")
    return subprocess.run(
        [binary("docker-compose"), "--file", str(path), "config", *arguments],
        cwd=folder, env={"PATH": os.defpath, "HOME": str(folder), "COMPOSE_PROFILES": "*"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = config(tmp_path_factory.mktemp("compose"), TEXT, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_compose_accepts_the_file(tmp_path: Path):
    done = config(tmp_path, TEXT, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("condition: service_healthy", "condition: service_well"),
        ("      - steps_database_url\n", "      - steps_unknown\n"),
        ("      migrate: { condition", "      migration: { condition"),
        ("stop_grace_period: 40s", "stop_grace_period: forty"),
        ("  postgres:\n  openbao:", "  other:\n  openbao:"),
    ],
)
def test_the_check_can_fail(right: str, wrong: str, tmp_path: Path):
    assert right in TEXT
    assert config(tmp_path, TEXT.replace(right, wrong, 1), "--quiet").returncode != 0


@pytest.mark.parametrize("name", ["docker-compose.yml", ".env.example", "Dockerfile", "docker/make-secrets.sh"])
def test_every_variable_of_ours_is_a_setting(name: str):
    assert set(re.findall(r"\bSTEPS_[A-Z_]*[A-Z]\b", (ROOT / name).read_text(encoding="utf-8"))) <= FIELDS


def test_every_secret_of_our_processes_is_a_setting(compose: dict[str, Any]):
    for name in ("api", "worker", "migrate"):
        given = {
            secret.get("target", secret["source"]).rpartition("/")[2].upper()
            for secret in compose["services"][name]["secrets"]
        }
        assert given
        assert given <= FIELDS


def test_every_port_is_on_this_machine_alone(compose: dict[str, Any]):
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


def test_every_image_has_a_version(compose: dict[str, Any]):
    for name, service in compose["services"].items():
        _, _, version = service["image"].rpartition(":")
        assert re.match(r"v?\d", version), (name, service["image"])


def test_every_command_of_our_image_is_one_that_there_is(compose: dict[str, Any]):
    known = set(getattr(get_command(command_line), "commands", {}))
    ours = {name: service for name, service in compose["services"].items() if service["image"].startswith("durable")}
    assert set(ours) == {"api", "worker", "migrate"}
    for service in ours.values():
        program, file, *words = service["command"]
        assert program == "python"
        assert (ROOT / file).is_file()
        assert set(words) <= known
    *_, check, _ = ours["api"]["healthcheck"]["test"]
    assert let_in(check)


def test_a_stopping_worker_has_time_to_end_its_calls(compose: dict[str, Any]):
    grace = compose["services"]["worker"]["stop_grace_period"]
    assert float(grace.removesuffix("s")) > Settings.model_fields["shutdown_seconds"].default


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")
def test_every_secret_is_made_once_and_closed_to_others(tmp_path: Path, compose: dict[str, Any]):
    (tmp_path / "docker").mkdir()
    script = shutil.copy(ROOT / "docker" / "make-secrets.sh", tmp_path / "docker")
    folder = tmp_path / "secrets"

    def make() -> dict[str, str]:
        subprocess.run(["sh", script], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True)
        return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    made = make()
    assert set(made) == {Path(secret["file"]).name for secret in compose["secrets"].values()}
    assert all(secret["file"].endswith(f"/secrets/{name}") for name, secret in compose["secrets"].items())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o444}

    Signer.from_text(made["steps_signing_key"])
    assert f":{made['steps_password']}@postgres:" in made["steps_database_url"]
    texts = [text for text in made.values() if text]
    assert len(set(texts)) == len(texts)
    assert make() == made


@pytest.mark.parametrize("path", sorted((ROOT / "docker").glob("*.sh")), ids=lambda path: path.name)
def test_every_script_is_one_that_the_shell_can_read(path: Path):
    done = subprocess.run(["sh", "-n", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# What the image holds

IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


def let_in(name: str) -> bool:
    return any(
        name == entry or name.startswith(f"{entry}/") for entry in (line[1:] for line in IGNORED if line[0] == "!")
    )


def sources(name: str) -> list[Path]:
    """Return the files of one of our top-level modules or packages; nothing for anybody else's."""
    if (ROOT / f"{name}.py").is_file():
        return [ROOT / f"{name}.py"]
    return sorted((ROOT / name).rglob("*.py")) if (ROOT / name / "__init__.py").is_file() else []


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_the_image_gets_everything_that_it_imports_and_no_tests():
    assert IGNORED[0] == "*"
    needed, left = set[str](), {"cli", "worker", "workflows"}
    while left:
        name = left.pop()
        needed.add(name)
        found = {inner for path in sources(name) for inner in imported(path) if sources(inner)}
        left |= found - needed
    for name in needed:
        assert let_in(sources(name)[0].relative_to(ROOT).as_posix()), f".dockerignore keeps {name} out"
    assert "tests" not in needed
    for name in ("tests/x.py", ".env", ".git/config", "secrets/steps_master_key", "data/master.key", ".venv/x"):
        assert not let_in(name)


def test_what_the_image_gets_is_there():
    assert [line for line in IGNORED if line[0] == "!" and not (ROOT / line[1:]).exists()] == []
    for copied in re.findall(r"^COPY (\S+) ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE):
        assert copied == "." or let_in(copied)


# The locks


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return each package of a lock, with its condition if it has one, and its version and hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for line in text.splitlines():
        if match := re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)(?: ; ([^\-]+))?", line):
            package = f"{match[1]} ; {match[3].strip()}" if match[3] else match[1]
            assert package not in found
            found[package] = (match[2], frozenset(re.findall(r"--hash=(sha256:[0-9a-f]{64})", line)))
    return found


LOCK, IMAGE_LOCK = locked("requirements.lock"), locked("docker/requirements.lock")


def asked(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ;]", text, maxsplit=1)[0] for text in requirements}


def test_the_lock_of_the_image_is_a_part_of_the_lock():
    assert IMAGE_LOCK
    assert {name: LOCK.get(name) for name in IMAGE_LOCK} == IMAGE_LOCK


@pytest.mark.parametrize("lock", [LOCK, IMAGE_LOCK], ids=["laptop", "image"])
def test_every_package_has_hashes(lock: dict[str, tuple[str, frozenset[str]]]):
    assert [name for name, (_, hashes) in lock.items() if not hashes] == []


def test_the_image_gets_what_the_product_needs_and_no_tool():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = asked(project["dependencies"])
    tools = asked([text for extra in project["optional-dependencies"].values() for text in extra])
    assert needed <= set(IMAGE_LOCK)
    assert not (tools - needed) & set(IMAGE_LOCK)
    assert (needed | tools) <= set(LOCK)


@pytest.mark.parametrize("name", ["requirements.lock", "docker/requirements.lock"])
def test_no_lock_names_an_index(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://\S+|--(?:extra-)?index\S*|--find\S*|--trusted\S*", text) == []


@pytest.mark.parametrize("name", ["steps_payload_keys", "steps_signing_key", "steps_database_url"])
def test_the_api_and_the_workers_are_given_the_same_keys(compose: dict[str, Any], name: str):
    for service in ("api", "worker"):
        assert name in {secret["source"] for secret in compose["services"][service]["secrets"]}
