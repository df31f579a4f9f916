"""What the worker's interceptors add to every run and every call."""

from __future__ import annotations

from typing import Any

from temporalio import activity, workflow
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from steps.watch import UNDER_WAY
from telemetry.call_watch import told
from telemetry.headers import step_in, with_step
from telemetry.place import CALL, Call
from telemetry.recording import recorder
from telemetry.run_watch import watched


class StepsInterceptor(ClientInterceptor, Interceptor):
    """Let calls know the step that makes them; a client hands it on to its workers."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """Return what every run goes through."""
        return _Run

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return what every attempt of a call goes through."""
        return _Call(next)


class _Run(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        return await watched(super().execute_workflow(input))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        if branch := UNDER_WAY.get():
            input.headers = with_step(input.headers, branch)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        if branch := UNDER_WAY.get():
            input.headers = with_step(input.headers, branch)
        return super().start_local_activity(input)


class _Call(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        # Set for good: the task is of this attempt alone, and the SDK's own lines about its end follow.
        call = call_of(input)
        CALL.set(call)
        if activity.info().is_local or not recorder().on:
            return await super().execute_activity(input)
        return await told(call, super().execute_activity(input))


def call_of(input: ExecuteActivityInput) -> Call:
    """Return the call that an activity makes."""
    info = activity.info()
    step, branch, attempt = step_in(input.headers) or (None, None, None)
    handle = getattr(input.args[0], "handle", None) if input.args else None
    return Call(
        name=info.activity_type,
        number=info.attempt,
        run=info.workflow_id,
        workflow=info.workflow_type,
        step=step,
        branch=branch,
        attempt=attempt,
        connection=handle if isinstance(handle, str) else None,
    )
