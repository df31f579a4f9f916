"""The embedded Temporal server, as every stack on one machine starts it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from local.child import ChildFailed
from steps.attributes import CONNECTION, TYPES


def server_argv(port: int, ui_port: int, database: Path, codec: str | None = None) -> list[str]:
    """Return the command of the real Temporal server with its UI, its database in a file.

    `codec` is the address that the UI has payloads decrypted at.

    Raises:
        ChildFailed: the program is missing.
    """
    return [
        _program("temporal"), "server", "start-dev", "--ip", "127.0.0.1",
        "--port", str(port), "--ui-port", str(ui_port), "--ui-ip", "127.0.0.1", "--db-filename", str(database),
        # What the server has answered survives a crash of the process; each commit need not wait for the disk.
        *(f"--search-attribute={name}={'KeywordList' if name == CONNECTION.name else 'Keyword'}" for name in TYPES),
        "--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL", "--log-level", "error",
        *(("--ui-codec-endpoint", codec) if codec else ()),
    ]  # fmt: skip


def _program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise ChildFailed(f"The program {name!r} is missing; `make install` brings it.")
    return found
