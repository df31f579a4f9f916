"""An application that the stand-in tells of events."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx

from tests.conftest import eventually
from tests.local.conftest import Notion
from tests.local.notion_schema.check import hold

Json = dict[str, Any]

# The schema leaves objects open; an event has these and no other.
KEYS = {
    *("id", "timestamp", "workspace_id", "workspace_name", "subscription_id", "integration_id", "type", "authors"),
    *("accessible_by", "attempt_number", "api_version", "entity", "data"),
}
URL = "http://app.test/notion"


class Receiver:
    """Be the application that is told of events, and hold each of them to Notion's types."""

    def __init__(self) -> None:
        self.token = ""
        self.events: list[Json] = []
        self.failures = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        body: Json = json.loads(request.content)
        if "verification_token" in body:
            self.token = body["verification_token"]
        expected = hmac.new(self.token.encode(), request.content, hashlib.sha256).hexdigest()
        assert request.headers["x-notion-signature"] == f"sha256={expected}"
        if "verification_token" not in body:
            hold("WebhookEvent", body, body["api_version"])
            assert set(body) == KEYS
            self.events.append(body)
        if self.failures:
            self.failures -= 1
            return httpx.Response(500)
        return httpx.Response(200)

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def got(self, count: int) -> list[Json]:
        async def enough() -> bool:
            return len(self.events) >= count

        await eventually(enough)
        assert len(self.events) == count, self.types()
        return self.events


async def subscribe(notion: Notion, **more: Any) -> Json:
    response = await notion.http.post("/_local/webhooks", json={"url": URL, **more})
    assert response.status_code == 200, response.text
    return response.json()


async def deliver(notion: Notion, **how: Any) -> None:
    assert (await notion.http.put("/_local/webhooks", json=how)).status_code == 200
