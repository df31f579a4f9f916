"""Data keys wrapped by OpenBao's transit engine, whose keys never leave it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from vault.errors import TamperedSecret, VaultError, WrongKey
from vault.key_provider_errors import KeyMissing, KeyProviderFailed, KeyRetired
from vault.keys import KeyProvider, WrappedKey
from vault.openbao_client import OpenBao, Refused

_ENGINE = "transit"
_BATCH = 100


class OpenBaoKeys(KeyProvider):
    """Wrap data keys by a derived key of transit, named `openbao/<key>/v<version>`."""

    def __init__(self, server: OpenBao, key: str) -> None:
        self._server, self._name = server, _Name(key)

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Wrap the data key under the newest version.

        Raises:
            VaultUnavailable: one of its kinds says what keeps OpenBao from it.
        """
        answer = await self._ask("encrypt", {"plaintext": _text(data_key)} | _bound(context))
        return self._name.wrapped(answer.get("ciphertext"))

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key.

        Raises:
            WrongKey: another key wrapped it, or another OpenBao.
            TamperedSecret: it was changed, or wrapped for another context.
            VaultUnavailable: one of its kinds says what keeps OpenBao from it.
        """
        answer = await self._ask("decrypt", self._name.item(wrapped, context))
        return _bytes(answer.get("plaintext"))

    async def check(self, wrapped: WrappedKey, context: bytes) -> None:
        """Have OpenBao wrap the data key again, which it can only if it opens; whoever asks does not see it."""
        await self._ask("rewrap", self._name.item(wrapped, context))

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._server.close()

    async def _ask(self, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await _ask(self._server, f"{_ENGINE}/{what}/{self._name.key}", body)


class OpenBaoRotator:
    """Change a key of transit, with a role that neither encrypts nor decrypts."""

    def __init__(self, server: OpenBao, key: str) -> None:
        self._server, self._name = server, _Name(key)

    async def current(self) -> str:
        """Return the id of the version that wraps from now on."""
        return self._name.id(_number(await self._key(), "latest_version"))

    async def rotate(self) -> str:
        """Make a new version and return its id; the others still unwrap."""
        await _ask(self._server, f"{self._path}/rotate", {})
        return await self.current()

    async def rewrap(self, items: Sequence[tuple[WrappedKey, bytes]]) -> list[WrappedKey]:
        """Wrap data keys, each given with its context, under the newest version; nobody but OpenBao sees them.

        Raises:
            WrongKey: another key wrapped one of them.
            TamperedSecret: one of them was changed, or wrapped for another context.
            KeyRetired: one of them is of a version that was given up.
        """
        done: list[WrappedKey] = []
        for start in range(0, len(items), _BATCH):
            batch = [self._name.item(*item) for item in items[start : start + _BATCH]]
            answer = await _ask(self._server, f"{_ENGINE}/rewrap/{self._name.key}", {"batch_input": batch})
            results = cast("list[dict[str, Any]]", answer.get("batch_results") or [])
            if len(results) != len(batch):
                raise KeyProviderFailed("OpenBao did not answer for every key that it was to wrap again.")
            for result in results:
                if error := result.get("error"):
                    raise _refusal(400, str(error))
                done.append(self._name.wrapped(result.get("ciphertext")))
        return done

    async def retire(self, before: str) -> None:
        """Give up every version that is older than this one: what they wrapped no longer opens.

        Raises:
            WrongKey: there is no such version; none is given up.
        """
        version, key = self._name.version(before), await self._key()
        if version > _number(key, "latest_version"):
            raise WrongKey(f"OpenBao has no {before}, so no version was given up.")
        if version > _number(key, "min_decryption_version"):
            await _ask(self._server, f"{self._path}/config", {"min_decryption_version": version})

    @property
    def _path(self) -> str:
        return f"{_ENGINE}/keys/{self._name.key}"

    async def _key(self) -> dict[str, Any]:
        return await _ask(self._server, self._path)

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._server.close()


class _Name:
    """How a key's versions are named in the vault, and its ciphertexts in OpenBao."""

    def __init__(self, key: str) -> None:
        self.key = key

    def id(self, version: int) -> str:
        return f"openbao/{self.key}/v{version}"

    def version(self, key_id: str) -> int:
        found = re.fullmatch(r"openbao/(.+)/v([1-9][0-9]{0,8})", key_id)
        if found is None or found[1] != self.key:
            raise WrongKey(
                f"A secret was sealed with another key than {self.key!r} of OpenBao. Start with the key provider and "
                "the key that this database was made with."
            )
        return int(found[2])

    def item(self, wrapped: WrappedKey, context: bytes) -> dict[str, str]:
        return {"ciphertext": f"vault:v{self.version(wrapped.key_id)}:{_text(wrapped.blob)}"} | _bound(context)

    def wrapped(self, ciphertext: object) -> WrappedKey:
        found = re.fullmatch(r"vault:v([1-9][0-9]{0,8}):(\S+)", str(ciphertext))
        if found is None:
            raise KeyProviderFailed("OpenBao answered without a ciphertext.")
        return WrappedKey(self.id(int(found[1])), _bytes(found[2]))


async def _ask(server: OpenBao, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    try:
        return await server.ask(path, body, method="GET" if body is None else "POST")
    except Refused as refused:
        raise _refusal(refused.status, refused.words) from None


def _refusal(status: int, words: str) -> VaultError:
    if "too old" in words:
        return KeyRetired("OpenBao has retired the version of the key that sealed this. Lower min_decryption_version.")
    if "too new" in words:
        return WrongKey("A secret was sealed with a newer version of the key than this OpenBao has. Restore that one.")
    if "key not found" in words or status == 404:
        return KeyMissing("OpenBao has no such key: run docker/openbao-setup.sh, or check STEPS_OPENBAO_KEY.")
    if "authentication failed" in words or "invalid ciphertext" in words:
        return TamperedSecret("The key of a stored secret does not open: it was changed or moved.")
    return KeyProviderFailed(f"OpenBao refused ({status}).")


def _bound(context: bytes) -> dict[str, str]:
    # The context derives the key, since `rewrap` takes no associated data; its hash, so that no name goes to OpenBao.
    return {"context": _text(hashlib.sha256(context).digest())}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise KeyProviderFailed("OpenBao answered with what is not base64.") from None


def _number(answer: Mapping[str, Any], name: str) -> int:
    number = answer.get(name)
    if not isinstance(number, int):
        raise KeyProviderFailed(f"OpenBao said nothing of {name}.")
    return number
