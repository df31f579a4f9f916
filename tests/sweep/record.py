"""What the API answers: each answer is a place, and what is for the browser alone is a place of its own."""

from __future__ import annotations

import re
from functools import partial
from http.cookies import SimpleCookie
from itertools import count
from urllib.parse import parse_qs, urlsplit

import httpx

from api.oauth import Attempt
from tests.sweep.ledger import Ledger
from vault.signing import Signer

_SECRET_PART = re.compile(r"[\w.~%-]{30,}")


class Record:
    """Keep every answer, and write down the secrets that answers make."""

    def __init__(self, ledger: Ledger) -> None:
        self.origin = ""
        self.signer: Signer | None = None
        self.places: dict[str, bytes] = {}
        self._ledger, self._numbers = ledger, count()

    def watch(self, http: httpx.AsyncClient, who: str) -> httpx.AsyncClient:
        """Keep what this client is answered."""
        http.event_hooks["response"].append(partial(self._keep, who))
        return http

    def client(self, who: str, **headers: str) -> httpx.AsyncClient:
        """Return a client of its own."""
        http = httpx.AsyncClient(
            base_url=self.origin, trust_env=False, timeout=30, headers={"Origin": self.origin, **headers}
        )
        return self.watch(http, who)

    @property
    def last(self) -> str:
        """The place of the last answer."""
        return list(self.places)[-1].rpartition(", ")[0]

    async def _keep(self, who: str, response: httpx.Response) -> None:
        if not str(response.url).startswith(self.origin):
            return
        await response.aread()
        path = _SECRET_PART.sub("…", response.url.path)
        place = f"answer {next(self._numbers)} to {who}: {response.request.method} {path} {response.status_code}"
        others = [(name, value) for name, value in response.headers.multi_items() if name not in _OWN]
        self.places[f"{place}, headers"] = str(others).encode()
        for name in _OWN:
            for value in response.headers.get_list(name):
                self.places[f"{place}, {name}"] = self.places.get(f"{place}, {name}", b"") + value.encode()
                (self._note_cookies if name == "set-cookie" else self._note_state)(f"{place}, {name}", value)
        self.places[f"{place}, body"] = response.content

    def _note_cookies(self, place: str, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            # What the page after the way back tells is signed, and no secret: it is swept like a page.
            if len(morsel.value) >= 16 and not name.endswith("outcome"):
                self._ledger.add(f"cookie {name}", morsel.value, place)

    def _note_state(self, place: str, address: str) -> None:
        for state in parse_qs(urlsplit(address).query).get("state", []):
            assert self.signer is not None
            attempt, sign = Attempt.of(state, self.signer), self.signer.sign
            self._ledger.add("state", state, place)
            self._ledger.add("verifier", attempt.verifier)
            self._ledger.add("nonce", attempt.nonce, place)
            self._ledger.add("verifier of a sign-in", sign("oidc", state))
            self._ledger.add("nonce of a sign-in", sign("oidc nonce", state), place)


_OWN = ("location", "set-cookie")
