"""Which room may import which, and how long a file may be."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from settings import ROOT

OURS = {
    "activities", "api", "cli", "codec", "commands", "local", "logs", "schedules", "settings", "steps", "temporal",
    "vault", "worker", "workflows",
}  # fmt: skip
MAY_IMPORT: dict[str, set[str]] = {
    "steps": set(),
    "vault": set(),
    "codec": set(),
    "settings": {"codec"},
    "workflows": {"steps"},
    "temporal": {"codec", "settings", "steps"},
    "logs": {"settings"},
    "schedules": {"steps", "temporal"},
    "activities": {"steps", "vault", "temporal", "settings"},
    "api": {"codec", "schedules", "steps", "vault", "temporal", "settings"},
    "local": {"settings", "vault", "temporal", "steps"},
    "worker": {"steps", "activities", "schedules", "vault", "temporal", "settings", "logs"},
    # The command that rotates the master key is itself the worker that may.
    "commands": {"activities", "api", "codec", "schedules", "settings", "steps", "temporal", "vault"},
    "cli": OURS - {"cli"},
}
# Of what is not ours, a workflow file may import what the sandbox shares.
A_WORKFLOW_MAY_USE = {"steps", "pydantic", "__future__"} | set(sys.stdlib_module_names)
MAX_LINES = 250


def files(root: Path) -> Iterator[tuple[str, Path]]:
    """Give each Python file of the product with the room that it is in."""
    for room in sorted(OURS):
        if (root / f"{room}.py").exists():
            yield room, root / f"{room}.py"
        for path in sorted((root / room).rglob("*.py")):
            yield room, path


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the first word of every module that is imported, wherever in the file."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name.split(".")[0]) for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module.split(".")[0]
            case ast.Call(
                func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield node.lineno, module.split(".")[0]
            case _:
                pass


def crossings(root: Path) -> list[str]:
    """Name every import that the rooms forbid."""
    found: list[str] = []
    for room, path in files(root):
        for line, module in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if module in OURS and module != room and module not in MAY_IMPORT[room]:
                found.append(f"{path.relative_to(root)}:{line}: {room} may not import {module}")
            if room == "workflows" and module not in A_WORKFLOW_MAY_USE | OURS:
                found.append(f"{path.relative_to(root)}:{line}: a workflow may not import {module}")
    return found


def test_every_import_stays_within_the_rule_of_the_rooms():
    assert crossings(ROOT) == []


def test_every_room_is_there_and_has_a_rule():
    assert set(MAY_IMPORT) == OURS
    assert {room for room, _ in files(ROOT)} == OURS
    top = {path.stem for path in ROOT.glob("*.py")} | {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert top - {"tests", "bench"} == OURS, "a new room needs a rule"


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("steps/a.py", "import vault", "steps/a.py:1: steps may not import vault"),
        ("steps/a.py", "from vault.keys import Key", "steps may not import vault"),
        ("steps/a.py", "def f():\n    from settings import Settings", "steps/a.py:2: steps may not import settings"),
        ("steps/a.py", "if TYPE_CHECKING:\n    import temporal", "steps may not import temporal"),
        ("steps/a.py", "importlib.import_module('api.app')", "steps may not import api"),
        ("vault/deep/a.py", "from steps import Api", "vault may not import steps"),
        ("activities/a.py", "import api.app as app", "activities may not import api"),
        ("api/a.py", "import local", "api may not import local"),
        ("api/a.py", "import os, worker", "api may not import worker"),
        ("worker.py", "from local.stack import Stack", "worker may not import local"),
        ("temporal.py", "import vault", "temporal may not import vault"),
        ("local/a.py", "import api", "local may not import api"),
        ("workflows/a.py", "import vault", "workflows may not import vault"),
        ("workflows/a.py", "import httpx", "a workflow may not import httpx"),
        ("workflows/a.py", "import temporalio.workflow", "a workflow may not import temporalio"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, file: str, text: str, says: str):
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    assert any(says in problem for problem in crossings(tmp_path))


def test_what_a_workflow_may_import_is_not_found(tmp_path: Path):
    (tmp_path / "workflows").mkdir()
    text = "from datetime import timedelta\nfrom pydantic import BaseModel\nfrom steps import Api\n"
    (tmp_path / "workflows" / "a.py").write_text(text, encoding="utf-8")
    assert crossings(tmp_path) == []


def test_no_file_is_longer_than_a_screenful_of_thought():
    paths = [path for _, path in files(ROOT)]
    paths += [path for room in ("tests", "bench") for path in sorted((ROOT / room).rglob("*.py"))]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in paths
        if "migrations" not in path.parts and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}
