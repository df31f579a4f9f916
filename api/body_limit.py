from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.answers import respond
from api.problems import ApiError, BodyTooLarge, RequestMalformed


class BodyLimit:
    """Refuse a body over the limit before anything reads it: by its announced size, and by counting what comes.

    `larger` has the paths with a limit of their own; the setting's counts where it is the higher one.
    """

    def __init__(self, app: ASGIApp, limit: int, larger: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.limit = limit
        self.larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the whole body in, at most the limit, and hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = max(self.limit, self.larger.get(scope["path"], 0))
        try:
            self._check_announced(scope, limit)
            messages = await self._take(receive, limit)
        except ApiError as error:
            await respond(scope, error)(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)

    def _check_announced(self, scope: Scope, limit: int) -> None:
        announced = [value for name, value in scope["headers"] if name == b"content-length"]
        if not announced:
            return
        if len(set(announced)) > 1 or not (announced[0].isdigit() and len(announced[0]) < 20):
            raise RequestMalformed("The Content-Length header is not one number.")
        if (size := int(announced[0])) > limit:
            raise self._too_large(f"has {size} bytes", limit, size=size)

    async def _take(self, receive: Receive, limit: int) -> list[Message]:
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > limit:
                raise self._too_large(f"has more than {limit} bytes", limit)
            if message["type"] != "http.request" or not message.get("more_body", False):
                return messages

    def _too_large(self, what: str, limit: int, size: int | None = None) -> BodyTooLarge:
        known: dict[str, Any] = {} if size is None else {"size": size}
        return BodyTooLarge(
            f"The body {what}; the limit is {limit} bytes. Send less, or raise STEPS_MAX_BODY_BYTES.",
            limit=limit,
            **known,
        )
