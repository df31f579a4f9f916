"""Browsers, programs and a provider, as the tests use them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from fastapi import FastAPI

from local.notion import StandIn

PUBLIC_URL = "http://steps.test"
NOTION_URL = "http://127.0.0.1:9899"
CALLBACK = "/oauth/callback/notion"


class Recorder(httpx.AsyncBaseTransport):
    """Pass requests on to an application and keep them."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return await self.inner.handle_async_request(request)


def browser(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    """Return a browser of its own, with its own cookies, that follows no redirect by itself."""
    wanted = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"} | headers
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL, headers=wanted)


def program(app: FastAPI, key: str | None = None) -> httpx.AsyncClient:
    """Return a program, with an API key if one is given."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL, headers=headers)


async def sign_in(visitor: httpx.AsyncClient, key: str) -> None:
    answer = await visitor.post("/signin", data={"key": key})
    assert answer.status_code == 303, answer.text


async def begin(visitor: httpx.AsyncClient, handle: str = "my-notion") -> str:
    """Fill in the form and return the address of the consent page."""
    answer = await visitor.post("/connections/add/notion", data={"handle": handle})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def consent(notion: StandIn, address: str, *, action: str = "allow", **who: str) -> str:
    """Answer the consent page and return the path and query that the browser is sent back to."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(notion), base_url=NOTION_URL) as visitor:
        page = await visitor.get(address)
        assert page.status_code == 200, page.text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
        shares = re.findall(r'name="share" value="([^"]*)"', page.text)
        form = {name: unescape(value) for name, value in fields.items()} | who
        answer = await visitor.post(urlsplit(address).path, data={**form, "share": shares, "action": action})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].removeprefix(PUBLIC_URL)


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


def one(address: str, name: str) -> str:
    (value,) = parse_qs(urlsplit(address).query)[name]
    return value


async def come_back(visitor: httpx.AsyncClient, back: str, **options: Any) -> httpx.Response:
    """Go the way back from the provider; where it leads to a page that tells why not, return that page."""
    answer = await visitor.get(back, **options)
    assert answer.status_code == 303, answer.text
    assert "?" not in answer.headers["location"] or answer.headers["location"].startswith("/connections?connected=")
    return await visitor.get("/oauth/outcome") if answer.headers["location"] == "/oauth/outcome" else answer
