"""Temporal's sandbox with the author's file imported once, where nothing in the file can change.

Temporal imports it anew for every run, which takes 3 ms of CPU and more. Everything that the sandbox refuses is refused
here, too, by the same importer: the runs of a file share it, and each run has a workflow instance of its own. Where the
file can hold state, or where this SDK is not the one that is known, Temporal's own way is taken. All private names of
the SDK that we use are in this file.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.worker.workflow_sandbox._importer import Importer
from temporalio.worker.workflow_sandbox._restrictions import RestrictedModule, RestrictionContext
from temporalio.worker.workflow_sandbox._runner import _Instance  # pyright: ignore[reportPrivateUsage]  # is_known_sdk() guards it

from steps.shareable import namespace_is_fixed, source_is_fixed

log = logging.getLogger("worker")

# What the constructor of the SDK's own instance works with; ours does the same with another importer.
_KNOWN = (
    "instance_details", "runner_class", "Importer", "RestrictionContext", "_workflow_module_name", "importer",
    "_current_thread_id", "globals_and_locals", "_create_instance",
)  # fmt: skip


def is_known_sdk() -> bool:
    """Tell whether the SDK's sandbox is the one that this file was written for."""
    return _Instance.__init__.__code__.co_names == _KNOWN


class ThreadContext(RestrictionContext):
    """Whether a thread imports or runs: the SDK has one for each run, and so for each thread."""

    def __init__(self) -> None:
        self._here = threading.local()
        super().__init__()

    # The SDK's are plain attributes of the same names.
    @property
    def is_runtime(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]  # as the line above says
        """Whether this thread runs a workflow."""
        return getattr(self._here, "is_runtime", False)

    @is_runtime.setter
    def is_runtime(self, value: bool) -> None:
        self._here.is_runtime = value

    @property
    def in_activation(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]  # the same
        """Whether this thread activates one."""
        return getattr(self._here, "in_activation", False)

    @in_activation.setter
    def in_activation(self, value: bool) -> None:
        self._here.in_activation = value


class SharedImporter(Importer):
    """The SDK's importer, one thread at a time: it marks a module as restricted before it has restricted it."""

    def __init__(self, restrictions: SandboxRestrictions, context: RestrictionContext, module: str) -> None:
        self._lock = threading.RLock()
        super().__init__(restrictions, context, workflow_module_name=module)

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # the names of __import__
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        with self._lock:
            return super()._import(name, globals, locals, fromlist, level)


class SharedInstance(_Instance):
    """A run in a sandbox that other runs share."""

    def __init__(self, details: WorkflowInstanceDetails, runner: SandboxedWorkflowRunner, importer: Importer) -> None:
        self.instance_details = details
        self.runner_class = runner.runner_class
        self.importer = importer
        self._current_thread_id = None
        self.globals_and_locals: dict[str, Any] = {"__file__": "workflow_sandbox.py"}
        self._create_instance()


@dataclass(frozen=True)
class SharedSandboxRunner(SandboxedWorkflowRunner):
    """Run each file's workflows in one sandbox, where they can share it."""

    # By the module's name; None where each run has a sandbox of its own.
    _importers: dict[str, Importer | None] = field(
        default_factory=dict[str, Importer | None], init=False, repr=False, compare=False
    )

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return a run's instance, in the file's sandbox or in one of its own."""
        importers = self._importers
        module = det.defn.cls.__module__
        if module in importers:
            shared = importers[module]
            return SharedInstance(det, self, shared) if shared else super().create_instance(det)
        importer = SharedImporter(self.restrictions, ThreadContext(), module)
        instance = SharedInstance(det, self, importer)
        importers.setdefault(module, importer if _can_be_shared(importer, module) else None)
        return instance


def _can_be_shared(importer: Importer, module: str) -> bool:
    return module != "__main__" and all(
        _is_fixed(importer, name, loaded) for name, loaded in list(importer.new_modules.items())
    )


def _is_fixed(importer: Importer, name: str, module: ModuleType) -> bool:
    if module is sys.modules.get(name) or isinstance(module, RestrictedModule) or name == "__main__":
        return True  # shared by all runs already, or with what must not be used taken away
    if name.split(".")[0] == "temporalio":
        return True
    if not namespace_is_fixed(module):
        return False
    path = getattr(module, "__file__", None)  # a folder without __init__.py has none, and holds nothing
    return path is None or source_is_fixed(Path(path).read_bytes(), importer.module_configured_passthrough)
