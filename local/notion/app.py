from __future__ import annotations

from typing import cast

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from local.notion import children, comments, databases, moves, others, pages, query, uploads
from local.notion.call import Handler, answer, refusal, respond
from local.notion.control import Control
from local.notion.errors import NotionError, invalid_request_url
from local.notion.front import Front
from local.notion.oauth import OAuth
from local.notion.objects import new_id
from local.notion.switches import Switches
from local.notion.versions import Version
from local.notion.workspace import Workspace

EVERY = tuple(Version)
OLD = (Version.DATABASES,)
NEW = (Version.DATA_SOURCES, Version.IN_TRASH)

ENDPOINTS: tuple[tuple[str, str, Handler, tuple[Version, ...]], ...] = (
    ("GET", "/v1/users/me", others.me, EVERY),
    ("GET", "/v1/users", others.users, EVERY),
    ("GET", "/v1/users/{user_id}", others.user, EVERY),
    ("POST", "/v1/pages", pages.create, EVERY),
    ("GET", "/v1/pages/{page_id}", pages.retrieve, EVERY),
    ("PATCH", "/v1/pages/{page_id}", pages.update, EVERY),
    ("GET", "/v1/pages/{page_id}/properties/{property_id}", pages.property_item, EVERY),
    ("POST", "/v1/pages/{page_id}/move", moves.move, EVERY),
    ("POST", "/v1/databases", databases.create, EVERY),
    ("GET", "/v1/databases/{database_id}", databases.retrieve, EVERY),
    ("PATCH", "/v1/databases/{database_id}", databases.update, EVERY),
    ("POST", "/v1/databases/{database_id}/query", query.query_database, OLD),
    ("POST", "/v1/data_sources", databases.create_source, NEW),
    ("GET", "/v1/data_sources/{data_source_id}", databases.retrieve_source, NEW),
    ("PATCH", "/v1/data_sources/{data_source_id}", databases.update_source, NEW),
    ("POST", "/v1/data_sources/{data_source_id}/query", query.query_source, NEW),
    ("GET", "/v1/data_sources/{data_source_id}/templates", databases.templates, NEW),
    ("GET", "/v1/blocks/{block_id}", children.retrieve, EVERY),
    ("PATCH", "/v1/blocks/{block_id}", children.update, EVERY),
    ("DELETE", "/v1/blocks/{block_id}", children.delete, EVERY),
    ("GET", "/v1/blocks/{block_id}/children", children.children, EVERY),
    ("PATCH", "/v1/blocks/{block_id}/children", children.append, EVERY),
    ("POST", "/v1/comments", comments.create, EVERY),
    ("GET", "/v1/comments", comments.comments, EVERY),
    ("GET", "/v1/comments/{comment_id}", comments.comment, EVERY),
    ("PATCH", "/v1/comments/{comment_id}", comments.update, EVERY),
    ("DELETE", "/v1/comments/{comment_id}", comments.delete, EVERY),
    ("POST", "/v1/search", others.search, EVERY),
    ("POST", "/v1/file_uploads", uploads.create, EVERY),
    ("GET", "/v1/file_uploads", uploads.uploads, EVERY),
    ("GET", "/v1/file_uploads/{file_upload_id}", uploads.retrieve, EVERY),
    ("POST", "/v1/file_uploads/{file_upload_id}/send", uploads.send, EVERY),
    ("POST", "/v1/file_uploads/{file_upload_id}/complete", uploads.complete, EVERY),
)
PAGED = ("start_cursor", "page_size")
CHOSEN = ("filter_properties",)
# What may stand in the query string of an endpoint.
QUERIES: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/v1/users"): PAGED,
    ("GET", "/v1/comments"): ("block_id", *PAGED),
    ("GET", "/v1/file_uploads"): ("status", *PAGED),
    ("GET", "/v1/blocks/{block_id}/children"): PAGED,
    ("GET", "/v1/data_sources/{data_source_id}/templates"): ("name", *PAGED),
    ("GET", "/v1/pages/{page_id}/properties/{property_id}"): PAGED,
    ("POST", "/v1/pages"): CHOSEN,
    ("GET", "/v1/pages/{page_id}"): CHOSEN,
    ("PATCH", "/v1/pages/{page_id}"): CHOSEN,
    ("POST", "/v1/databases/{database_id}/query"): CHOSEN,
    ("POST", "/v1/data_sources/{data_source_id}/query"): CHOSEN,
}


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _unknown(request: Request, _: Exception) -> Response:
    if request.url.path.startswith("/v1/"):
        return refusal(invalid_request_url())
    return answer(new_id(), 404, {"message": "There is nothing at this path."})


async def _refused(_: Request, error: Exception) -> Response:
    return refusal(cast(NotionError, error))  # it is registered for nothing else


_HANDLERS = {404: _unknown, 405: _unknown, NotionError: _refused}


class StandIn(Starlette):
    """Answer as Notion does, out of a workspace in memory."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(routes=_routes(workspace), exception_handlers=_HANDLERS)
        self.router.redirect_slashes = False  # Notion refuses a path with a slash too many
        self.workspace = workspace
        # Outside Starlette: a cut needs the connection itself, and only the outermost application sees it.
        self._front = Front(super().__call__, workspace)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        await self._front(scope, receive, send)


def create_app(workspace: Workspace | None = None) -> StandIn:
    """Return the stand-in for Notion as an ASGI application."""
    return StandIn(workspace or Workspace())


def _routes(workspace: Workspace) -> list[Route]:
    oauth, control, switches = OAuth(workspace), Control(workspace), Switches(workspace)
    own = [
        ("GET", "/healthz", _healthz),
        ("GET", "/v1/oauth/authorize", oauth.authorize),
        ("POST", "/v1/oauth/authorize", oauth.decide),
        ("POST", "/v1/oauth/token", oauth.token),
        ("POST", "/v1/oauth/introspect", oauth.introspect),
        ("POST", "/v1/oauth/revoke", oauth.revoke),
        ("POST", "/_local/faults", control.add_faults),
        ("DELETE", "/_local/faults", control.clear_faults),
        ("PUT", "/_local/rate_limit", switches.rate_limit),
        ("POST", "/_local/chaos", switches.chaos),
        ("DELETE", "/_local/chaos", switches.no_chaos),
        ("PUT", "/_local/latency", switches.latency),
        ("PUT", "/_local/lag", switches.lag),
        ("POST", "/_local/webhooks", switches.subscribe),
        ("PUT", "/_local/webhooks", switches.delivery),
        ("GET", "/_local/webhooks", switches.deliveries),
        ("DELETE", "/_local/webhooks", switches.unsubscribe),
        ("GET", "/_local/calls", control.calls),
        ("DELETE", "/_local/calls", control.clear_calls),
        ("GET", "/_local/pages", control.pages),
        ("POST", "/_local/pages/{count:int}", control.add_pages),
        ("POST", "/_local/databases", control.add_database),
        ("POST", "/_local/share", control.share),
        ("POST", "/_local/unshare", control.unshare),
        ("POST", "/_local/connect", control.connect),
        ("POST", "/_local/expire", control.expire),
        ("POST", "/_local/revoke", control.revoke),
    ]
    routes = [Route(path, endpoint, methods=[method]) for method, path, endpoint in own]
    return [*routes, *(_route(workspace, *endpoint) for endpoint in ENDPOINTS)]


def _route(workspace: Workspace, method: str, path: str, handler: Handler, versions: tuple[Version, ...]) -> Route:
    handlers, allowed = dict.fromkeys(versions, handler), QUERIES.get((method, path), ())

    async def endpoint(request: Request) -> Response:
        return await respond(request, workspace, handlers, allowed)

    return Route(path, endpoint, methods=[method])
