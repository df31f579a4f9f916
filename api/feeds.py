"""What live pages show: one look for all browsers that ask the same."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Generator, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from api.live_problems import TooManyStreams
from api.problems import TemporalUnavailable

logger = logging.getLogger("api")

T = TypeVar("T", bound=BaseModel)
Look = Callable[[], Awaitable[T]]
MOST_STREAMS = 100


@dataclass(frozen=True)
class Pace:
    """How often, in seconds, a stream asks whether its session goes on, and how long it is silent at most."""

    session: float = 5.0
    heartbeat: float = 15.0


class Feed(Generic[T]):
    """Look again and again while anybody reads, and tell the readers when something has changed."""

    def __init__(self, look: Look[T], seen: T, every: float) -> None:
        self.seen, self.mark = seen, mark_of(seen)
        self.over = False
        self.readers = 0
        self._look, self._every = look, every
        self._changed = asyncio.Event()
        self._looking = asyncio.create_task(self._go_on())

    async def change(self, seconds: float) -> None:
        """Wait until there is something new to look at, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def wake(self) -> None:
        """Let all readers look."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def stop(self) -> None:
        """Look no more."""
        self._looking.cancel()

    async def _go_on(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._every)
                with contextlib.suppress(TemporalUnavailable):  # it comes back; until then what was seen stands
                    self._take(await self._look())
        except Exception as error:
            # Whoever asks again gets this as an answer of its own.
            logger.info("A live page ends: %s", type(error).__name__)
            self.over = True
            self.wake()

    def _take(self, seen: T) -> None:
        if (mark := mark_of(seen)) != self.mark:
            self.seen, self.mark = seen, mark
            self.wake()


class Feeds:
    """The feeds of this process, by what they look at."""

    def __init__(self, *, every: float = 2.0, most: int = MOST_STREAMS) -> None:
        self.closed = False
        self._every, self._most = every, most
        self._feeds: dict[Hashable, Feed[Any]] = {}

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return sum(feed.readers for feed in self._feeds.values())

    def __len__(self) -> int:
        """Return how many looks are repeated."""
        return len(self._feeds)

    async def first(self, key: Hashable, look: Look[T]) -> T:
        """Return what is to be seen, before a stream begins: what goes wrong now still has an answer.

        Raises:
            TooManyStreams: and whatever `look` raises.
        """
        if self.readers >= self._most:
            raise TooManyStreams(
                f"This process keeps {self._most} pages live and has no room for another. Reload to see what is new.",
                headers={"Retry-After": "60"},
            )
        feed = self._feeds.get(key)
        return feed.seen if feed is not None and not feed.over else await look()

    @contextlib.contextmanager
    def joined(self, key: Hashable, look: Look[T], seen: T) -> Generator[Feed[T]]:
        """Read the feed of this key, which begins with its first reader and ends with its last."""
        feed: Feed[T] | None = self._feeds.get(key)
        if feed is None or feed.over:
            feed = self._feeds[key] = Feed(look, seen, self._every)
        feed.readers += 1
        try:
            yield feed
        finally:
            feed.readers -= 1
            if not feed.readers:
                feed.stop()
                if self._feeds.get(key) is feed:
                    del self._feeds[key]

    def close(self) -> None:
        """Let every stream end, for the process is to stop."""
        self.closed = True
        for feed in self._feeds.values():
            feed.wake()


def mark_of(seen: BaseModel) -> str:
    """Return a short text that is another one as soon as anything is."""
    return hashlib.sha256(seen.model_dump_json().encode()).hexdigest()[:16]
