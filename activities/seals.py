from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass

import httpx

from activities.connections import ActiveConnections, needs_reauthorization
from activities.exchange import Exchange
from activities.refresh import Refresher
from steps.errors import EgressDenied, FetchFailed, RequestInvalid, SealInvalid
from steps.sealed import PATTERN, Kind, SealedToken, refer_to, seal_purpose, seal_text
from vault import Opened, Secret, Signer, VariableUnknown, Vault
from vault.lifetimes import MARGIN
from vault.times import Clock, utc_now

_MARK = "sealed:"
# Visible characters, and spaces inside: what h11 sends, checked here because its own refusal quotes the value.
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def holds_mark(text: str) -> bool:
    """Tell whether a text holds a sealed reference, whole or damaged."""
    return _MARK in text.lower()


@dataclass(frozen=True)
class Seal:
    """What one sealed reference stands for."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"The connection {self.name!r}" if self.kind == "connection" else f"The secret variable {self.name}"


class Seals:
    """Make the sealed references of workflows, and open them again."""

    def __init__(
        self,
        vault: Vault,
        signer: Signer,
        connections: ActiveConnections,
        refresher: Refresher,
        now: Clock = utc_now,
    ) -> None:
        self._vault, self._signer, self._now = vault, signer, now
        self._connections, self._refresher = connections, refresher

    def make(self, kind: Kind, name: str, workflow: str) -> SealedToken:
        """Return the reference that opens for this workflow alone."""
        return refer_to(kind, name, workflow, self._signer.sign)

    def read(self, text: str, workflow: str) -> dict[str, Seal]:
        """Return the seals in a text, each with its reference.

        Raises:
            SealInvalid: one is damaged, or was not given to this workflow.
        """
        if holds_mark(PATTERN.sub("", text)):
            raise SealInvalid("A sealed token in a header is damaged. Put it in whole, as api.get_oauth_token gave it.")
        seals: dict[str, Seal] = {}
        for match in PATTERN.finditer(text):
            seal = Seal("connection" if match[1] == "connection" else "variable", match[2])
            if not self._signer.matches(seal_purpose(workflow), seal_text(seal.kind, seal.name), match[3]):
                raise SealInvalid(f"A sealed token for {seal.kind} {seal.name!r} was not given to {workflow}.")
            seals[match[0]] = seal
        return seals

    async def open(self, seal: Seal, url: httpx.URL, workflow: str) -> Opened | Secret:
        """Open a seal for an address that its secret may be sent to.

        Raises:
            EgressDenied: the secret is not for this address.
            ConnectionNotFound, ConnectionNeedsReauthorization, SealInvalid: it cannot be opened.
        """
        if seal.kind == "connection":
            return await self._fresh(
                await self._connections.open(
                    seal.name, lambda found: _check_place(seal, url, self._connections.provider(found).hosts)
                )
            )
        try:
            variable = await self._vault.variables.get(workflow, seal.name)
            if variable.secret:
                _check_place(seal, url, variable.hosts)
                return await self._vault.variables.open(workflow, seal.name)
        except VariableUnknown:
            pass  # said below, in the words of the workflow
        raise SealInvalid(f"{seal} of {workflow} is gone, or secret no longer. A new run reads the variables anew.")

    async def _fresh(self, opened: Opened) -> Opened:
        """Return the connection with a pair whose time is not over, refreshed where it is."""
        due = opened.tokens.expires_at
        now = self._now()
        if due is None or now < due:
            return opened
        provider = self._connections.provider(opened.connection)
        if opened.tokens.refresh is not None:
            try:
                return await self._refresher.renew(opened, provider)
            except FetchFailed:
                if now >= due + MARGIN:
                    raise
                return opened  # it may still be taken; a 401 says that it is not
        if now >= due + 2 * MARGIN and await self._connections.lose(opened, "its time is over"):
            raise needs_reauthorization(opened.connection.handle)
        return opened

    async def renew(self, stale: Opened) -> Opened | None:
        """Return the connection with newer tokens, or None where there is no way to get any."""
        current = await self._vault.connections.open(stale.connection.handle)
        if (current.connection.id, current.version) != (stale.connection.id, stale.version):
            return current
        if current.tokens.refresh is None:
            return None
        return await self._refresher.renew(current, self._connections.provider(current.connection))


class SealedAuth(httpx.Auth):
    """Put the secrets in the place of their references, right before the request is sent.

    The request is sent once more where the provider answers 401 and a fresh token can be had.
    """

    def __init__(self, seals: Seals, workflow: str, exchange: Exchange) -> None:
        self._seals, self._workflow, self._exchange = seals, workflow, exchange
        self._opened: dict[Seal, Opened | Secret] = {}

    def opened(self, name: str) -> Opened | None:
        """Return the connection as it was last sent."""
        opened = self._opened.get(Seal("connection", name))
        return opened if isinstance(opened, Opened) else None

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Refuse: a client that is not asynchronous would send the references themselves."""
        raise TypeError("Sealed tokens are opened by an asynchronous client only")

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Open, send, and at a 401 renew and send again."""
        await request.aread()  # the body must outlast the first send
        templates = {name: value for name, value in request.headers.items() if holds_mark(value)}
        found = {
            text: seal for value in templates.values() for text, seal in self._seals.read(value, self._workflow).items()
        }
        for seal in dict.fromkeys(found.values()):
            self._opened[seal] = await self._seals.open(seal, request.url, self._workflow)
        self._fill(request, templates, found)
        answer = yield request
        if answer.status_code != 401:
            return
        await answer.aread()  # gives its connection back, which the refresh may need
        if await self._renew():
            self._fill(request, templates, found)
            yield request

    async def _renew(self) -> bool:
        renewed = False
        for seal, opened in self._opened.items():
            if isinstance(opened, Opened) and (fresh := await self._seals.renew(opened)):
                self._opened[seal] = fresh
                renewed = True
        return renewed

    def _fill(self, request: httpx.Request, templates: Mapping[str, str], found: Mapping[str, Seal]) -> None:
        values = {text: self._reveal(seal) for text, seal in found.items()}
        for name, template in templates.items():
            request.headers[name] = PATTERN.sub(lambda match: values[match[0]], template)

    def _reveal(self, seal: Seal) -> str:
        opened = self._opened[seal]
        value = (opened.tokens.access if isinstance(opened, Opened) else opened).reveal()
        if not _HEADER_VALUE.fullmatch(value):
            raise RequestInvalid(
                f"{seal} holds a character that no header can carry, such as a line break. Set it anew."
            )
        self._exchange.scrubber.add(value)
        return value


def _check_place(seal: Seal, url: httpx.URL, hosts: tuple[str, ...]) -> None:
    # raw_host: `host` shows an international name decoded. The port is None where it is the scheme's own.
    host = url.raw_host.decode("ascii")
    if url.scheme != "https" or url.port is not None or host not in hosts:
        allowed = " or ".join(f"https://{host}" for host in hosts)
        port = "" if url.port is None else f":{url.port}"
        raise EgressDenied(f"{seal} may be sent to {allowed} only; nothing was sent to {url.scheme}://{host}{port}.")
