"""The sandbox that workflow files run in."""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions


def workflow_runner() -> SandboxedWorkflowRunner:
    """Return Temporal's sandbox with this package passed through.

    `steps` is deterministic by construction and holds no state of a run in its modules, so that sharing it saves each
    run the import; an author's file is imported anew for every run, under all restrictions.
    """
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("steps"))
