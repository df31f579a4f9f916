"""An application that asks for access to the stand-in, held to Notion's published types at every call."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from local.notion import HOME_PAGE_ID, ORDERS_DATABASE_ID, Workspace, create_app
from tests.local.notion_schema.recording import RecordingTransport

Json = dict[str, Any]

CALLBACK = "http://app.test/callback"
ASKED = {
    "client_id": "local-client",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "owner": "user",
    "state": "s-1",
}
BASIC = httpx.BasicAuth("local-client", "local-secret")


class Application:
    """Be the application that asks for access."""

    def __init__(self, workspace: Workspace) -> None:
        transport = RecordingTransport(httpx.ASGITransport(app=create_app(workspace)))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://notion.test")

    async def allow(self, share: list[str] | None = None, **fields: str) -> str:
        location = await self.decide("allow", share=share, **fields)
        return location["code"][0]

    async def decide(self, action: str, share: list[str] | None = None, **fields: str) -> dict[str, list[str]]:
        chosen = [HOME_PAGE_ID, ORDERS_DATABASE_ID] if share is None else share
        response = await self.http.post(
            "/v1/oauth/authorize", data={**ASKED, "action": action, "share": chosen, **fields}
        )
        assert response.status_code == 303, response.text
        location = response.headers["location"]
        assert location.startswith(CALLBACK + "?")
        return parse_qs(urlsplit(location).query)

    async def token(self, body: Json, auth: httpx.Auth = BASIC) -> httpx.Response:
        return await self.http.post("/v1/oauth/token", json=body, auth=auth)

    async def exchange(self, code: str, redirect_uri: str = CALLBACK) -> httpx.Response:
        return await self.token({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})

    async def connect(self, **fields: str) -> Json:
        return (await self.exchange(await self.allow(None, **fields))).json()

    async def refresh(self, token: str) -> httpx.Response:
        return await self.token({"grant_type": "refresh_token", "refresh_token": token})

    async def get(self, path: str, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Notion-Version": "2026-03-11"}
        return await self.http.get(path, headers=headers)


async def refused(response: httpx.Response, error: str) -> None:
    assert response.status_code == 400, response.text
    assert response.json()["error"] == error
