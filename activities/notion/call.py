from __future__ import annotations

import json
import re
from mimetypes import guess_type
from typing import Any, NoReturn
from urllib.parse import unquote

import httpx

from activities.connections import ActiveConnections, needs_reauthorization
from activities.exchange import NoAnswer
from activities.fetch import check_seal_free
from activities.heartbeat import Pulse
from activities.notion.advice import OUTCOME_UNKNOWN
from activities.notion.once import ANSWER_LOST, Asked, Once
from activities.notion.refusal import Refusal
from activities.notion.trail import Trail
from activities.notion.writes import Write
from activities.seals import SealedAuth, Seals
from activities.sending import Sent
from settings import NOTION_ORIGIN
from steps.errors import FetchFailed, NotionError, RequestInvalid
from steps.http import NotionRequest, SentFile
from steps.notion.versions import known_version
from steps.parts import parse_object

_SECONDS = 65.0  # Notion gives up after 60 by itself
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_PATH = re.compile(r"/v1(/[A-Za-z0-9_.~%-]+)+")


class Notion:
    """Call Notion's API for a workflow, by the handle of a connection."""

    def __init__(self, once: Once, seals: Seals, connections: ActiveConnections, version: str) -> None:
        self._once, self._seals, self._connections, self._version = once, seals, connections, version

    async def call(self, request: NotionRequest, workflow: str, pulse: Pulse) -> dict[str, Any]:
        """Return the object that Notion answers.

        Raises:
            NotionError: Notion refused, or the outcome of a write is not known; with what to do about it.
            FailureError: a NotionError that Temporal may try again, and when.
            ConnectionNotFound, ConnectionNeedsReauthorization, FetchFailed: as they say.
        """
        trail = Trail(pulse, request.again)
        connection = await self._connections.find(request.handle)
        if connection.provider != "notion":
            raise RequestInvalid(
                f"The connection {request.handle!r} is of the provider {connection.provider!r}, not of Notion. "
                "Use its token with api.fetch, as api.get_oauth_token gives it."
            )
        reference = self._seals.make("connection", request.handle, workflow)
        version = request.version or self._version
        built = _build(request, reference, version)
        write = Write(built.method, request.path, request.body or {}, version, request.key, request.page)
        bot = connection.account.id
        asked = Asked(built, write, workflow, request.handle, bot, _SECONDS, request.lane, request.turned)
        sent = await self._send(asked, trail)
        body = parse_object(sent.answer.text)
        if sent.answer.ok and body is not None:
            return body
        refusal = Refusal.of(sent.answer, body)
        if refusal.status == 401 and refusal.code == "unauthorized":
            await self._lose(request.handle, sent.auth)
        raise refusal.failure(request.handle, repeatable=write.safe, counts=write.counts)

    async def _send(self, asked: Asked, trail: Trail) -> Sent:
        try:
            return await self._once.send(asked, trail)
        except NoAnswer as error:
            if not asked.write.counts:
                raise
            lost = str(error)
        raise NotionError(f"{lost}. {OUTCOME_UNKNOWN}", code=ANSWER_LOST, advice=OUTCOME_UNKNOWN).to_failure(
            retryable=asked.write.safe
        )

    async def _lose(self, handle: str, auth: SealedAuth | None) -> NoReturn:
        used = auth.opened(handle) if auth else None
        if used is not None and await self._connections.lose(used, "Notion takes its token no longer"):
            raise needs_reauthorization(handle)
        # Another pair came in between: the next attempt uses that one.
        raise FetchFailed(f"The token of the connection {handle!r} was replaced while it was in use.")


def _build(request: NotionRequest, reference: str, version: str) -> httpx.Request:
    method = request.method.upper()
    if method not in _METHODS:
        raise RequestInvalid(f"Notion's API has no method {method[:20]!r}.")
    dots = any(unquote(part) in (".", "..") for part in request.path.split("/"))
    if dots or not _PATH.fullmatch(request.path):
        raise RequestInvalid(f"{request.path[:100]!r} is no path of Notion's API, such as /v1/pages.")
    known_version(version)
    content = None if request.body is None else json.dumps(request.body, ensure_ascii=False, separators=(",", ":"))
    for place, text in {"the path": request.path, "params": str(request.params), "the body": content or ""}.items():
        check_seal_free(place, text)
    headers = {"Authorization": f"Bearer {reference}", "Notion-Version": version, "Accept": "application/json"}
    url = httpx.URL(NOTION_ORIGIN + request.path, params=request.params or None)
    if request.file is not None:
        form = httpx.Request(method, url, headers=headers, **_form(request.file))
        form.read()  # it may be sent twice, and each form has a boundary of its own
        return form
    if content is not None:
        headers["Content-Type"] = "application/json"
    return httpx.Request(method, url, headers=headers, content=None if content is None else content.encode())


def _form(file: SentFile) -> dict[str, Any]:
    for place, text in {"the name of a file": file.filename, "a file": file.content.decode("latin-1")}.items():
        check_seal_free(place, text)
    kind = file.content_type or guess_type(file.filename)[0] or "application/octet-stream"
    part = {} if file.part is None else {"data": {"part_number": str(file.part)}}
    return {"files": {"file": (file.filename, file.content, kind)}, **part}
