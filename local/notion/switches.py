from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.notion.call import parse_json
from local.notion.workspace import Workspace


class Switches:
    """Answer the endpoints under /_local that set how the stand-in behaves; all are off at the start."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def rate_limit(self, request: Request) -> Response:
        """Limit how often a bot may call."""
        return JSONResponse(self._workspace.rates.set(parse_json(await request.body())))
