"""Groups of branches, each with a step that runs when the last of them has ended. Pure: no clock, no Temporal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from steps.branch import Group, Member
from steps.budget import Budget
from steps.errors import PayloadTooLarge
from steps.payload import MAX_PAYLOAD_BYTES, json_size

_EMPTY = 5  # bytes of `null,`, the result of a branch that returned nothing
_HEAD_BYTES = 120  # of a group's JSON beside its results and its step's name


class Groups:
    """Count the branches of each group in and out, and keep what they returned, in the order of the payloads."""

    def __init__(self, groups: Iterable[Group], budget: Budget) -> None:
        self._groups: dict[int, Group] = {group.id: group for group in groups}
        self._sizes = {group.id: json_size(group.results) for group in self._groups.values()}
        self._budget = budget
        budget.used += sum(self._sizes.values()) + sum(group_bytes(group.then, 0) for group in self._groups.values())

    def kept(self) -> list[Group]:
        """Return the groups that have not ended, for a roll-over or a retry."""
        return list(self._groups.values())

    def open(self, group: Group, count: int) -> None:
        """Begin a group of `count` branches; the step that runs at its end has its place in the group around it."""
        group.results = [None] * count
        self._groups[group.id] = group
        self._sizes[group.id] = count * _EMPTY
        self._budget.used += group_bytes(group.then, count)
        self.enter(group.member)

    def enter(self, member: Member | None) -> None:
        """Count a branch in."""
        if member is not None and member.group in self._groups:
            self._groups[member.group].open += 1

    def growth(self, member: Member | None, size: int) -> int:
        """Return the bytes that a result takes beyond what stands in its place.

        Raises:
            PayloadTooLarge: the results would not fit into one payload; with the size and the limit, in bytes.
        """
        group = self._groups.get(member.group) if member else None
        if member is None or group is None:
            return 0
        more = size - json_size(group.results[member.place])
        total = self._sizes[group.id] + more
        if total > MAX_PAYLOAD_BYTES:
            raise PayloadTooLarge(
                f"The results that {group.then} waits for would come to {total} bytes; the limit is "
                f"{MAX_PAYLOAD_BYTES}. Return ids or counts, and read the rest in {group.then}."
            )
        return more

    def put(self, member: Member, value: Any, size: int) -> None:
        """Keep what a branch returned, in the place of what it returned before."""
        group = self._groups.get(member.group)
        if group is None:
            return
        more = self.growth(member, size)
        group.results[member.place] = value
        self._sizes[group.id] += more
        self._budget.used += more

    def leave(self, member: Member | None, *, failed: bool = False) -> tuple[Group | None, list[Group]]:
        """Count a branch out; return the group that ended with it, if its step is to run now, and those that cannot.

        A group with a failed branch stays, for a retry of the run; the group around it has then failed, too.
        """
        stuck: list[Group] = []
        while member is not None and (group := self._groups.get(member.group)):
            group.open -= 1
            group.failed += failed
            if group.open:
                break
            if group.always or not group.failed:
                del self._groups[group.id]
                self._budget.used -= self._sizes.pop(group.id) + group_bytes(group.then, 0)
                return group, stuck
            stuck.append(group)
            member, failed = group.member, True
        return None, stuck


def group_bytes(then: str, count: int) -> int:
    """Return the bytes that a new group takes, beside its branches."""
    return _HEAD_BYTES + len(then.encode()) + count * _EMPTY


def reopened(groups: Iterable[Group], branches: Iterable[Member | None]) -> list[Group]:
    """Return the groups as they are when these branches, which had failed, run again."""
    again = [group.model_copy(update={"open": 0, "failed": 0}) for group in groups]
    known = {group.id: group for group in again}
    for member in [*branches, *(group.member for group in again)]:
        if member is not None and member.group in known:
            known[member.group].open += 1
    return again
