"""`python cli.py check`: what is wrong with the workflow files, before a run tells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from settings import read_settings
from steps.discovery import discover

Folder = Annotated[Path | None, typer.Argument(help="The folder; STEPS_WORKFLOWS_DIR if left out.", show_default=False)]


def check_workflows(folder: Folder = None) -> None:
    """Name what a replay would do otherwise in the workflow files, and the files that do not load.

    Each line is `file:line:column: rule: message`. The status is 1 if there is one; the rule `import` alone is only
    a warning. A line with the comment `# guard: reason` is excused.
    """
    place = folder or read_settings().workflows_dir
    found = discover(place)
    lines = [
        (problem.file, problem.line or 1, 1, "not-loaded", problem.message.replace("\n", " "))
        for problem in found.problems
    ]
    lines += [(one.file, one.line, one.column, one.rule, one.message) for one in found.findings]
    for name, line, column, rule, message in sorted(lines):
        typer.echo(f"{_shown(place, name)}:{line}:{column}: {rule}: {message}")
    if found.problems or not all(one.is_warning for one in found.findings):
        raise typer.Exit(1)
    typer.echo(f"{_shown(place, '')}: nothing in the way of {', '.join(sorted(found.workflows)) or 'a workflow'}")


def _shown(folder: Path, name: str) -> str:
    """Return the path as an editor takes it: from here, where it lies below."""
    path = folder / name if name != str(folder) else folder
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
