"""`api.store`: the run's durable values."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

from steps.errors import PayloadInvalid, PayloadTooLarge, StoreInvalid, StoreTooLarge
from steps.payload import to_json

MAX_KEY_CHARACTERS = 200
MAX_VALUE_BYTES = 65_536
MAX_STORE_BYTES = 131_072  # it stands in the run's record and in what a roll-over carries, beside log and payloads
_OVERHEAD = 4  # bytes of an entry's JSON beside its key and value


class Store:
    """Values that every step and hook of the run can read and change, in the order in which they ask.

    A change is visible to every branch at once, and stays when its step fails later. No method waits for anything, so
    that none can be interrupted half-way: they are awaited because that is how they are written in JavaScript too.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        for key, value in values.items():
            self._values[key], self._sizes[key] = value, _entry_size(key, to_json(value, key)[1])

    async def get(self, key: str, default: Any = None) -> Any:
        """Return a copy of the value, or `default` where there is none."""
        _check_key(key)
        return copy.deepcopy(self._values[key]) if key in self._values else default

    async def set(self, key: str, value: Any) -> None:
        """Keep a copy of the value, in its JSON form.

        Raises:
            StoreInvalid, StoreTooLarge: the store is as it was.
        """
        self._put(key, value)

    async def push(self, key: str, item: Any) -> int:
        """Append to the list under the key, which begins empty; return its new length.

        Raises:
            StoreInvalid, StoreTooLarge: the store is as it was.
        """
        _check_key(key)
        kept: Any = self._values.get(key, [])
        if not isinstance(kept, list):
            raise StoreInvalid(f"The store has {_kind(kept)} under {key!r}; push appends to a list. Use another key.")
        items = [*cast("list[Any]", kept), item]
        self._put(key, items)
        return len(items)

    async def increment(self, key: str, delta: float = 1) -> int | float:
        """Add to the number under the key, which begins at 0; return its new value.

        Raises:
            StoreInvalid, StoreTooLarge: the store is as it was.
        """
        _check_key(key)
        kept: Any = self._values.get(key, 0)
        if not _is_number(kept):
            raise StoreInvalid(
                f"The store has {_kind(kept)} under {key!r}; increment adds to a number. Use another key."
            )
        if not _is_number(delta):
            raise StoreInvalid(f"increment adds a number, not {_kind(delta)}.")
        try:
            total: int | float = kept + delta
        except OverflowError:
            raise StoreInvalid(f"The number under {key!r} is too large to add a fraction to it.") from None
        self._put(key, total)
        return total

    async def delete(self, key: str) -> None:
        """Forget the value, if there is one."""
        _check_key(key)
        self._values.pop(key, None)
        self._sizes.pop(key, None)

    def values(self) -> dict[str, Any]:
        """Return a copy of everything that is kept."""
        return copy.deepcopy(self._values)

    def _put(self, key: str, value: Any) -> None:
        _check_key(key)
        try:
            plain, size = to_json(value, f"The value for {key!r}", limit=MAX_VALUE_BYTES)
        except PayloadInvalid as error:
            raise StoreInvalid(str(error)) from None
        except PayloadTooLarge as error:
            raise StoreTooLarge(str(error)) from None
        entry = _entry_size(key, size)
        total = sum(self._sizes.values()) - self._sizes.get(key, 0) + entry
        if total > MAX_STORE_BYTES:
            raise StoreTooLarge(
                f"With {key!r} the store would have {total} bytes; the limit is {MAX_STORE_BYTES}. "
                "Keep ids and counters here, and the rest where it can be read by them."
            )
        self._values[key], self._sizes[key] = plain, entry


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        raise StoreInvalid(f"A key of the store is a text of 1 to {MAX_KEY_CHARACTERS} characters.")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise StoreInvalid("The key holds half of a surrogate pair, which is not a character.") from None


def _entry_size(key: str, size: int) -> int:
    return to_json(key, "The key")[1] + size + _OVERHEAD


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a value of the type {type(value).__name__}"
