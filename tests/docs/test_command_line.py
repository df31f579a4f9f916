"""The commands that the pages name, held against the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli import app as command_line
from tests.docs.pages import PAGES


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if words:
        yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*words, name))


COMMANDS = sorted(commands(get_command(command_line)))
GROUPS = {words[0] for words in COMMANDS if len(words) > 1}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_a_help_that_says_what_it_does(words: tuple[str, ...]):
    result = CliRunner().invoke(command_line, [*words, "--help"])
    assert result.exit_code == 0
    said = [line for line in result.output.splitlines() if line.strip() and "Usage" not in line]
    assert len(said[0].strip()) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_that_a_page_names_exists(page: Path):
    for line in re.findall(r"cli\.py ([a-z].*?)(?:`|$|\)|  )", page.read_text(encoding="utf-8"), re.MULTILINE):
        words = tuple(line.split())
        assert words[:1] in COMMANDS or words[:2] in COMMANDS, line
        if words[0] in GROUPS:
            assert words[:2] in COMMANDS, line
