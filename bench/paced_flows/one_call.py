# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class OneCall(Workflow):
    """Make one call, as one of many."""

    async def start(self, data, headers, api: Api):
        """Call."""
        await api.notion(data["handle"]).pages.create(parent={"database_id": "1"}, properties={})
