"""Packing branches for a roll-over: ten thousand of one fan-out take little more room than their payloads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from steps.branch import Batch, Branch, Member

ROW_BYTES = 32  # of a packed branch, beside its payload
_HEAD_BYTES = 190  # of what a batch says once, beside its step's name
Kind = tuple[str, int | None, int, int | None, datetime | None]
_MICROSECOND = timedelta(microseconds=1)


def kind(branch: Branch) -> Kind:
    """Return what the branches of one batch have in common."""
    return (branch.action, branch.parent, branch.attempt, branch.member and branch.member.group, branch.since)


def pack(branches: Iterable[Branch]) -> tuple[list[Batch], list[Branch]]:
    """Return branches in batches, and those that wait for an event, which are all different, beside them."""
    batches: dict[Kind, Batch] = {}
    waiting: list[Branch] = []
    for branch in branches:
        if branch.wait:
            waiting.append(branch)
            continue
        action, parent, attempt, group, since = key = kind(branch)
        if key not in batches:
            batches[key] = Batch(
                action=action, due=branch.due, parent=parent, attempt=attempt, group=group, since=since, rows=[]
            )
        place, later = branch.member.place if branch.member else 0, (branch.due - batches[key].due) // _MICROSECOND
        batches[key].rows.append((branch.id, place, later, branch.payload))
    return list(batches.values()), waiting


def unpack(batches: Iterable[Batch]) -> list[Branch]:
    """Return the branches that were packed."""
    return [
        Branch(
            id=number,
            action=batch.action,
            due=batch.due + later * _MICROSECOND,
            payload=payload,
            parent=batch.parent,
            attempt=batch.attempt,
            member=None if batch.group is None else Member(batch.group, place),
            since=batch.since,
        )
        for batch in batches
        for number, place, later, payload in batch.rows
    ]


def head_bytes(action: str) -> int:
    """Return the bytes of what a batch says once."""
    return _HEAD_BYTES + len(action.encode())
