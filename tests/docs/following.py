"""A stack to follow the pages on, with the workflows that they show beside those that ship."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from cli import app as command_line
from local.stack import Stack
from settings import ROOT

# What the page about other languages starts with a signature.
SIGNED = """
from steps import StandardWebhooks, Workflow


class SignedOrder(Workflow):
    signed = StandardWebhooks()

    async def start(self, data, headers, api):
        return data["name"]
"""


def workflows_beside(folder: Path, **files: str) -> Path:
    """Return a folder with the workflows that ship and these."""
    target = folder / "flows_followed"  # not `workflows`, which this process has already loaded from elsewhere
    shutil.copytree(ROOT / "workflows", target, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in files.items():
        (target / f"{name}.py").write_text(text, encoding="utf-8")
    return target


def follow(stack: Stack, snippet: str, command: list[str] | None = None, **extra: str) -> str:
    """Run what a page shows against the stack: only where the stack is differs from what is written."""
    snippet = snippet.replace("http://127.0.0.1:8000", stack.addresses.api)
    snippet = snippet.replace("localhost:7233", stack.addresses.temporal)
    binaries = Path(sys.executable).parent
    snippet = snippet.replace(".venv/bin/", f"{binaries}/")
    done = subprocess.run(
        [*(command or ["bash", "-euo", "pipefail", "-c"]), snippet],
        cwd=ROOT, env={**os.environ, **stack.env, **extra}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    # A program that has ended may still be crashed by the SDK's threads while Python tears down (see temporal.leave).
    assert done.returncode in (0, -signal.SIGSEGV, -signal.SIGABRT), done.stderr
    return done.stdout


def operate(stack: Stack, lines: str, **extra: str) -> str:
    """Run lines of our command line against the stack, in this process: a process for each takes two seconds.

    A line may be given what stands in a variable, by `printf %s "$NAME" |`.
    """
    printed = ""
    for line in lines.strip().splitlines():
        fed, _, arguments = line.rpartition("python cli.py ")
        given = re.fullmatch(r'(?:printf %s "\$(\w+)" \| )?', fed)
        assert given, line
        words = [re.sub(r"\$(\w+)", lambda name: extra[name[1]], word) for word in shlex.split(arguments)]
        text = extra[given[1]] if given[1] else None
        done = CliRunner().invoke(command_line, words, input=text, env=stack.env)
        assert done.exit_code == 0, done.output
        printed += done.output
    return printed
