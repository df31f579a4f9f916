from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.notion.call import parse_json
from local.notion.checks import a_duration, an_object, only
from local.notion.workspace import Workspace


class Switches:
    """Answer the endpoints under /_local that set how the stand-in behaves; all are off at the start."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def rate_limit(self, request: Request) -> Response:
        """Limit how often a bot may call."""
        return JSONResponse(self._workspace.rates.set(parse_json(await request.body())))

    async def chaos(self, request: Request) -> Response:
        """Let calls fail at random."""
        return JSONResponse(self._workspace.chaos.set(parse_json(await request.body())))

    async def no_chaos(self, _: Request) -> Response:
        """Let nothing fail at random any more."""
        self._workspace.chaos.clear()
        return Response(status_code=204)

    async def latency(self, request: Request) -> Response:
        """Delay every call."""
        return JSONResponse(self._workspace.latency.set(parse_json(await request.body())))

    async def lag(self, request: Request) -> Response:
        """Let queries, searches and lists of children find what is new only after so many seconds."""
        body = an_object(parse_json(await request.body()), "body")
        only(body, "body", ("seconds",))
        self._workspace.lag = a_duration(body.get("seconds"), "body.seconds")
        return JSONResponse({"seconds": self._workspace.lag})

    async def subscribe(self, request: Request) -> Response:
        """Set a subscription to events up."""
        return JSONResponse(await self._workspace.webhooks.subscribe(parse_json(await request.body())))

    async def unsubscribe(self, _: Request) -> Response:
        """End every subscription."""
        self._workspace.webhooks.clear()
        return Response(status_code=204)

    async def delivery(self, request: Request) -> Response:
        """Deliver events twice, or out of order."""
        return JSONResponse(self._workspace.webhooks.set(parse_json(await request.body())))

    async def deliveries(self, _: Request) -> Response:
        """Return every delivery so far."""
        return JSONResponse(self._workspace.webhooks.deliveries)
