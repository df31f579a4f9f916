from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from local.notion.checks import a_boolean, a_positive, a_string, an_object, one_of, only, required
from local.notion.errors import Json, failed
from local.notion.events import Event, payload
from local.notion.objects import new_id, timestamp

if TYPE_CHECKING:
    from local.notion.workspace import Workspace

MAX_ATTEMPTS = 8
VERSIONS = ("2025-09-03", "2026-03-11")
_TIMEOUT = 5.0
_GATHER = 0.2  # seconds that a shuffled event waits for others to change places with


@dataclass(frozen=True)
class Subscription:
    """Hold where events go, and the token that signs them."""

    id: str
    url: str
    token: str
    api_version: str


class Webhooks:
    """Tell subscribers what happens, as Notion does: signed, again after a failure, and not always once or in order."""

    def __init__(self, workspace: Workspace, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._workspace = workspace
        self._transport = transport
        self._subscriptions: dict[str, Subscription] = {}
        self._repeat, self._shuffle, self._retry_seconds = False, False, 0.1
        self._waiting: list[tuple[Subscription, Json]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._working = False
        self.deliveries: list[Json] = []

    async def subscribe(self, given: object) -> Json:
        """Set a subscription up: tell the address the token, signed with it, and return the token."""
        body = an_object(given, "body")
        only(body, "body", ("url", "api_version"))
        url = a_string(required(body, "url", "body"), "body.url")
        if not url.startswith(("http://", "https://")):
            raise failed("body.url", "a URL", url)
        version = one_of(body.get("api_version", VERSIONS[-1]), "body.api_version", VERSIONS)
        made = Subscription(new_id(), url, f"secret_{secrets.token_urlsafe(32)}", version)
        status = await self._post(made, {"verification_token": made.token})
        self._subscriptions[url] = made
        return {"subscription_id": made.id, "verification_token": made.token, "status": status}

    def set(self, given: object) -> Json:
        """Set how events are delivered."""
        body = an_object(given, "body")
        only(body, "body", ("repeat", "shuffle", "retry_seconds"))
        repeat = a_boolean(body.get("repeat", False), "body.repeat")
        shuffle = a_boolean(body.get("shuffle", False), "body.shuffle")
        wait = a_positive(body.get("retry_seconds", 0.1), "body.retry_seconds")
        self._repeat, self._shuffle, self._retry_seconds = repeat, shuffle, wait
        return {"repeat": repeat, "shuffle": shuffle, "retry_seconds": wait}

    def clear(self) -> None:
        """End every subscription, and forget what was delivered and what was still to be."""
        self._subscriptions.clear()
        self._waiting.clear()
        self.deliveries.clear()

    def publish(self, events: Sequence[Event], author: Json) -> None:
        """Queue what has happened for every subscriber; the delivery goes on by itself."""
        if not self._subscriptions:
            return
        for event in events:
            told = payload(self._workspace, event, author)
            if told is not None:
                self._waiting += [(subscription, told) for subscription in self._subscriptions.values()]
        if self._waiting and not self._working:
            self._working = True
            self._start(self._work())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        """Deliver what waits, in order; what fails is tried again beside that."""
        try:
            while self._waiting:
                if self._shuffle:
                    await asyncio.sleep(_GATHER)
                batch, self._waiting = self._waiting, []
                for subscription, told in reversed(batch) if self._shuffle else batch:
                    await self._first(subscription, told)
        finally:
            self._working = False

    async def _first(self, subscription: Subscription, told: Json) -> None:
        delivered = await self._attempt(subscription, told, 1)
        if not delivered:
            self._start(self._again(subscription, told))
        elif self._repeat:
            await self._attempt(subscription, told, 2)

    async def _again(self, subscription: Subscription, told: Json) -> None:
        for attempt in range(2, MAX_ATTEMPTS + 1):
            await asyncio.sleep(self._retry_seconds * 2 ** (attempt - 2))
            if self._subscriptions.get(subscription.url) is not subscription:
                return
            if await self._attempt(subscription, told, attempt):
                return

    async def _attempt(self, subscription: Subscription, told: Json, attempt: int) -> bool:
        delivery = {"subscription_id": subscription.id, "api_version": subscription.api_version}
        event = {**told, **delivery, "attempt_number": attempt}
        status = await self._post(subscription, event)
        self.deliveries.append(
            {"at": timestamp(self._workspace.clock()), "url": subscription.url, "status": status, "event": event}
        )
        return status is not None and 200 <= status < 300

    async def _post(self, subscription: Subscription, body: Json) -> int | None:
        """Send a body and return the answer's status, or none where there was no answer."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "X-Notion-Signature": signature(subscription.token, content)}
        try:
            # No proxy of this machine's environment stands between two parts on it.
            async with httpx.AsyncClient(transport=self._transport, timeout=_TIMEOUT, trust_env=False) as client:
                return (await client.post(subscription.url, content=content, headers=headers)).status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            return None


def signature(token: str, content: bytes) -> str:
    """Return the X-Notion-Signature of a body."""
    return "sha256=" + hmac.new(token.encode(), content, hashlib.sha256).hexdigest()
