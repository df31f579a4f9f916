"""Every fenced block of the pages is run by a test, or says how it was checked; and each of these says the truth."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib

import pytest
import yaml
from typer.main import get_command

from cli import app as command_line
from settings import ROOT, Settings
from tests.docs.pages import PAGES
from tests.docs.shown import RUN, Block, shown

BLOCKS = list(shown())
UNMARKED = {(block.page.name, block.language) for block in BLOCKS if block.mark is None}
FIELDS = {f"STEPS_{name.upper()}" for name in Settings.model_fields}


def of_kind(kind: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind == kind]


def test_every_fence_of_the_pages_is_found():
    fences = sum(len(re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in PAGES)
    assert fences == 2 * len(BLOCKS)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_is_run_by_a_test_or_says_how_it_was_checked(block: Block):
    if block.mark is None and block.language in ("", "text"):
        return  # no code
    if block.mark is None:
        assert (block.page.name, block.language) in RUN, "run it in a test of tests/docs/shown.py, or mark it"
    else:
        assert block.kind, f"{block.mark!r} is none of the marks of tests/docs/shown.py"


@pytest.mark.parametrize(("page", "language"), sorted(RUN))
def test_a_test_that_is_named_is_there_and_reads_the_page(page: str, language: str):
    assert (page, language) in UNMARKED, "the page has no such block any more"
    assert page in (ROOT / RUN[page, language]).read_text(encoding="utf-8")


@pytest.mark.parametrize("block", of_kind("run by"), ids=str)
def test_a_test_that_a_mark_names_is_there(block: Block):
    for path in re.findall(r"tests/\S+\.py", block.mark or ""):
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("block", of_kind("settings"), ids=str)
def test_a_setting_that_is_shown_is_one(block: Block):
    names = re.findall(r"^(?:export )?(\w+)=", block.text, re.MULTILINE)
    assert names
    assert {name for name in names if not name.startswith("TEMPORAL_")} <= FIELDS


@pytest.mark.parametrize("block", of_kind("parsed"), ids=str)
def test_a_command_that_is_shown_is_taken_by_the_command_line(block: Block):
    lines = [line for line in block.text.replace("\\\n", " ").splitlines() if line]
    for line in lines:
        if line.startswith("temporal "):
            continue
        _, ours, arguments = line.partition("cli.py ")
        assert ours, line
        command, words = get_command(command_line), shlex.split(arguments, comments=True)
        while (commands := getattr(command, "commands", {})) and words:
            command = commands[words.pop(0)]
        command.make_context("cli.py", words)


def test_every_block_for_a_shell_is_one():
    # One shell for all: each is read and not carried out.
    for block in BLOCKS:
        if block.language in ("sh", "bash"):
            read = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, timeout=10)
            assert (read.returncode, read.stderr) == (0, ""), block


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language in ("json", "toml", "yaml")], ids=str)
def test_every_block_of_data_can_be_read(block: Block):
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)
    else:
        assert list(yaml.safe_load_all(block.text))
