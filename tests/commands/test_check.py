"""`python cli.py check`: workflow files, before anything runs them."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import ROOT

FLOW = """\
from __future__ import annotations

from steps import Api, Workflow


class {name}(Workflow):
    async def start(self, data, headers, api: Api):
        {body}
"""


@pytest.fixture
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for workflow files, under a name that no other test has imported."""
    folder = tmp_path / f"checked_{uuid.uuid4().hex}"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]


def test_check_names_all_that_is_wrong_by_file_line_column_and_rule(cli: Any, flows: Path):
    (flows / "clock.py").write_text(FLOW.format(name="Clock", body="import time; return time.time()"))
    (flows / "broken.py").write_text("class Broken(\n")
    (flows / "none.py").write_text("x = 1\n")
    result = cli("check", str(flows))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [
        f"{flows.name}/broken.py:1:1", f"{flows.name}/clock.py:8:29", f"{flows.name}/none.py:1:1",
    ]  # fmt: skip
    assert [line.split(": ")[1] for line in lines] == ["not-loaded", "clock", "not-loaded"]
    assert "use `api.run.now()`" in lines[1]


def test_check_is_content_with_good_files_and_with_an_excuse(cli: Any, flows: Path):
    (flows / "good.py").write_text(FLOW.format(name="Good", body="print(data)  # guard: seen on the laptop alone"))
    result = cli("check", flows.name)
    assert result.exit_code == 0
    assert result.stdout == f"{flows.name}: nothing in the way of Good\n"


def test_check_warns_of_a_package_that_every_run_would_load_and_goes_on(cli: Any, flows: Path):
    (flows / "heavy.py").write_text(FLOW.format(name="Heavy", body="import sqlalchemy"))
    result = cli("check", str(flows))
    assert result.exit_code == 0
    assert "heavy.py:8:9: import: sqlalchemy is loaded anew for every run" in result.stdout


def test_check_of_a_folder_that_is_not_there_says_so(cli: Any, tmp_path: Path):
    result = cli("check", str(tmp_path / "nowhere"))
    assert result.exit_code == 1
    assert "nowhere:1:1: not-loaded: There is no such folder" in result.stdout


def test_check_reads_the_folder_of_the_settings_and_the_products_own_pass(cli: Any):
    assert cli("check").exit_code == 0


def test_make_check_checks_the_workflows():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2].partition("\n\n")[0]
    assert "cli.py check workflows" in recipe
