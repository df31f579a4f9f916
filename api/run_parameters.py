"""The filters of a list of runs as parameters: of an operation, and of a page's form, which sends empty ones too."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator

from api.run_filters import MAX_TEXT, PLAIN, RunFilters, Within
from api.views import RunStatus

_DATED = re.compile(r"[12]\d{3}-\d\d-\d\d")


def _written(value: object) -> object:
    """Refuse a number, which would be taken for seconds since 1970, and years that have no neighbour to convert to."""
    if isinstance(value, str) and not _DATED.match(value):
        raise ValueError("Write a time as 2026-11-23T08:00:00Z")
    return value


def _chosen(value: object) -> object:
    return None if value == "" else value


Moment = Annotated[datetime, BeforeValidator(_written)]
Chosen = BeforeValidator(_chosen)
_Plain = Query(max_length=MAX_TEXT, pattern=PLAIN)


def filters_of(
    workflow: Annotated[str | None, Query(description="Only runs of this workflow.")] = None,
    status: Annotated[RunStatus | None, Query(description="Only runs in this state.")] = None,
    connection: Annotated[
        str | None,
        Query(
            max_length=MAX_TEXT,
            pattern=PLAIN,
            description="Only runs whose workflow's code names the connection of this handle, or that have used it.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        Query(
            max_length=MAX_TEXT,
            pattern=PLAIN,
            description="Only runs whose id, or the key behind its `/`, begins with this, or whose workflow's name "
            "holds it.",
        ),
    ] = None,
    since: Annotated[
        Moment | None, Query(alias="from", description="Only runs that were started then or later; UTC without a zone.")
    ] = None,
    until: Annotated[
        Moment | None, Query(alias="to", description="Only runs that were started then or earlier.")
    ] = None,
) -> RunFilters:
    """Return the filters of an operation."""
    return RunFilters(workflow, status, connection, (text or "").strip() or None, None, since, until)


def chosen_filters(
    workflow: Annotated[str, _Plain] = "",
    status: Annotated[RunStatus | None, Chosen, Query()] = None,
    connection: Annotated[str, _Plain] = "",
    text: Annotated[str, _Plain] = "",
    within: Annotated[Within | None, Chosen, Query()] = None,
    since: Annotated[Moment | None, Chosen, Query(alias="from")] = None,
    until: Annotated[Moment | None, Chosen, Query(alias="to")] = None,
) -> RunFilters:
    """Return the filters of a page's form."""
    return RunFilters(workflow or None, status, connection or None, text.strip() or None, within, since, until)
