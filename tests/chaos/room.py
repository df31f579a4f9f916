"""A process with a network of its own, which the kernel can cut off; with a clock of its own; on a small disk."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

from tests.chaos.way import listening

_NEW_NET = 0x40000000


class Room:
    """A network namespace that has nothing but its own loopback. Ways lead out of it, for sockets belong to both."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._run("ip", "netns", "add", name)
        self.join()

    @staticmethod
    def missing() -> str | None:
        """Return why there can be none here."""
        if os.geteuid() != 0 or shutil.which("ip") is None:
            return "network namespaces need root and iproute2"
        made = subprocess.run(["ip", "netns", "add", "steps-try"], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", "steps-try"], capture_output=True, check=False)
        return "network namespaces are not allowed here" if made.returncode else None

    def argv(self, *command: str) -> list[str]:
        """Return the command that runs in it."""
        return ["ip", "netns", "exec", self.name, *command]

    def listening(self) -> socket.socket:
        """Return a socket that listens inside, on a free port, and is served outside."""
        made: list[socket.socket] = []

        def enter() -> None:
            # Only this thread goes in, and it ends there.
            with Path(f"/run/netns/{self.name}").open("rb") as there:
                if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), _NEW_NET) == 0:
                    made.append(listening())

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        return made[0]

    def leave(self) -> None:
        """Take the network away: the kernel drops what is sent, and connections stay as they are."""
        self._run("ip", "-n", self.name, "link", "set", "lo", "down")

    def join(self) -> None:
        """Give it back: the kernel sends again what was not acknowledged."""
        self._run("ip", "-n", self.name, "link", "set", "lo", "up")

    def close(self) -> None:
        """Take it down, when the process has ended."""
        self._run("ip", "netns", "del", self.name)

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr


class WallClock:
    """The wall clock of a process, by Debian's package faketime; the monotonic one stays as it is."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.put(0)

    @staticmethod
    def missing() -> str | None:
        """Return why there can be none here."""
        return None if _library() else "a clock of its own needs Debian's package faketime"

    @property
    def env(self) -> dict[str, str]:
        """What a process has it by."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def put(self, seconds: int) -> None:
        """Put it so far ahead, or behind."""
        self._file.write_text(f"{seconds:+d}")


def _library() -> Path | None:
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
