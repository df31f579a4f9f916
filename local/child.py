"""A process of the embedded stack: it dies with its parent, logs to a file, and says so when it cannot start."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_POLL = 0.05


class ChildFailed(Exception):
    """A process ended, or did not become ready; the text has the end of its log."""


class Child:
    """Start, watch and stop one process."""

    def __init__(self, name: str, argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name, self._argv, self._log = name, list(argv), log
        self._env = {**os.environ, **(env or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        """The process id of the running process."""
        return self._started().pid

    @property
    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.returncode is None

    async def start(self, ready: Callable[[], Awaitable[bool]], *, seconds: float = 60) -> None:
        """Start the process and wait until `ready` says so.

        Raises:
            ChildFailed: it ended before, or was not ready in time.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self._argv, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=self._env,
                preexec_fn=_die_with_parent(os.getpid()),
            )  # fmt: skip
        deadline = asyncio.get_running_loop().time() + seconds
        while not await ready():
            if not self.alive:
                raise ChildFailed(f"{self.name} ended at once (status {self._process.returncode}).\n{self.tail()}")
            if asyncio.get_running_loop().time() > deadline:
                raise ChildFailed(f"{self.name} was not ready after {seconds:g} seconds.\n{self.tail()}")
            await asyncio.sleep(_POLL)

    async def ended(self) -> int:
        """Wait until the process ends by itself; return its status."""
        return await self._started().wait()

    async def stop(self, number: int = signal.SIGTERM, *, seconds: float = 30) -> None:
        """End the process with a signal, and for good if it does not end in time."""
        if self._process is None or not self.alive:
            return
        self._process.send_signal(number)
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise ChildFailed(f"{self.name} was not started.")
        return self._process

    def output(self) -> str:
        """Return what the process has logged since it was started."""
        if not self._log.exists():
            return ""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def tail(self, lines: int = 15) -> str:
        """Return the end of that, indented."""
        text = self.output()
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (it wrote nothing)"


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """On Linux, ask the kernel to end the child when we end, however we end; elsewhere `stop` must do."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork: nothing may be imported after it

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended between the fork and the line above
            os._exit(1)

    return prepare
