"""The sandbox that workflow files run in."""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

try:
    from steps.shared_sandbox import SharedSandboxRunner, is_known_sdk
except ImportError:  # an SDK that has changed inside
    is_known_sdk, SharedSandboxRunner = (lambda: False), SandboxedWorkflowRunner


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return Temporal's sandbox with this package passed through.

    `steps` is deterministic by construction and holds no state of a run in its modules. An author's file is imported
    once, under all restrictions, where nothing in it can change, and else anew for every run.
    """
    restrictions = SandboxRestrictions.default.with_passthrough_modules("steps")
    runner = SharedSandboxRunner if is_known_sdk() else SandboxedWorkflowRunner
    return runner(restrictions=restrictions)
