"""Whether a handle can be had, told while somebody types it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from api.connection_uses import EarlierUse, earlier_use, uses_of
from api.services import Services
from vault.connection import Connection
from vault.errors import HandleInvalid
from vault.handles import LONGEST, check_handle

_STRANGE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class HandleCheck:
    """What becomes of a handle that somebody would like to have."""

    handle: str
    verdict: Literal["free", "broken", "taken"]
    error: str | None = None
    suggestion: str | None = None
    owner: Connection | None = None
    earlier: EarlierUse | None = None
    workflows: tuple[str, ...] = ()


async def check_for(services: Services, handle: str) -> HandleCheck:
    """Tell whether the handle keeps the rule, and whether a connection has it."""
    try:
        check_handle(handle)
    except HandleInvalid as error:
        return HandleCheck(handle, "broken", str(error), suggestion=suggested(handle))
    connections = await (await services.vault()).connections.list()
    owner = next((each for each in connections if each.handle == handle), None)
    if owner is not None:
        names = {each.handle for each in connections}
        return HandleCheck(handle, "taken", owner=owner, suggestion=_free(handle, names))
    earlier = await earlier_use(services, handle)
    return HandleCheck(handle, "free", earlier=earlier, workflows=uses_of(services, handle))


def suggested(text: str) -> str | None:
    """Return a handle like the text that keeps the rule, if anything of it is left."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode().lower()
    return _STRANGE.sub("-", plain).strip("-")[:LONGEST].strip("-") or None


def _free(handle: str, names: set[str]) -> str:
    """Return the handle with the first number that nobody has."""
    for number in range(2, len(names) + 3):
        ending = f"-{number}"
        if (found := handle[: LONGEST - len(ending)] + ending) not in names:
            return found
    raise AssertionError("more numbers were tried than there are names")
