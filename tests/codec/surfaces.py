"""A workflow that puts a text in every place of a history that can hold one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import (
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
)
from temporalio.common import RetryPolicy
from temporalio.converter import PayloadConverter
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError

CANARY = "canary-7e1f"
_SHORT = timedelta(seconds=10)
_TWICE = RetryPolicy(initial_interval=timedelta(milliseconds=1), maximum_attempts=2)
failed_tasks: set[str] = set()


def said(where: str) -> str:
    return f"{CANARY} in {where}"


def _raise(where: str) -> None:
    local = said(f"{where}'s local")
    try:
        raise KeyError(said(f"{where}'s cause"), local)
    except KeyError as error:
        raise ApplicationError(said(where), {"detail": said(f"{where}'s details")}, type="Readable") from error


@activity.defn(name="surface")
async def surface(text: str) -> str:
    activity.heartbeat(said("a heartbeat"), text)
    if activity.info().attempt == 1:
        _raise("an attempt")
    return said("a result")


@activity.defn(name="fails")
async def fails(text: str) -> None:
    _raise("an activity")


@activity.defn(name="hangs")
async def hangs() -> None:
    activity.heartbeat(said("a last heartbeat"))
    await asyncio.sleep(0.3)  # so that the heartbeat reaches the server before the time is over
    await asyncio.Event().wait()


@workflow.defn(sandboxed=False)
class Inner:
    @workflow.run
    async def run(self, text: str) -> str:
        if text.endswith("fail"):
            _raise("a child")
        return said("a child's result")


@workflow.defn(sandboxed=False)
class Surfaces:
    def __init__(self) -> None:
        self.done = False

    @workflow.signal
    def note(self, text: str) -> None:
        self.done = True

    @workflow.update
    async def change(self, text: str) -> str:
        if text.endswith("fail"):
            _raise("an update")
        return said("an update's result")

    @workflow.query
    def look(self) -> str:
        return said("a query")

    @workflow.run
    async def run(self, given: dict[str, Any]) -> str:
        if given.get("rolled"):
            await workflow.wait_condition(lambda: self.done)
            _raise("a run")
        if workflow.info().run_id not in failed_tasks:
            failed_tasks.add(workflow.info().run_id)
            raise RuntimeError(said("a failed task"))
        await workflow.execute_activity(
            "surface", said("an input"), start_to_close_timeout=_SHORT, summary=said("a summary"), retry_policy=_TWICE
        )
        await workflow.execute_local_activity("surface", said("a marker"), start_to_close_timeout=_SHORT)
        for name, arguments in {"fails": [said("an input")], "hangs": []}.items():
            with contextlib.suppress(ActivityError):
                await workflow.execute_activity(
                    name,
                    args=arguments,
                    start_to_close_timeout=timedelta(seconds=1),
                    retry_policy=RetryPolicy(maximum_attempts=1),
                )
        await workflow.sleep(0.01, summary=said("a timer"))
        workflow.upsert_memo({"more": said("a later memo")})
        workflow.set_current_details(said("the current details"))
        for end in ("", " fail"):
            with contextlib.suppress(ChildWorkflowError):
                await workflow.execute_child_workflow(
                    Inner.run,
                    said("a child's input") + end,
                    id=f"{workflow.info().workflow_id}/inner{len(end)}",
                    memo={"inner": said("a child's memo")},
                    static_summary=said("a child's summary"),
                )
        workflow.continue_as_new({"rolled": said("a next input")}, memo={"next": said("a next memo")})


@activity.defn(name="beats")
async def beats() -> str:  # without an argument: the SDK decodes those first, and fails them for a while only
    before = activity.info().heartbeat_details
    if before and activity.info().attempt > 2:
        return str(before[0])
    activity.heartbeat(said("a heartbeat"))
    raise ApplicationError("once more", next_retry_delay=timedelta(seconds=1))


@workflow.defn(sandboxed=False)
class Beats:
    @workflow.run
    async def run(self, text: str) -> str:
        return await workflow.execute_activity(
            "beats",
            start_to_close_timeout=_SHORT,
            heartbeat_timeout=timedelta(seconds=1),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), backoff_coefficient=1),
            result_type=str,
        )


class Headers(Interceptor):
    """Send a header with each start and signal, as tracing does."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Sending(next)


class _Sending(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> Any:
        input.headers = {**input.headers, **_header("a header")}
        return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        input.headers = {**input.headers, **_header("a signal's header")}
        await super().signal_workflow(input)


def _header(where: str) -> Mapping[str, Any]:
    return {"trace": PayloadConverter.default.to_payload(said(where))}
