"""Being told to stop while answers are still open, and what ends with the application."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Do something for as long as the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextmanager
def told_to_stop(tell: Callable[[], None]) -> Generator[None]:
    """Call `tell` in the event loop when the process gets a signal to stop.

    A server closes its application only when every answer is out, which an endless one would never be.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}

    def take(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        before[number](number, frame)

    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler):  # the server's; where there is none, the system ends the process
            before[number] = handler
            signal.signal(number, take)
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is take:
                signal.signal(number, handler)
