"""A run that waits, and the events that come to it."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from steps import RunRecord
from steps.resume_token import read_token
from steps.wait import Resumed
from tests.conftest import eventually
from tests.steps.harness import start

Handle = WorkflowHandle[Any, Any]


async def stored(handle: Handle, key: str = "token") -> Any:
    """Return what the run keeps under the key, once it does."""

    async def look() -> Any:
        return (await handle.query("record", result_type=RunRecord)).store.get(key)

    return await eventually(look)


async def resume(handle: Handle, token: str, event: Any = None, *, click: str = "", again: bool = False) -> Resumed:
    """Send the event as the API does; `again` as a caller does whose first one Temporal no longer knows."""
    read = read_token(token)
    assert read is not None
    argument = {"wait_id": read.wait_id, "event": event, "click": click}
    return await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        "resume", argument, id=f"{read.wait_id}{'-again' if again else ''}", result_type=Resumed
    )


async def refusal(handle: Handle, token: str, event: Any = None) -> ApplicationError:
    """Return why an event is refused."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await resume(handle, token, event, again=True)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


async def opened(client: Client, queue: str, **data: Any) -> tuple[Handle, str]:
    """Start a run that waits; return it with the wait's token."""
    handle = await start(client, queue, "WaitsOnce", {"wait": {}, **data})
    return handle, await stored(handle)


async def armed(handle: Handle) -> RunRecord:
    """Wait until the step that opened the wait has returned."""

    async def look() -> RunRecord:
        record = await handle.query("record", result_type=RunRecord)
        assert record.waiting
        return record

    return await eventually(look)


async def tokens_of(handle: Handle, count: int) -> list[str]:
    async def look() -> list[str]:
        tokens = await stored(handle, "tokens")
        assert len(tokens) == count
        return tokens

    return await eventually(look)
