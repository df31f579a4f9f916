# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class AskedCall(Workflow):
    """Make one call, whose answer somebody waits for."""

    respond = "start"

    async def start(self, data, headers, api: Api):
        """Call."""
        return await api.notion(data["handle"]).pages.create(parent={"database_id": "1"}, properties={})
