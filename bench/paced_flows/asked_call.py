# Steps as authors write them, with few types.
# pyright: basic

from __future__ import annotations

from steps import Api, Workflow


class AskedCall(Workflow):
    """Make one call, whose answer somebody waits for."""

    respond = "start"

    async def start(self, data, headers, api: Api):
        """Call."""
        return await api.notion(data["handle"]).request(
            "POST", "/v1/pages", body={"parent": {"database_id": "1"}, "properties": {}}
        )
