"""The fault table: whatever happens to a write, it is made once, with the calls that this takes and no more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.once.place import Case, Place

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

QUERY, CHILDREN = "POST /v1/databases/:id/query", "GET /v1/blocks/:id/children"


@dataclass(frozen=True)
class Write:
    """A write: its call, what a look at nothing and at something takes, and what there is afterwards."""

    call: str
    missing: list[str]
    found: list[str]
    made: dict[str, int]
    look: bool = True


WRITES = {
    "page": Write("POST /v1/pages", [QUERY], [QUERY], {"page": 1}),
    "fetch": Write("POST /v1/pages", [QUERY], [QUERY], {"page": 1}),
    "subpage": Write("POST /v1/pages", [CHILDREN], [CHILDREN, CHILDREN, "GET /v1/pages/:id"], {"page": 1, "block": 2}),
    "append": Write("PATCH /v1/blocks/:id/children", [CHILDREN], [CHILDREN], {"block": 2}),
    "comment": Write("POST /v1/comments", ["GET /v1/comments"], ["GET /v1/comments"], {"comment": 1}),
    "database": Write(
        "POST /v1/databases", [CHILDREN], [CHILDREN, "GET /v1/databases/:id"], {"database": 1, "data_source": 1}
    ),
    "source": Write(
        "POST /v1/data_sources",
        ["GET /v1/databases/:id"],
        ["GET /v1/databases/:id", "GET /v1/data_sources/:id"],
        {"data_source": 1},
    ),
    # What comes of a second one is nothing: see docs/guarantees.md.
    "upload": Write("POST /v1/file_uploads", [], [], {"file_upload": 1}, look=False),
    "change": Write("PATCH /v1/pages/:id", [], [], {}, look=False),
    "trash": Write("DELETE /v1/blocks/:id", ["GET /v1/blocks/:id"], ["GET /v1/blocks/:id"], {}),
}
REFUSED, BEFORE, AFTER, LATE = "refused", "before", "after", "late"
FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "no fault": ("none", {}),
    "429": (REFUSED, {"kind": "rate_limited"}),
    "409": (REFUSED, {"kind": "conflict"}),
    "529": (REFUSED, {"kind": "overload"}),
    "500 before": (BEFORE, {"kind": "internal"}),
    "500 after": (AFTER, {"kind": "internal", "when": "after"}),
    "502 before": (BEFORE, {"kind": "bad_gateway"}),
    "502 after": (AFTER, {"kind": "bad_gateway", "when": "after"}),
    "502 of the edge": (AFTER, {"kind": "html_error", "when": "after"}),
    "503 before": (BEFORE, {"kind": "unavailable"}),
    "503 after": (AFTER, {"kind": "unavailable", "when": "after"}),
    "504 before": (BEFORE, {"kind": "gateway_timeout"}),
    "504 after": (AFTER, {"kind": "gateway_timeout", "when": "after"}),
    "cut before": (BEFORE, {"kind": "cut_before"}),
    "cut after": (AFTER, {"kind": "cut_after"}),
    "slow, with a late effect": (LATE, {"kind": "slow", "when": "before", "seconds": 9}),
}


def calls(name: str, fault: str) -> list[list[str]]:
    """The calls that a write takes, and no others; where the first look may come late, the ways that there are."""
    write, effect = WRITES[name], FAULTS[fault][0]
    once, missing, found = [write.call], write.missing, write.found
    if effect == "none":
        return [once]
    if effect == REFUSED or not write.look:
        return [once + once]
    if effect == AFTER:
        return [once + found]
    if name == "trash":  # a second one does no harm, so that nothing is waited for
        twice = once + missing + once
        return [twice] if effect == BEFORE else [twice, twice + found, once + found]
    if effect == BEFORE:
        # Notion's own 500 says that the request is over, and is waited for but three seconds.
        soon = [once + missing + once] if fault.startswith("500") else []
        return [once + missing + missing + once, *soon]
    return [once + missing + found, once + found]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def table(place: Place) -> dict[tuple[str, str], tuple[Case, Any]]:
    """Every write under every fault, many at once: what became of each."""

    # More at a time, and a call that takes five seconds is no longer one whose answer was lost.
    some, one_at_a_time = asyncio.Semaphore(50), asyncio.Lock()

    async def one(write: str, fault: str) -> tuple[Case, Any]:
        async with some:
            async with one_at_a_time:
                case = await place.case()
            if FAULTS[fault][1]:
                case.notion.workspace.faults.add([{**FAULTS[fault][1], "path": "/v1/*"}])
            try:
                return case, await asyncio.wait_for(place.run(case, write, timeout=5), 60)
            except Exception as error:
                return case, error

    keys = [(write, fault) for write in WRITES for fault in FAULTS]
    return dict(zip(keys, await asyncio.gather(*(one(*key) for key in keys)), strict=True))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("write", WRITES)
async def test_a_write_is_made_once(table: dict[tuple[str, str], tuple[Case, Any]], write: str, fault: str) -> None:
    case, result = table[write, fault]
    assert not isinstance(result, BaseException), repr(result)
    assert result["object"] in (*WRITES[write].made, "list", "page", "block")
    assert case.calls in calls(write, fault)
    if write != "upload":
        assert case.made == WRITES[write].made
