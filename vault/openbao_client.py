from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import httpx

from vault.key_provider_errors import KeyProviderDenied, KeyProviderFailed, KeyProviderSealed, KeyProviderUnreachable
from vault.secret import Secret

_TIMEOUT = httpx.Timeout(10.0, connect=2.0)
_MOST_BYTES = 1_048_576
_LOGIN = "auth/approle/login"
# A token is given up when this much of its life is over, so that none ends under way.
_GOOD_FOR = 2 / 3
# One that is younger was not withdrawn: the role may not do what was asked.
_YOUNG_SECONDS = 1.0


class Refused(Exception):
    """OpenBao takes the request for wrong; its words are for a comparison alone, never for a log."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"OpenBao refused ({status}).")
        self.status, self.words = status, words


@dataclass(frozen=True)
class _Token:
    text: Secret
    made: float
    until: float


class OpenBao:
    """Ask one OpenBao server, signed in by AppRole with a short token.

    Instead of renewing a token it signs in again, so that a withdrawn secret id counts as soon as the token ends.
    """

    def __init__(self, url: str, role_id: str, secret_id: Secret, *, ca_file: Path | None = None) -> None:
        self._url = url.rstrip("/")
        self._role_id, self._secret_id, self._ca_file = role_id, secret_id, ca_file
        self._http: httpx.AsyncClient | None = None
        self._token: _Token | None = None
        self._signing_in: asyncio.Task[_Token] | None = None

    async def ask(
        self, path: str, body: Mapping[str, Any] | None = None, *, method: Literal["POST", "GET"] = "POST"
    ) -> dict[str, Any]:
        """Return the data of the answer.

        Raises:
            KeyProviderFailed: one of its kinds says what is wrong with OpenBao or with the role.
            Refused: the request itself is wrong.
        """
        token = await self._signed_in()
        try:
            return await self._data(method, path, body, token)
        except KeyProviderDenied:
            if time.monotonic() - token.made < _YOUNG_SECONDS:
                raise
        # An ended or withdrawn token and a missing permission look alike: only a new token tells.
        self._give_up(token)
        return await self._data(method, path, body, await self._signed_in())

    async def close(self) -> None:
        """Close the connections."""
        if self._signing_in is not None:
            await asyncio.wait([self._signing_in])
        if self._http is not None:
            await self._http.aclose()

    def _give_up(self, token: _Token) -> None:
        if self._token is token:
            self._token = None

    async def _signed_in(self) -> _Token:
        if self._token is not None and time.monotonic() < self._token.until:
            return self._token
        # One sign-in for all who wait, in a task of its own: who gives up waiting must not end it for the others.
        if self._signing_in is None:
            self._signing_in = asyncio.create_task(self._sign_in())
            self._signing_in.add_done_callback(self._signed)
        return await asyncio.shield(self._signing_in)

    def _signed(self, task: asyncio.Task[_Token]) -> None:
        self._signing_in = None
        if not task.cancelled() and task.exception() is None:
            self._token = task.result()

    async def _sign_in(self) -> _Token:
        now = time.monotonic()
        given = {"role_id": self._role_id, "secret_id": self._secret_id.reveal()}
        try:
            answer = await self._send("POST", _LOGIN, given, None)
        except (Refused, KeyProviderDenied):
            raise KeyProviderDenied(
                "OpenBao refuses the role id or the secret id. Check STEPS_OPENBAO_ROLE_ID and STEPS_OPENBAO_SECRET_ID."
            ) from None
        match answer.get("auth"):
            case {"client_token": str(text), "lease_duration": int(seconds)} if text:
                return _Token(Secret(text), now, now + seconds * _GOOD_FOR if seconds else float("inf"))
            case _:
                raise KeyProviderFailed("OpenBao answered a sign-in without a token.")

    async def _data(self, method: str, path: str, body: Mapping[str, Any] | None, token: _Token) -> dict[str, Any]:
        data = (await self._send(method, path, body, token.text)).get("data")
        return cast("dict[str, Any]", data) if isinstance(data, dict) else {}

    async def _send(self, method: str, path: str, body: object, token: Secret | None) -> dict[str, Any]:
        if self._http is None:
            self._http = _client(self._ca_file)
        headers = {"Accept-Encoding": "identity"} | ({"X-Vault-Token": token.reveal()} if token else {})
        request = self._http.build_request(method, f"{self._url}/v1/{path}", json=body, headers=headers)
        try:
            answer = await self._http.send(request, stream=True)
            try:
                text = await _read(answer)
            finally:
                await answer.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # The name of the class alone: the error holds the request with its token.
            raise KeyProviderUnreachable(f"OpenBao does not answer ({type(error).__name__}).") from None
        return _parsed(answer.status_code, text)


def _client(ca_file: Path | None) -> httpx.AsyncClient:
    try:
        verify = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise KeyProviderUnreachable(f"The CA file of OpenBao cannot be used: {type(error).__name__}.") from None
    # No proxy of the environment and no redirect: the token goes to this server alone.
    return httpx.AsyncClient(timeout=_TIMEOUT, verify=verify, trust_env=False, follow_redirects=False)


async def _read(answer: httpx.Response) -> bytes:
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise KeyProviderFailed("OpenBao answered in a compressed form, although it was asked for the plain one.")
    text = bytearray()
    async for part in answer.aiter_raw():
        text += part
        if len(text) > _MOST_BYTES:
            raise KeyProviderFailed("OpenBao answered with more than any of its answers has.")
    return bytes(text)


def _parsed(status: int, text: bytes) -> dict[str, Any]:
    try:
        found: object = json.loads(text) if text else {}
    except ValueError:
        found = None
    answer = cast("dict[str, Any]", found) if isinstance(found, dict) else None
    words = "\n".join(map(str, cast("list[object]", (answer or {}).get("errors") or [])))
    if status == 503 and ("sealed" in words or "not initialized" in words):
        raise KeyProviderSealed("OpenBao is sealed: unseal it.")
    if status == 403:
        raise KeyProviderDenied("OpenBao denies the permission: check the policy of this role.")
    if status in (400, 404):
        raise Refused(status, words)
    if status >= 300 or answer is None:
        raise KeyProviderUnreachable(f"OpenBao is out of order: it answered {status}.")
    return answer
