from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol, cast

import httpx
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.notion.call import MAX_BODY, MAX_FORM, refusal
from local.notion.calls import CallRecord
from local.notion.faults import Fault
from local.notion.objects import new_id, timestamp
from local.notion.workspace import Workspace


class ConnectionCut(httpx.RemoteProtocolError):
    """Stand for a cut connection in process, where a client gets the application's exceptions directly."""


class _Transport(Protocol):
    def abort(self) -> None: ...


class Front:
    """Note every call, refuse what is too large, and commit the faults that were asked for."""

    def __init__(self, app: ASGIApp, workspace: Workspace) -> None:
        self._app = app
        self._workspace = workspace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        record = self._record(scope, body)
        fault = self._fault(scope["method"], scope["path"])
        record.fault = fault.kind if fault else None
        await self._workspace.latency.pass_by(before=True)
        response = await self._outcome(fault, scope, body, receive)
        await self._workspace.latency.pass_by(before=False)
        if response is None:
            await _cut(receive, send)
            return
        record.status = response.status_code
        await response(scope, receive, send)

    def _fault(self, method: str, path: str) -> Fault | None:
        """Return what goes wrong with a call: what was asked for comes before what chance brings."""
        return self._workspace.faults.take(method, path) or self._workspace.chaos.take(method, path)

    async def _outcome(self, fault: Fault | None, scope: Scope, body: bytes, receive: Receive) -> Response | None:
        """Return the answer, with the fault that it meets; none where the connection is cut."""
        if fault is not None and fault.when == "before":
            return await self._before(fault, scope, body)
        response = await self._answered(scope, body)
        return response if fault is None else await self._after(fault, response, receive)

    async def _before(self, fault: Fault, scope: Scope, body: bytes) -> Response | None:
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return await self._answered(scope, body)
        return None if fault.kind.startswith("cut") else _faulty(fault)

    async def _after(self, fault: Fault, response: Response, receive: Receive) -> Response | None:
        if fault.kind == "slow":
            # The work is done: when the client gives up there is nothing left to wait for.
            gone = asyncio.ensure_future(_disconnected(receive))
            await asyncio.wait([gone], timeout=fault.seconds)
            gone.cancel()
            return response
        return None if fault.kind.startswith("cut") else _faulty(fault)

    async def _answered(self, scope: Scope, body: bytes) -> Response:
        """Return the application's whole answer, so that it can still be withheld."""
        if len(body) > (MAX_FORM if scope["path"].endswith("/send") else MAX_BODY):
            return _too_large()
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        content = b"".join(message.get("body", b"") for message in messages)
        response = Response(content, messages[0]["status"])
        response.raw_headers = list(messages[0]["headers"])
        return response

    def _record(self, scope: Scope, body: bytes) -> CallRecord:
        headers = Headers(scope=scope)
        record = CallRecord(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            authorization=headers.get("authorization"),
            notion_version=headers.get("notion-version"),
            body=_shown(body),
            at=timestamp(self._workspace.clock()),
        )
        self._workspace.calls.add(record)
        return record


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _shown(body: bytes) -> Any:
    if not body or len(body) > MAX_BODY:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


def _faulty(fault: Fault) -> Response:
    if fault.kind == "html_error":
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return HTMLResponse(page, 502, {"cf-ray": new_id()[:16] + "-AMS", "server": "cloudflare"})
    return refusal(fault.error())


def _too_large() -> Response:
    """Return what Notion's body parser says, which is not in the form of its other errors."""
    body = {
        "isNotionError": False,
        "errorId": new_id(),
        "name": "PayloadTooLargeError",
        "message": "request entity too large",
        "code": 413,
    }
    return JSONResponse(body, 413)


async def _cut(receive: Receive, send: Send) -> None:
    """Close the connection with no answer at all.

    Under uvicorn `send` is a method of the request's cycle, which holds the connection's transport: aborting that one
    closes the socket before a byte of an answer is written. In process there is no connection to cut.
    """
    transport = cast("_Transport | None", getattr(getattr(send, "__self__", None), "transport", None))
    if transport is None:
        raise ConnectionCut("Server disconnected without sending a response.")
    transport.abort()
    # The server has to notice first, or it would answer for us.
    await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
