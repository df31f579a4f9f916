from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local.notion.checks import a_positive, an_object, one_of, only
from local.notion.errors import Json, NotionError
from local.notion.objects import Bot

SCOPES = ("bot", "workspace")
_REASONS = {"bot": "public_api_request_rate_limit", "workspace": "public_api_space_request_rate_limit"}
_MODES: dict[str, tuple[str, ...]] = {"off": (), "average": ("per_second", "burst"), "window": ("requests", "seconds")}


class _Rate(Protocol):
    def take(self, now: float) -> float:
        """Count a call; return 0 when it is allowed, or for how many seconds it is not."""
        ...


@dataclass
class Bucket:
    """Allow an average rate: a bucket that fills steadily, and holds what may come in one burst."""

    per_second: float
    burst: float
    tokens: float
    at: float

    def take(self, now: float) -> float:
        """Take a token, or return how long until there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.per_second
        self.tokens -= 1
        return 0.0


@dataclass
class Window:
    """Allow a fixed number of calls in each window; a window opens with the first call after the last one closed."""

    requests: int
    seconds: float
    left: int
    opened: float

    def take(self, now: float) -> float:
        """Spend one call of the window, or return how long until the next one."""
        if now >= self.opened + self.seconds:
            self.left, self.opened = self.requests, now
        if self.left < 1:
            return self.opened + self.seconds - now
        self.left -= 1
        return 0.0


class Rates:
    """Limit how often each bot, or all bots of a workspace, may call; off until it is asked for."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._fresh: Callable[[float], _Rate] | None = None
        self._scope = SCOPES[0]
        self._rates: dict[str, _Rate] = {}

    def set(self, given: object) -> Json:
        """Set the limit that a request describes, or refuse; everyone starts with all of it."""
        body = an_object(given, "body")
        mode = one_of(body.get("mode"), "body.mode", tuple(_MODES))
        only(body, "body", ("mode", "scope", *_MODES[mode]))
        scope = one_of(body.get("scope", SCOPES[0]), "body.scope", SCOPES)
        numbers = {key: a_positive(body.get(key), f"body.{key}") for key in _MODES[mode]}
        self._rates.clear()
        self._fresh, self._scope = _fresh(mode, numbers), scope
        return {"mode": mode, "scope": scope, **numbers}

    def check(self, bot: Bot) -> None:
        """Count a bot's call, or refuse it as Notion does."""
        if self._fresh is None:
            return
        now = self._ticks()
        key = bot.id if self._scope == "bot" else bot.space
        rate = self._rates.get(key)
        if rate is None:
            rate = self._rates[key] = self._fresh(now)
        wait = rate.take(now)
        if wait > 0:
            raise rate_limited(wait, _REASONS[self._scope])


def rate_limited(seconds: float, reason: str) -> NotionError:
    """Return the refusal of a call that came too early."""
    return NotionError(
        429,
        "rate_limited",
        "You have been rate limited. Please try again in a few minutes.",
        {"rate_limit_reason": reason},
        # Rounded up: a client that obeys must not come a moment too early.
        retry_after=math.ceil(seconds),
    )


def _fresh(mode: str, numbers: dict[str, float]) -> Callable[[float], _Rate] | None:
    if mode == "average":
        per_second, burst = numbers["per_second"], max(1.0, numbers["burst"])
        return lambda now: Bucket(per_second, burst, burst, now)
    if mode == "window":
        requests, seconds = int(numbers["requests"]), numbers["seconds"]
        return lambda now: Window(requests, seconds, requests, now)
    return None
