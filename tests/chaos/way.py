"""What stands between two processes: it passes on, falls silent, or refuses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field


def listening() -> socket.socket:
    """Return a socket that listens on this machine alone, on a free port."""
    return socket.create_server(("127.0.0.1", 0), backlog=256)


@dataclass
class Way:
    """The way from one process to another. `met` counts the connections that a disturbance has met."""

    name: str
    target: int
    listener: socket.socket = field(default_factory=listening)
    met: int = 0
    _passes: asyncio.Event = field(default_factory=asyncio.Event)
    _refuses: bool = False
    _writers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    _server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where the process that goes this way connects to."""
        return int(self.listener.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._writers) // 2

    async def open(self) -> None:
        """Pass connections on."""
        self._passes.set()
        self._server = await asyncio.start_server(self._join, sock=self.listener)

    def freeze(self) -> None:
        """Let nothing through, in either direction, and tell nobody; what was sent meanwhile arrives at the end."""
        self._passes.clear()
        self.met += self.connections

    def cut(self) -> None:
        """Reset every connection, and refuse new ones."""
        self._refuses = True
        self.met += self.connections
        for writer in [*self._writers]:
            writer.transport.abort()

    def heal(self) -> None:
        """Pass on again."""
        self._refuses = False
        self._passes.set()

    async def close(self) -> None:
        """End every connection."""
        self.cut()
        self._passes.set()
        if self._server is not None:
            self._server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses or not self._passes.is_set():
            self.met += 1
        self._writers.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            await self._passes.wait()
            if self._refuses:
                return
            there_reader, there = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(there)
            passing = [asyncio.create_task(self._pass(*way)) for way in ((reader, there), (there_reader, writer))]
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
            # What one side says when the other has hung up, nobody hears.
            for task in passing:
                task.cancel()
            await asyncio.wait(passing)
        except (OSError, asyncio.CancelledError):
            pass  # the other process is down: a connection that ends at once says so
        finally:
            for one in {writer, there} - {None}:
                assert one is not None
                self._writers.discard(one)
                with contextlib.suppress(OSError, RuntimeError):
                    one.transport.abort() if self._refuses or there is None else one.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(65_536):
                await self._passes.wait()
                writer.write(said)
                await writer.drain()
