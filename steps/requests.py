"""What one attempt of a step has asked for; armed when it returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from steps.batch import ROW_BYTES, head_bytes
from steps.groups import group_bytes
from steps.wait import Wait


@dataclass(eq=False)
class GroupRequest:
    """Branches that were asked for together, and the step that runs when they have ended."""

    then: str
    always: bool
    count: int = 0


@dataclass(eq=False)
class Request:
    """A step that was asked for; its event, if it waits for one, may come before it is armed."""

    action: str
    due: datetime
    payload: Any
    size: int
    wait: Wait | None = None
    group: GroupRequest | None = None
    index: int = 0


class Requests:
    """The requests in the order of the calls, with the room that they will take."""

    def __init__(self) -> None:
        self.items: list[Request] = []
        self.groups: list[GroupRequest] = []
        self.room = 0
        self._actions: set[str] = set()

    def __iter__(self) -> Iterator[Request]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def cost(self, action: str, size: int, *, waits: bool) -> int:
        """Return the bytes that one more takes: less when it is packed with others of its action."""
        return size + ROW_BYTES + (0 if action in self._actions and not waits else head_bytes(action))

    def add(self, request: Request) -> None:
        """Keep a request; its room stays taken, also when it is withdrawn, until the step returns."""
        self.room += self.cost(request.action, request.size, waits=request.wait is not None)
        if request.wait is None:
            self._actions.add(request.action)
        self.items.append(request)

    def add_group(self, group: GroupRequest) -> None:
        """Keep a group, whose branches have been added."""
        self.room += group_bytes(group.then, group.count)
        self.groups.append(group)

    def remove(self, request: Request) -> None:
        """Forget a request, if it is one of these."""
        self.items = [item for item in self.items if item is not request]

    def cut(self, count: int) -> None:
        """Keep the first `count` requests alone."""
        del self.items[count:]
