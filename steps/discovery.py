"""Finding the workflows: each file of a folder is imported, and one with a mistake does not stop the others."""

from __future__ import annotations

import asyncio
import importlib
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from temporalio import workflow as temporal_workflow

from steps.definition import step_names
from steps.guard import Finding, check_folder
from steps.payload import declared_type
from steps.sandbox import workflow_runner
from steps.workflow import Workflow


@dataclass(frozen=True)
class LoadProblem:
    """A file that could not be loaded, or a class in it."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass
class Discovered:
    """The workflows of a folder by name, what is wrong with the files that gave none, and what the guard found."""

    workflows: dict[str, type[Workflow]] = field(default_factory=dict[str, type[Workflow]])
    problems: list[LoadProblem] = field(default_factory=list[LoadProblem])
    findings: list[Finding] = field(default_factory=list[Finding])


def discover(folder: Path) -> Discovered:
    """Import each `*.py` of the folder, a package, and collect the workflows that it defines.

    Every class is also loaded once in the sandbox, where a clock or a file read at import is refused: the worker would
    otherwise not start, or every run of it would hang. What the guard finds is advice, and keeps no file from loading.
    """
    found = Discovered()
    if not folder.is_dir():
        found.problems.append(LoadProblem(str(folder), None, "There is no such folder; STEPS_WORKFLOWS_DIR names it."))
        return found
    found.findings = check_folder(folder)
    parent = str(folder.resolve().parent)
    if parent not in sys.path:
        sys.path.insert(0, parent)
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith("_"):
            _load(path, f"{folder.name}.{path.stem}", found)
    return found


def _load(path: Path, module_name: str, found: Discovered) -> None:
    try:
        module = importlib.import_module(module_name)
        classes = _classes(module)
        for cls in classes:
            for step in step_names(cls, Workflow):
                declared_type(getattr(cls, step))
            _try_in_sandbox(cls)
    except BaseException as error:  # a file may raise anything, SystemExit too
        if isinstance(error, KeyboardInterrupt):
            raise
        found.problems.append(_problem(path, error))
        return
    if not classes:
        found.problems.append(LoadProblem(path.name, None, "It defines no subclass of steps.Workflow."))
    for cls in classes:
        name = _definition(cls).name or cls.__name__
        if taken := found.workflows.get(name):
            message = f"The name {name} is taken by {taken.__module__}.{taken.__name__}; names must be unique."
            found.problems.append(LoadProblem(path.name, None, message))
        else:
            found.workflows[name] = cls


def _classes(module: ModuleType) -> list[type[Workflow]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Workflow) and value.__module__ == module.__name__
        if "run" in vars(value)  # an abstract base has none
    ]


def _try_in_sandbox(cls: type[Workflow]) -> None:
    """Load the class as a run would. The sandbox wants an event loop to itself, so it gets one, in a thread."""

    async def prepare() -> None:
        workflow_runner().prepare_workflow(_definition(cls))

    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, prepare()).result()


def _definition(cls: type[Workflow]) -> temporal_workflow._Definition:  # pyright: ignore[reportPrivateUsage]  # the SDK's testing entry has no other name for it
    return temporal_workflow._Definition.must_from_class(cls)  # pyright: ignore[reportPrivateUsage]  # as above


def _problem(path: Path, error: BaseException) -> LoadProblem:
    """Name the line of the file itself that the error came from, not a line of what it called."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == str(path) else None
    cause: BaseException | None = error
    while line is None and cause is not None:
        frames = traceback.extract_tb(cause.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if Path(frame.filename).name == path.name), None)
        cause = cause.__cause__
    return LoadProblem(path.name, line, f"{type(error).__name__}: {error}")
