"""Every page, one line each: what is looked at by `test_every_page.py`, and pictured by `screenshots.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.demo import sign_in_link
from local.stack import Stack
from local.visitor import Visitor
from tests.conftest import eventually

LONG = "x" * 300
"""A word that no line holds."""

_BY_NAME = {"property": "Name", "title": {"equals": "an order that nobody placed"}}


@dataclass(frozen=True)
class Made:
    """What the pages show."""

    completed: str
    failed: str
    waiting: str
    resume: str
    """The path of the link that resumes the one that waits."""
    sign_in: str
    """The path of a link that signs in."""


@dataclass(frozen=True)
class Place:
    """One page. `signed_in` tells who looks, `status` how it is answered, `dark` whether it is pictured so, too."""

    name: str
    path: str | Callable[[Made], str]
    route: str
    signed_in: bool = True
    status: int = 200
    dark: bool = False

    def of(self, made: Made) -> str:
        """Return the path, with what was made."""
        return self.path if isinstance(self.path, str) else self.path(made)


# A page more is a line more; `test_no_page_is_left_out` names the route that has none.
PLACES = (
    Place("home", "/", "/", dark=True),
    Place("connections", "/connections?connected=my-notion", "/connections"),
    Place("connection-choose", "/connections/add", "/connections/add"),
    Place("connection-add", "/connections/add/notion", "/connections/add/{provider}"),
    Place("connection-reconnect", "/connections/my-notion/reconnect", "/connections/{handle}/reconnect"),
    Place("connection-refused", "/oauth/callback/notion?state=none", "/oauth/outcome", status=400),
    Place("workflows", "/workflows", "/workflows"),
    Place("workflow", "/workflows/ApproveOrder", "/workflows/{name}"),
    Place("runs", "/runs", "/runs"),
    Place("run", lambda made: f"/runs/{made.completed}", "/runs/{run_id:path}", dark=True),
    Place("run-failed", lambda made: f"/runs/{made.failed}", "/runs/{run_id:path}"),
    Place("run-waiting", lambda made: f"/runs/{made.waiting}", "/runs/{run_id:path}"),
    Place("run-steps", lambda made: f"/runs/{made.failed}/steps", "/runs/{run_id:path}/steps"),
    Place("run-calls", lambda made: f"/runs/{made.completed}/calls", "/runs/{run_id:path}/calls"),
    Place("run-log", lambda made: f"/runs/{made.completed}/log", "/runs/{run_id:path}/log"),
    Place("schedules", "/schedules", "/schedules"),
    Place("schedule-add", "/schedules/add", "/schedules/add"),
    Place("variables", "/variables", "/variables"),
    Place("variable-set", "/variables/set", "/variables/set"),
    Place("keys", "/keys", "/keys"),
    Place("key-add", "/keys/add", "/keys/add"),
    Place("sessions", "/sessions", "/sessions"),
    Place("docs", "/docs", "/docs"),
    Place("not-found", "/nowhere", "/{path}", status=404),
    Place("resume", lambda made: made.resume, "/resume/{token}", signed_in=False),
    Place("signin", "/signin", "/signin", signed_in=False),
    Place("signin-link", lambda made: made.sign_in, "/signin/{code}", signed_in=False),
)
NO_PAGES = {
    "/healthz": "JSON",
    "/readyz": "JSON",
    "/runs/live": "a stream of events",
    "/runs/{run_id:path}/events": "a stream of events",
    "/runs/{run_id:path}/live": "a part of a page",
    "/connections/check-handle": "a part of a page",
    "/oauth/callback/{provider}": "sends the browser on",
    "/oauth/signin/callback": "sends the browser on",
}


async def make_all(stack: Stack, visitor: Visitor, *, order: str, title: str, column: str) -> Made:
    """Connect Notion, and start what the pages show: an order, one that waits, and a query by a column of no table."""
    await visitor.connect_notion("my-notion")
    lines = [{"title": f"{title}{more}", "quantity": 1, "price": "4.50"} for more in ("", ", ground", ", whole")]
    completed, failed, waiting = await asyncio.gather(
        _start(visitor, "OrderFanOut", {"name": order, "line_items": lines}),
        _start(visitor, "NotionQuery", {"filter": {**_BY_NAME, "property": column}}),
        _start(visitor, "ApproveOrder", {"name": "#1002", "total_price": "512.00"}),
    )
    _, _, run = await asyncio.gather(
        _until(visitor, completed, lambda run: run["status"] == "completed"),
        _until(visitor, failed, lambda run: run["status"] == "failed"),
        _until(visitor, waiting, lambda run: run["waiting_count"] == 1),
    )
    return Made(
        completed=completed,
        failed=failed,
        waiting=waiting,
        resume=run["waiting"][0]["resume_url"].removeprefix(stack.addresses.api),
        sign_in=(await sign_in_link(stack)).removeprefix(stack.addresses.api),
    )


async def _start(visitor: Visitor, workflow: str, data: dict[str, Any]) -> str:
    return str((await visitor.post(f"/api/v1/workflows/{workflow}/runs", {"data": data}))["id"])


async def _until(visitor: Visitor, run_id: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        run = await visitor.get(f"/api/v1/runs/{run_id}")
        return run if is_so(run) else None

    return await eventually(look) or {}
