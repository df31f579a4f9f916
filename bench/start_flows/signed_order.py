"""A trigger whose sender signs: started by the bench, and run by nobody."""

from __future__ import annotations

from typing import Any

from steps import Api, GitHub, Workflow


class SignedOrder(Workflow):
    """Take an order that is signed."""

    signed = GitHub()

    async def start(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> None:
        """End."""
