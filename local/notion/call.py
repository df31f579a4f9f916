from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.notion import checks, forms, versions
from local.notion.checks import an_id
from local.notion.errors import Json, NotionError, OAuthError, failed, invalid_request_url
from local.notion.events import Event
from local.notion.objects import Bot, FileUpload, Item, new_id
from local.notion.versions import Version
from local.notion.workspace import Workspace

ItemT = TypeVar("ItemT", bound=Item)
MAX_BODY = 500_000
MAX_FORM = 21 * 1024 * 1024
MAX_BLOCKS = 1_000

_BEARER = re.compile(r"Bearer (?P<token>\S+)", re.IGNORECASE)


@dataclass
class Call:
    """Hold one authorized call: who asks, in which version, for what."""

    workspace: Workspace
    bot: Bot
    version: Version
    body: Json
    query: dict[str, str]
    path: dict[str, str]
    url: str
    chosen: tuple[str, ...] = ()
    attached: list[FileUpload] = field(default_factory=list[FileUpload])
    events: list[Event] = field(default_factory=list[Event])

    def note(self, type: str, item: Item, **data: Any) -> None:
        """Note an event that subscribers are told of when the call has succeeded."""
        self.events.append(Event(type, item, data))

    def id(self, name: str) -> str:
        """Return an id from the path, with dashes."""
        return an_id(self.path[name], f"path.{name}")

    def find(self, kind: type[ItemT], name: str) -> ItemT:
        """Return the object that the path names, if it is shared."""
        return self.workspace.find(self.bot, kind, self.id(name))


Handler = Callable[[Call], Json]


def answer(request_id: str, status: int, body: Json, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a JSON answer with Notion's own header."""
    return JSONResponse(body, status, {"x-notion-request-id": request_id, **(headers or {})})


def refusal(error: NotionError | OAuthError) -> JSONResponse:
    """Return the answer that an error stands for."""
    request_id = new_id()
    return answer(request_id, error.status, error.body(request_id), error.headers)


def parse_json(raw: bytes) -> Any:
    """Return what a JSON text holds, or refuse; NaN and Infinity are not JSON."""
    try:
        return json.loads(raw, parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise NotionError(400, "invalid_json", "Error parsing JSON body.") from None


async def respond(
    request: Request, workspace: Workspace, handlers: dict[Version, Handler], allowed: tuple[str, ...]
) -> Response:
    """Answer one call: who, which version, what; then the handler, in one go, with nothing in between."""
    try:
        bot = _authorize(workspace, request.headers.get("authorization"))
        workspace.rates.check(bot)
        version = versions.parse(request.headers.get("notion-version"))
        if version not in handlers:
            raise invalid_request_url()
        body = await forms.read(request) if forms.is_form(request) else _body(request, await request.body())
        query = dict(request.query_params)
        checks.only(query, "query", allowed)
        chosen = tuple(request.query_params.getlist("filter_properties"))
        call = Call(workspace, bot, version, body, query, dict(request.path_params), request.url.path, chosen)
        result = handlers[version](call)
        for upload in call.attached:
            upload.expiry_time = None
        workspace.webhooks.publish(call.events, {"id": bot.id, "type": "bot"})
    except NotionError as error:
        return refusal(error)
    request_id = new_id()
    # The one answer that is no object, the list of templates, does not name its request.
    named = {"request_id": request_id} if "object" in result else {}
    return answer(request_id, 200, {**result, **named})


def _authorize(workspace: Workspace, header: str | None) -> Bot:
    match = _BEARER.fullmatch(header or "")
    bot = workspace.grants.bearer(match["token"]) if match else None
    if bot is None:
        raise NotionError(401, "unauthorized", "API token is invalid.")
    return bot


def _body(request: Request, raw: bytes) -> Json:
    if request.method in ("GET", "DELETE") or not raw:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotionError(
            400, "validation_error", "body failed validation: body should be an object, instead was `undefined`."
        )
    body = parse_json(raw)
    if not checks.is_object(body):
        raise failed("body", "an object", body)
    return body


def _not_json(constant: str) -> None:
    raise ValueError(constant)
