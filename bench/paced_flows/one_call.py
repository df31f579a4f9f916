# Steps as authors write them, with few types.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class OneCall(Workflow):
    """Make one call, as one of many."""

    async def start(self, data, headers, api: Api):
        """Call."""
        await api.notion(data["handle"]).request(
            "POST", "/v1/pages", body={"parent": {"database_id": "1"}, "properties": {}}
        )
