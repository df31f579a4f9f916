"""A small disk for PostgreSQL's data, which can be filled."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.postgres import Postgres

_SIZE = 256 << 20
_CHUNK = b"\0" * (1 << 16)


class Disk:
    """The data of a server that does not run yet, on a file system of its own."""

    def __init__(self, server: Postgres) -> None:
        self._server, self.data = server, server.home / "data"
        aside = server.home / "data-aside"
        self.data.rename(aside)
        self.data.mkdir()
        options = f"size={_SIZE},mode=0700,uid={server.user},gid={server.user}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.data], check=True, timeout=20)
        subprocess.run(["cp", "-a", f"{aside}/.", self.data], check=True, timeout=60)
        shutil.rmtree(aside)

    @staticmethod
    def missing() -> str | None:
        """Return why there can be none here."""
        if os.geteuid() != 0:
            return "a small disk needs root"
        tried = subprocess.run(
            ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
        )
        return "mounting is not allowed here" if tried.returncode else None

    @property
    def survived(self) -> bool:
        """Tell whether the server still runs."""
        return self._server.process is not None and self._server.process.poll() is None

    def fill(self) -> None:
        """Leave no room."""
        with self._filler.open("wb", buffering=0) as filler:
            try:
                for _ in range(_SIZE // len(_CHUNK)):
                    filler.write(_CHUNK)
            except OSError:
                return

    def empty(self) -> None:
        """Make room again."""
        self._filler.unlink()

    def close(self) -> None:
        """Take the disk away, when the server has ended."""
        subprocess.run(["umount", "--lazy", self.data], check=True, timeout=20)

    @property
    def _filler(self) -> Path:
        return self.data / "filler"
