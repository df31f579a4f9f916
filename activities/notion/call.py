from __future__ import annotations

import json
import re
from typing import Any, NoReturn, cast
from urllib.parse import unquote

import httpx

from activities.connections import ActiveConnections, needs_reauthorization
from activities.exchange import NoAnswer
from activities.fetch import check_seal_free
from activities.notion.refusal import OUTCOME_UNKNOWN, Refusal
from activities.seals import SealedAuth, Seals
from activities.sending import Sender
from settings import NOTION_ORIGIN
from steps.errors import FetchFailed, NotionError, RequestInvalid
from steps.http import NotionRequest, Response
from vault import Vault

_SECONDS = 65.0  # Notion gives up after 60 by itself
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_PATH = re.compile(r"/v1(/[A-Za-z0-9_.~%-]+)+")
_VERSION = re.compile(r"[0-9-]{10}")
_READS = re.compile(r"/v1/(search|(databases|data_sources)/[^/]+/query)")


class Notion:
    """Call Notion's API for a workflow, by the handle of a connection."""

    def __init__(
        self, vault: Vault, sender: Sender, seals: Seals, connections: ActiveConnections, version: str
    ) -> None:
        self._vault, self._sender, self._seals, self._connections = vault, sender, seals, connections
        self._version = version

    async def call(self, request: NotionRequest, workflow: str) -> dict[str, Any]:
        """Return the object that Notion answers.

        Raises:
            NotionError: Notion refused, or the outcome of a write is not known; with what to do about it.
            FailureError: a NotionError that Temporal may try again, and when.
            ConnectionNotFound, ConnectionNeedsReauthorization, FetchFailed: as they say.
        """
        await self._connections.find(request.handle)
        reference = self._seals.make("connection", request.handle, workflow)
        built = _build(request, reference, request.version or self._version)
        try:
            sent = await self._sender.send(built, workflow, _SECONDS, request.lane)
        except NoAnswer as error:
            if repeatable(request):
                raise
            lost = str(error)
        else:
            return await self._take(request, sent.answer, sent.auth)
        raise NotionError(f"{lost}. {OUTCOME_UNKNOWN}", code="answer_lost")

    async def _take(self, request: NotionRequest, answer: Response, auth: SealedAuth | None) -> dict[str, Any]:
        body = _object(answer)
        if answer.ok and body is not None:
            return body
        refusal = Refusal.of(answer, body)
        if refusal.status == 401 and refusal.code == "unauthorized":
            await self._lose(request.handle, auth)
        raise refusal.failure(request.handle, repeatable=repeatable(request))

    async def _lose(self, handle: str, auth: SealedAuth | None) -> NoReturn:
        used = auth.opened(handle) if auth else None
        if used is not None and await self._connections.lose(used, "Notion takes its token no longer"):
            raise needs_reauthorization(handle)
        # Another pair came in between: the next attempt uses that one.
        raise FetchFailed(f"The token of the connection {handle!r} was replaced while it was in use.")


def repeatable(request: NotionRequest) -> bool:
    """Tell whether a call changes nothing, or nothing more when it is made twice."""
    method = request.method.upper()
    return method in ("GET", "DELETE") or (method == "POST" and _READS.fullmatch(request.path) is not None)


def _build(request: NotionRequest, reference: str, version: str) -> httpx.Request:
    method = request.method.upper()
    if method not in _METHODS:
        raise RequestInvalid(f"Notion's API has no method {method[:20]!r}.")
    dots = any(unquote(part) in (".", "..") for part in request.path.split("/"))
    if dots or not _PATH.fullmatch(request.path):
        raise RequestInvalid(f"{request.path[:100]!r} is no path of Notion's API, such as /v1/pages.")
    if not _VERSION.fullmatch(version):
        raise RequestInvalid(f"{version[:20]!r} is no version of Notion's API, such as 2022-06-28.")
    content = None if request.body is None else json.dumps(request.body, ensure_ascii=False, separators=(",", ":"))
    for place, text in {"the path": request.path, "params": str(request.params), "the body": content or ""}.items():
        check_seal_free(place, text)
    headers = {"Authorization": f"Bearer {reference}", "Notion-Version": version, "Accept": "application/json"}
    if content is not None:
        headers["Content-Type"] = "application/json"
    url = httpx.URL(NOTION_ORIGIN + request.path, params=request.params or None)
    return httpx.Request(method, url, headers=headers, content=None if content is None else content.encode())


def _object(answer: Response) -> dict[str, Any] | None:
    try:
        value = json.loads(answer.text)
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
