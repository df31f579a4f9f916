from __future__ import annotations

import base64
import json
import re
from typing import Any, NoReturn
from urllib.parse import unquote

import httpx

from activities.connections import ActiveConnections, needs_reauthorization
from activities.exchange import NoAnswer
from activities.fetch import check_seal_free
from activities.heartbeat import Pulse
from activities.notion.asking import read_object
from activities.notion.once import ANSWER_LOST, Asked, Once
from activities.notion.refusal import OUTCOME_UNKNOWN, Refusal
from activities.notion.trail import Trail
from activities.notion.writes import Write
from activities.seals import SealedAuth, Seals
from activities.sending import Sent
from settings import NOTION_ORIGIN
from steps.errors import FetchFailed, NotionError, RequestInvalid
from steps.http import NotionFile, NotionRequest
from vault import Vault

_SECONDS = 65.0  # Notion gives up after 60 by itself
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
_PATH = re.compile(r"/v1(/[A-Za-z0-9_.~%-]+)+")
_VERSION = re.compile(r"[0-9-]{10}")


class Notion:
    """Call Notion's API for a workflow, by the handle of a connection."""

    def __init__(self, vault: Vault, once: Once, seals: Seals, connections: ActiveConnections, version: str) -> None:
        self._vault, self._once, self._seals, self._connections = vault, once, seals, connections
        self._version = version

    async def call(self, request: NotionRequest, workflow: str, pulse: Pulse) -> dict[str, Any]:
        """Return the object that Notion answers.

        Raises:
            NotionError: Notion refused, or the outcome of a write is not known; with what to do about it.
            FailureError: a NotionError that Temporal may try again, and when.
            ConnectionNotFound, ConnectionNeedsReauthorization, FetchFailed: as they say.
        """
        trail = Trail(pulse, request.again)
        connection = await self._connections.find(request.handle)
        reference = self._seals.make("connection", request.handle, workflow)
        version = request.version or self._version
        built = _build(request, reference, version)
        write = Write(built.method, request.path, request.body or {}, version, request.key, request.page)
        bot = connection.account.id
        asked = Asked(built, write, workflow, request.handle, bot, _SECONDS, request.lane, request.turned)
        sent = await self._send(asked, trail)
        body = read_object(sent.answer)
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
        raise NotionError(f"{lost}. {OUTCOME_UNKNOWN}", code=ANSWER_LOST).to_failure(retryable=asked.write.safe)

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
    if not _VERSION.fullmatch(version):
        raise RequestInvalid(f"{version[:20]!r} is no version of Notion's API, such as 2022-06-28.")
    content = None if request.body is None else json.dumps(request.body, ensure_ascii=False, separators=(",", ":"))
    for place, text in {"the path": request.path, "params": str(request.params), "the body": content or ""}.items():
        check_seal_free(place, text)
    headers = {"Authorization": f"Bearer {reference}", "Notion-Version": version, "Accept": "application/json"}
    url = httpx.URL(NOTION_ORIGIN + request.path, params=request.params or None)
    if request.file is not None:
        return _form(method, url, headers, request.file)
    if content is not None:
        headers["Content-Type"] = "application/json"
    return httpx.Request(method, url, headers=headers, content=None if content is None else content.encode())


def _form(method: str, url: httpx.URL, headers: dict[str, str], file: NotionFile) -> httpx.Request:
    content = base64.b64decode(file.content)
    fields = {} if file.part_number is None else {"part_number": str(file.part_number)}
    kind = file.content_type or "application/octet-stream"
    form = httpx.Request(method, url, headers=headers, data=fields, files={"file": ("file", content, kind)})
    # Read whole: a refresh of the token sends it a second time, and each form has a boundary of its own.
    form.read()
    return httpx.Request(method, url, headers=form.headers, content=form.content)
