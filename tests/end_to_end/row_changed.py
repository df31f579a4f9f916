from __future__ import annotations

from typing import Any

from steps import Api, NotionEvent, Workflow


class RowChanged(Workflow):
    """Read a row of the demo's orders again when it has been made or changed."""

    on = NotionEvent("page.created", "page.properties_updated", data_source="0a7d5e10-0000-4000-8000-0000000050ce")

    async def start(self, data: dict[str, Any], headers: dict[str, str], api: Api) -> str:
        page = await api.notion(headers["connection"]).request("GET", f"/v1/pages/{data['entity']['id']}")
        return page["id"]
