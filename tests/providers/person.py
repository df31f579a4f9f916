"""A person at the OAuth server's own pages: signs in there, and gives consent."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import httpx

from tests.api.browsing import PUBLIC_URL
from tests.providers.conftest import Site
from tests.providers.site import PASSWORD, PERSON

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


async def begin(visitor: httpx.AsyncClient, provider: str = "acme", handle: str = "acme-crm") -> str:
    """Fill in our form and return the address of the consent page."""
    answer = await visitor.post(f"/connections/add/{provider}", data={"handle": handle})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def consent(site: Site, address: str, *, allow: bool = True) -> str:
    """Sign in at the server, answer its consent page, and return the path and query that it sends the browser to."""
    async with httpx.AsyncClient(base_url=site.origin, follow_redirects=True) as browser:
        page = await browser.get(address)
        assert urlsplit(str(page.url)).path == "/login/", page.text
        form = _fields(page.text) | {"username": PERSON, "password": PASSWORD}
        page = await browser.post(str(page.url), data=form)
        assert 'name="allow"' in page.text, page.text
        chosen = {"allow": "Authorize"} if allow else {}
        answer = await browser.post(str(page.url), data=_fields(page.text) | chosen, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"].removeprefix(PUBLIC_URL)


def _fields(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _HIDDEN.findall(page)}
