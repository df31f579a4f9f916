"""One attempt of one step: it is called on a fresh instance, and commits when it returns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio.exceptions import is_cancelled_exception

from steps.api import Api
from steps.branch import Branch, Group, Member
from steps.errors import StepTimedOut
from steps.options import options_of
from steps.outcome import leave
from steps.payload import MAX_RESULT_BYTES, check, to_json
from steps.requests import GroupRequest, Requests

if TYPE_CHECKING:
    from steps.run import Run


async def attempt(run: Run, branch: Branch) -> None:
    """Run a step, then commit what it returned and what it asked for: all of it, or nothing when it raised."""
    # A branch of an older deploy may name a step that is no more.
    action = branch.action if branch.action == "start" else run.steps.resolve(branch.action)
    method = getattr(object.__new__(run.workflow), action)
    data = check(run.workflow, action, branch.payload)
    api = Api(run, branch.action, branch)
    try:
        value = await _within(options_of(method).timeout, action, method(data, dict(run.headers), api))
        api.closed = True
        _commit(run, branch, api.requests, value)
    except BaseException:
        api.closed = True
        run.waits.drop(api.requests)
        raise


async def _within(longest: timedelta | None, action: str, work: Awaitable[Any]) -> Any:
    """Wait for the work, for as long as it may take."""
    limit = asyncio.timeout(None if longest is None else longest.total_seconds())
    try:
        async with limit:
            return await work
    except BaseException as error:
        # A call that is given up says so with an error of its own.
        given_up = isinstance(error, TimeoutError) or is_cancelled_exception(error)
        if longest is None or not limit.expired() or not given_up:
            raise
        raise StepTimedOut(f"{action} took longer than its limit of {longest.total_seconds():g} seconds.") from None


def _commit(run: Run, branch: Branch, requests: Requests, value: Any) -> None:
    answer, size, more = run.answers.made_of(branch.action, value), 0, 0
    if value is not None:
        value, size = to_json(value, f"What {branch.action} returned", limit=MAX_RESULT_BYTES)
        more = run.groups.growth(branch.member, size)
    run.branches.reserve(len(requests), requests.room + more, instead=branch)
    opened = {group: _open(run, branch, group) for group in requests.groups}
    for request in requests:
        member = Member(opened[request.group], request.index) if request.group else branch.member
        run.waits.commit(request, branch.id, member)
        run.groups.enter(member)
    for group, number in opened.items():
        if not group.count:
            run.groups.enter(Member(number, 0))  # out again at once, which ends the empty group
            leave(run, Member(number, 0))
    run.answers.give(answer)
    if value is None:
        return
    if branch.member is None:
        run.result = value
    else:
        run.groups.put(branch.member, value, size)


def _open(run: Run, branch: Branch, asked: GroupRequest) -> int:
    number = run.branches.take_id()
    group = Group(id=number, then=asked.then, parent=branch.id, member=branch.member, always=asked.always)
    run.groups.open(group, asked.count)
    return number
