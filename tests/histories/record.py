"""Record the histories that the replay test holds the engine to: `python -m tests.histories.record [CASE ...]`.

A history that no longer replays means that a deploy of the change parks the runs that are under way. What is there is
therefore left alone: to record a case anew, delete its files first, and only when that is meant.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from commands.recorded import save
from settings import ROOT
from steps import Response
from steps.discovery import discover
from steps.http import ConnectionRequest, FetchRequest, NotionRequest
from steps.notion.records import RecordAnswer, RecordKey, RecordRequest
from steps.wait import OpenedWait, WaitRequest
from temporal import plugin
from tests.conftest import binary, eventually
from tests.steps.harness import Outside, ended, runs_of, start, working

FOLDER = Path(__file__).parent
SHIPPED = FOLDER / "shipped"
ORDER = {"name": "#1001", "total_price": "128.50", "currency": "EUR"}


@dataclass(frozen=True)
class Case:
    """One run; `event` is sent to the wait that it opens, and the connection is found lost so many times."""

    workflow: str
    data: Any
    event: dict[str, Any] | None = None
    lost: int = 0


ENGINE = {
    "wait_call_and_failure": Case("Journey", None),
    "fan_out_with_a_failure": Case("FanOut", {"branches": 4, "bad": [2], "delay": 1}),
    "parallel_calls": Case("FanCalls", 4),
    "first_and_second_to_see": Case("Dedupes", {"keys": ["a", "b", "a"], "window": 1, "again": 3}),
    "joined": Case("Joins", {"branches": [[1], [2, 3]], "delay": 1}),
    "joined_in_part": Case("Joins", {"branches": [[1], ["bad"]]}),
    "joined_inside": Case("Nested", [[1, 2], []]),
    "tried_again": Case("Retries", {"step": "quick", "good": 3}),
    "rolled_over": Case("Long", {"left": 8, "log_every": 4, "call_every": 2}),
    "wait_resumed": Case("WaitsOnce", {"wait": {"payload": {"order": "#1"}}}, {"approved": True}),
    "wait_expired": Case("WaitsOnce", {"wait": {"timeout": "1 sec", "on_timeout": "expired"}}),
    "reconnected": Case("TakesToken", "my-notion", lost=2),
    "wait_withdrawn": Case("WaitsOnce", {"wait": {}, "cancel": True}),
}
FLOWS = {
    "recorded": Case("OrderToNotion", ORDER),
    "approved": Case("ApproveOrder", ORDER, {"decision": "approve"}),
    "declined": Case("ApproveOrder", ORDER, {"decision": "decline"}),
    "small": Case("ApproveOrder", {**ORDER, "total_price": "9.00"}),
    "lines": Case(
        "OrderFanOut", {"name": "#1001", "line_items": [{"title": t, "quantity": 1, "price": 2.5} for t in "abc"]}
    ),
    "queried": Case("NotionQuery", {"page_size": 5}),
    "upserted": Case("OrderUpsert", {"name": "#1001", "total_price": "12.50"}),
}


class Shop(Outside):
    """Answer as Notion does, and remember the waits."""

    def __init__(self) -> None:
        super().__init__({"TABLE": "t1", "NOTION_DATABASE_ID": "d1", "APPROVAL_WEBHOOK": "https://chat.example.com/"})
        self.waits: dict[str, str] = {}
        self.lost_for = 0

    @activity.defn(name="fetch")
    async def fetch(self, request: FetchRequest) -> Response:
        return Response(status=200, text='{"id": "page-1"}', url=request.url)

    @activity.defn(name="notion")
    async def notion(self, request: NotionRequest) -> dict[str, Any]:
        return {"results": [], "has_more": False} if request.path.endswith("/query") else {"id": "page-1"}

    @activity.defn(name="record")
    async def record(self, request: RecordRequest) -> RecordAnswer:
        if request.action == "key":
            return RecordAnswer(key=RecordKey(source="d1", id="title", name="Name", type="title"))
        return RecordAnswer(pages=[{"id": "page-1", "url": "https://www.notion.so/page-1"}], created=True)

    @activity.defn(name="open_wait")
    async def open_wait(self, request: WaitRequest) -> OpenedWait:
        self.waits[activity.info().workflow_id or ""] = request.wait_id
        return await super().open_wait(request)

    @activity.defn(name="await_connection")
    async def await_connection(self, request: ConnectionRequest) -> None:
        if self.looks >= self.lost_for:
            self.lost.clear()
        await super().await_connection(request)

    def all(self) -> list[Any]:
        return [*super().all(), self.notion, self.record]


@asynccontextmanager
async def recorder() -> AsyncGenerator[Client]:
    """Start a server that soon asks for a roll-over."""
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap  # the SDK's own gap
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=25"],
        plugins=[plugin()],
    ) as environment:
        yield environment.client


async def record(client: Client, cases: dict[str, Case], folder: Path, **options: Any) -> None:
    """Run each case that the folder lacks, and keep the history of each of its Temporal runs."""
    shop = Shop()
    async with working(client, shop, queue="recorder", **options) as queue:
        for name, case in cases.items():
            if any(folder.glob(f"{case.workflow}.{name}*.json")):
                continue
            shop.lost_for = case.lost
            if case.lost:
                shop.lose("my-notion")
            handle = await start(client, queue, case.workflow, case.data)
            if case.event is not None:
                await send(handle, shop, case.event)
            await ended(handle)
            for path in save(await runs_of(client, handle), f"{case.workflow}.{name}", folder):
                print(path.relative_to(ROOT))  # noqa: T201  # a command prints what it made


async def send(handle: WorkflowHandle[Any, Any], shop: Shop, event: dict[str, Any]) -> None:
    """Send the event once the run waits for it."""

    async def waiting() -> bool:
        return handle.id in shop.waits and (await handle.query("record"))["running"] == []

    await eventually(waiting)
    wait = shop.waits[handle.id]
    await handle.execute_update("resume", {"wait_id": wait, "event": event}, id=wait)  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap


async def main() -> None:
    async with recorder() as client:
        await record(client, ENGINE, FOLDER)
        await record(client, FLOWS, SHIPPED, workflows=list(discover(ROOT / "workflows").workflows.values()))


if __name__ == "__main__":
    asyncio.run(main())
