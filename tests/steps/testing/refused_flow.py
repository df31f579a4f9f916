"""A file that no worker can load."""

from __future__ import annotations

import subprocess
from typing import Any

from steps import Api, Workflow

LISTING = subprocess.run


class Refused(Workflow):
    """Never run."""

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None:
        pass


subprocess.run(["true"], check=True)
