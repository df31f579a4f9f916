"""What the worker's interceptors add to every run and every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.client import (
    OutboundInterceptor,
    StartWorkflowInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.worker import (
    ActivityInboundInterceptor,
    ContinueAsNewInput,
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
from telemetry.headers import TRACE, parent_in, step_in, with_parent, with_step
from telemetry.ids import SpanId, trace_of
from telemetry.place import CALL, REQUEST, Call
from telemetry.recording import is_traced, recorder
from telemetry.run_watch import watched


class StepsInterceptor(ClientInterceptor, Interceptor):
    """Let calls know the step that makes them; a client hands it on to its workers."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Return what every start of a run goes through."""
        return _Client(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """Return what every run goes through."""
        return _Run

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return what every attempt of a call goes through."""
        return _Call(next)


class _Client(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        input.headers = _below_request(input.id, input.headers)
        return await super().start_workflow(input)

    async def start_update_with_start_workflow(
        self, input: StartWorkflowUpdateWithStartInput
    ) -> WorkflowUpdateHandle[Any]:
        start = input.start_workflow_input
        start.headers = _below_request(start.id, start.headers)
        return await super().start_update_with_start_workflow(input)


def _below_request(run: str, headers: Mapping[str, Payload]) -> Mapping[str, Payload]:
    request, trace = REQUEST.get(), trace_of(run)
    return with_parent(headers, SpanId(trace, request.span)) if request and is_traced(trace) else headers


class _Run(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self._outbound = _Outbound(outbound)
        super().init(self._outbound)

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        self._outbound.parent = input.headers.get(TRACE)
        return await watched(super().execute_workflow(input), parent_in(input.headers))


class _Outbound(WorkflowOutboundInterceptor):
    parent: Payload | None = None

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        if branch := UNDER_WAY.get():
            input.headers = with_step(input.headers, branch)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        if branch := UNDER_WAY.get():
            input.headers = with_step(input.headers, branch)
        return super().start_local_activity(input)

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        if self.parent is not None:
            input.headers = {**input.headers, TRACE: self.parent}
        super().continue_as_new(input)


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
