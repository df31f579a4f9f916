"""A person at the browser, played by an HTTP client: signs in, connects Notion, reads the API."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urljoin

import httpx

_FIELD = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?', re.IGNORECASE)
_FORM = re.compile(r'<form\b[^>]*action="([^"]*)"', re.IGNORECASE)


class VisitFailed(Exception):
    """A page did not do what it should; the text says which."""


class Visitor:
    """Go through the pages with cookies, one redirect at a time, as a browser does."""

    def __init__(self, api: str) -> None:
        self._api = api
        self.visited: list[str] = []
        self.http = httpx.AsyncClient(trust_env=False, timeout=30, headers={"Origin": api})

    async def close(self) -> None:
        """End the visit."""
        await self.http.aclose()

    async def sign_in(self, link: str) -> None:
        """Open a one-time sign-in link, and press its button."""
        page = await self.http.get(link)
        _expect(page, 200, "The sign-in link")
        target, _ = _read_form(page.text)
        _expect(await self.http.post(urljoin(link, target)), 303, "The button of the sign-in link")

    async def connect_notion(self, handle: str) -> str:
        """Connect a handle through the consent page, pressing Allow; return the address that the browser ends at."""
        form = {"handle": handle, "reuse": handle}  # also one that a deleted connection had
        return await self._allow(await self.http.post(f"{self._api}/connections/add/notion", data=form))

    async def reconnect(self, handle: str) -> str:
        """Reconnect a connection through the consent page, pressing Allow; return where the browser ends."""
        page = await self.http.get(f"{self._api}/connections/{handle}/reconnect")
        _expect(page, 200, "Reconnect")
        return await self._allow(await self.http.post(f"{self._api}/connections/{handle}/reconnect"))

    async def _allow(self, began: httpx.Response) -> str:
        _expect(began, 303, "The way to Notion")
        consent = await self.http.get(began.headers["location"])
        _expect(consent, 200, "Notion's consent page")
        target, fields = _read_form(consent.text)
        page = str(consent.url)
        origin = {"Origin": f"{consent.url.scheme}://{consent.url.netloc.decode()}"}
        allowed = await self.http.post(urljoin(page, target), data={**fields, "action": "allow"}, headers=origin)
        if allowed.status_code not in (302, 303):
            raise VisitFailed(f"Allow was answered with {allowed.status_code}: {allowed.text[:300]}")
        self.visited.append(allowed.headers["location"])
        back = await self.http.get(self.visited[-1])
        _expect(back, 303, "The way back from Notion")
        end = urljoin(self._api, back.headers["location"])
        _expect(await self.http.get(end), 200, "OAuth Connections")
        return end

    async def get(self, path: str) -> Any:
        """Read the JSON API."""
        answer = await self.http.get(f"{self._api}{path}")
        _expect(answer, 200, path)
        return answer.json()

    async def post(self, path: str, body: Any) -> Any:
        """Write to the JSON API."""
        answer = await self.http.post(f"{self._api}{path}", json=body)
        if not answer.is_success:
            raise VisitFailed(f"{path} was answered with {answer.status_code}: {answer.text[:500]}")
        return answer.json()


def _expect(answer: httpx.Response, status: int, what: str) -> None:
    if answer.status_code != status:
        raise VisitFailed(f"{what} was answered with {answer.status_code} instead of {status}: {answer.text[:500]}")


def _read_form(page: str) -> tuple[str, dict[str, Any]]:
    """Return a form's target and its fields as a browser would send them: boxes that are ticked, hidden values."""
    form = _FORM.search(page)
    if form is None:
        raise VisitFailed("The consent page has no form.")
    fields: dict[str, Any] = {}
    for tag in _FIELD.findall(page):
        found = {name.lower(): html.unescape(value) for name, value in _ATTRIBUTE.findall(tag[6:])}
        kind, name = found.get("type", "text"), found.get("name")
        if not name or kind in ("submit", "button") or (kind in ("checkbox", "radio") and "checked" not in found):
            continue
        fields.setdefault(name, []).append(found.get("value", "on"))
    return html.unescape(form[1]), fields
