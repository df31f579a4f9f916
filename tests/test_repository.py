"""What no file of the repository may hold, and what each Python file begins with."""

from __future__ import annotations

import ast
import re
import subprocess
from itertools import pairwise

import pytest

from settings import ROOT

# In pieces, so that this file holds none of them.
REGISTRIES = [f"{name}.{end}" for name, end in (
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
    ("proxy.golang", "org"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"), ("crates", "io"), ("debian", "org"),
)]  # fmt: skip
ADDRESS_OF_A_REGISTRY = re.compile(
    r"https?://[^\s/\"'`]*(?:registry|artifact|nexus|mirror|/simple\b)|" + "|".join(map(re.escape, REGISTRIES)), re.I
)
OPTION_FOR_AN_INDEX = re.compile(r"--(?:extra-)?index" + r"-url|--find" + r"-links|--trusted" + r"-host")
PATH_OF_A_MACHINE = re.compile(r"(?<![\w.~/-])/(?:root|home/\w+|Users/\w+|work|mnt/\w+)/[\w.]")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no clone: git knows no files here")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def holding(pattern: re.Pattern[str]) -> list[str]:
    """Name the places where the pattern stands, by file and line."""
    found: list[str] = []
    for name in tracked():
        if name.endswith(".png"):
            continue
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1):
            if match := pattern.search(line):
                found.append(f"{name}:{number}: {match[0]}")
    return found


@pytest.mark.parametrize("pattern", [ADDRESS_OF_A_REGISTRY, OPTION_FOR_AN_INDEX, PATH_OF_A_MACHINE])
def test_no_file_holds_what_belongs_to_one_machine(pattern: re.Pattern[str]):
    assert holding(pattern) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (ADDRESS_OF_A_REGISTRY, "https://" + "registry.example/x"),
        (ADDRESS_OF_A_REGISTRY, f"# from {REGISTRIES[0]}"),
        (OPTION_FOR_AN_INDEX, "pip install --index" + "-url=x"),
        (PATH_OF_A_MACHINE, "file:" + " /home/" + "ada/code"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], text: str):
    assert pattern.search(text)


EXCEPTION = re.compile(r"#\s*(?:noqa(?::[\w, ]+)?|type:\s*ignore(?:\[.*?\])?|pyright:\s*(?:ignore(?:\[.*?\])?|basic))")
REASON = re.compile(r"(?:#|--?)\s+\w")


def without_reason(text: str) -> list[int]:
    """Return the lines with an exception from lint or types and no comment beside it or right above."""
    return [
        number
        for number, (above, line) in enumerate(pairwise(["", *text.splitlines()]), 1)
        if EXCEPTION.search(line) and not above.lstrip().startswith("#") and not REASON.search(EXCEPTION.sub("", line))
    ]


def test_every_exception_has_its_reason():
    found = [
        f"{name}:{number}"
        for name in tracked()
        if name.endswith(".py")
        for number in without_reason((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = 1  # no" + "qa: S101", [1]),
        ("x = 1  # no" + "qa: S101  # a test", []),
        ("# It is a test.\nx = 1  # no" + "qa: S101", []),
        ("x = 1  # pyr" + "ight: ignore[a]  # no" + "qa: S101", [1]),
        ("# pyr" + "ight: basic", [1]),
    ],
)
def test_an_exception_without_a_reason_is_found(text: str, lines: list[int]):
    assert without_reason(text) == lines


def test_every_python_file_begins_with_the_same_import():
    without: list[str] = []
    for name in tracked():
        if not name.endswith(".py"):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        if not begins_with_the_import(text):
            without.append(name)
    assert without == []


def begins_with_the_import(text: str) -> bool:
    try:
        statements = ast.parse(text).body
    except SyntaxError:  # a broken workflow that a test is about
        return "from __future__ import annotations\n" in text
    if statements and isinstance(statements[0], ast.Expr):
        statements = statements[1:]
    match statements:
        case []:  # nothing, or a docstring alone
            return True
        case [ast.ImportFrom(module="__future__", names=[ast.alias(name="annotations")]), *_]:
            return True
        case _:
            return False


def test_no_file_that_git_should_not_know_is_known():
    names = tracked()
    for pattern in (r"(^|/)\.env$", r"^secrets/", r"^data/", r"\.(key|pem|db|log)$", r"(^|/)__pycache__/", r"^\.venv/"):
        assert [name for name in names if re.search(pattern, name)] == []
