"""A small Notion in memory, for `api.notion(handle)`. It keeps pages with what is on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from temporalio.exceptions import FailureError

from steps.errors import NotionError
from steps.http import NotionRequest
from steps.testing.blocks import Blocks
from steps.testing.call import Call
from steps.testing.comments import Comments
from steps.testing.errors import UnexpectedCall
from steps.testing.listing import page_of
from steps.testing.records import Tables
from steps.testing.route import Route, find
from steps.testing.uploads import Uploads

_STATUS = {
    "validation_error": 400, "invalid_json": 400, "invalid_request": 400, "invalid_request_url": 400,
    "missing_version": 400, "unauthorized": 401, "restricted_resource": 403, "object_not_found": 404,
    "conflict_error": 409, "rate_limited": 429, "internal_server_error": 500, "bad_gateway": 502,
    "service_unavailable": 503, "database_connection_unavailable": 503, "gateway_timeout": 504, "service_overload": 529,
    "answer_lost": 0,
}  # fmt: skip
# Notion says of these that nothing was done, so that any call is sent again; after the others from 500 on, those are
# which change nothing, or whose effect can be looked for.
_NOTHING_DONE = frozenset({409, 429, 529})
_PAGE = re.compile(r"/v1/pages/([^/]+)")
_QUERY = re.compile(r"/v1/(?:databases|data_sources)/([^/]+)/query")
_KNOWN = re.compile(
    r"/v1/(search|(databases|data_sources)/[^/]+/query|pages|comments|databases|data_sources|file_uploads"
    r"|pages/[^/]+/move|file_uploads/[^/]+/(send|complete))"
)


class Unauthorized(Exception):
    """Notion no longer takes the token."""


class FakeNotion:
    """Pages that steps create, in `pages` as Notion answers them, the oldest first.

    It keeps blocks, comments and uploads, too. Of a declared `database` it knows the schema, so that records are
    checked and filters evaluated. Else `on` gives the answer to a query with a filter or sorts, and to every other
    call. Paths and bodies are in the form of the newest version.
    """

    def __init__(self) -> None:
        self.pages: list[dict[str, Any]] = []
        self._routes: list[Route] = []
        self._errors: list[tuple[str, str, float | None]] = []
        self.tables = Tables(self.pages)
        self._blocks, self._comments, self._uploads = Blocks(), Comments(), Uploads()

    @property
    def comments(self) -> list[dict[str, Any]]:
        """The comments that steps have made, the oldest first."""
        return self._comments.made

    @property
    def uploads(self) -> list[dict[str, Any]]:
        """The files that steps have uploaded, the oldest first."""
        return self._uploads.made

    def upload(self, filename: str, content_type: str | None) -> dict[str, Any]:
        """Take a file that the worker has fetched."""
        return self._uploads.add(filename, content_type, status="uploaded")

    def database(self, id: str, properties: Mapping[str, Any]) -> None:
        """Declare a database: the type of each property by its name, or `{"status": ["Open", "Paid"]}`."""
        self.tables.declare(id, properties)

    def on(self, method: str, path: str) -> Route:
        """Set the answers to calls of a path, such as `/v1/data_sources/*/query`; they go before the pages."""
        self._routes.append(route := Route(method, path))
        return route

    def fail(self, code: str, message: str = "", *, times: int = 1, retry_after: float | None = None) -> None:
        """Let the next calls fail with one of Notion's codes; `retry_after` is in seconds.

        `answer_lost` is the failure of a write of which nobody knows whether it took effect.
        """
        if code not in _STATUS:
            raise ValueError(f"{code!r} is none of Notion's codes: {', '.join(_STATUS)}.")
        self._errors += [(code, message or f"simulated {code}", retry_after)] * times

    def add_page(self, database_id: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Put a page where a step will find it; return it."""
        return self._create({"parent": {"database_id": database_id}, "properties": properties, **more})

    async def answer(self, request: NotionRequest, call: Call) -> dict[str, Any]:
        """Answer a call as the real activity does.

        Raises:
            FailureError: of a NotionError, which Temporal tries again where the real one would.
            Unauthorized, UnexpectedCall.
        """
        if self._errors:
            raise _refusal(request, call, *self._errors.pop(0))
        if route := find(self._routes, request.method, request.path):
            reply = await route.answer(call)
            call.status = reply.status
            if reply.status < 400:
                return cast("dict[str, Any]", reply.json)
            body: dict[str, Any] = reply.json or {}
            wait = float(reply.headers["Retry-After"]) if "Retry-After" in reply.headers else None
            raise _refusal(request, call, body.get("code", ""), body.get("message", reply.body), wait, reply.status)
        call.status = 200
        if (rows := self.tables.query(request)) is not None:
            return rows
        request = request.model_copy()
        self.tables.prepare(request, call)
        return self._serve(request, call)

    def _serve(self, request: NotionRequest, call: Call) -> dict[str, Any]:
        body = request.body or {}
        if request.method == "POST" and request.path == "/v1/pages":
            return self._create(body)
        if found := _PAGE.fullmatch(request.path):
            page = next((page for page in self.pages if page["id"] == found[1]), None)
            if page is None:
                raise _refusal(request, call, "object_not_found", f"Could not find page with ID: {found[1]}.", None)
            if request.method == "PATCH":
                page |= {**body, "properties": page["properties"] | body.get("properties", {})}
                page["in_trash"] = page["archived"] = body.get("in_trash", body.get("archived", page["in_trash"]))
            if request.method in ("GET", "PATCH"):
                return page
        found = _QUERY.fullmatch(request.path)
        if found and request.method == "POST" and not body.keys() & {"filter", "sorts"}:
            return self._query(found[1], body)
        if (request.method, request.path) == ("GET", "/v1/users/me"):
            return {"object": "user", "id": "bot-1", "type": "bot", "name": request.handle, "bot": {}}
        for part in (self._blocks, self._comments, self._uploads):
            if (answer := part.answer(request)) is not None:
                return answer
        why = (
            "The fake of Notion evaluates no filter and no sorts."
            if found
            else "The fake of Notion serves pages, blocks, comments and uploads alone."
        )
        raise UnexpectedCall(
            f"{call.place} has no answer. {why} Set one:\n"
            f'  world.notion.on("{request.method}", "{request.path}").reply(200, json={{...}})'
        )

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        number = len(self.pages) + 1
        page: dict[str, Any] = {
            "object": "page", "id": f"page-{number}", "url": f"https://app.notion.com/p/page-{number}",
            "archived": False, "in_trash": False, "properties": {},
            **{name: value for name, value in body.items() if name != "children"},
        }  # fmt: skip
        self.pages.append(page)
        self._blocks.add(page["id"], body.get("children"))
        return page

    def _query(self, database_id: str, body: dict[str, Any]) -> dict[str, Any]:
        rows = [page for page in self.pages if self.tables.home(page["id"]) == database_id and not page["archived"]]
        return page_of(rows, body)


def _refusal(
    request: NotionRequest, call: Call, code: str, message: str, retry_after: float | None, status: int | None = None
) -> FailureError | Unauthorized:
    status = call.status = _STATUS.get(code, 400) if status is None else status
    if status == 401:
        return Unauthorized()
    raw = not _KNOWN.fullmatch(request.path) if request.method == "POST" else request.path.endswith("/markdown")
    again = status in _NOTHING_DONE or (status >= 500 and not raw)
    words = f"Notion {status} {code}: {message}" if status else f"{message}. The write may have taken effect."
    wait = timedelta(seconds=retry_after) if retry_after is not None and again else None
    return NotionError(words, status=status, code=code).to_failure(retryable=again, next_retry_delay=wait)
