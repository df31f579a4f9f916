"""The form that tries a workflow out: what was typed, and the run that it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.delivery import kept_headers
from api.json_body import read_json
from api.problems import ApiError
from api.services import Services
from api.starting import Started, find_workflow, start_run
from steps.branch import Trigger
from steps.errors import StepsError

HEADERS = "Content-Type: application/json\n"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LONGEST_LINE = 60


class HeaderLineInvalid(ValueError):
    """A line that is no `Name: value`; the message names it."""


@dataclass(frozen=True)
class TestForm:
    """What stands in the form, and what is wrong with it, by field."""

    __test__ = False  # pytest takes it for one of its own otherwise

    payload: str
    headers: str = HEADERS
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 200


async def start_test(services: Services, name: str, typed: TestForm) -> Started | TestForm:
    """Start a test run with what was typed, as `POST /api/v1/workflows/{name}/test` does; or say what is wrong with it.

    Raises:
        WorkflowUnknown: there is no such workflow.
    """
    cls = find_workflow(services.workflows.workflows, name)
    try:
        headers = kept_headers(_read_headers(typed.headers))
    except (HeaderLineInvalid, ApiError) as error:
        return _refused(typed, "headers", error)
    try:
        trigger = Trigger(data=_read_payload(typed.payload), headers=headers)
        client = await services.temporal()
        return await start_run(client, services.settings.task_queue, name, cls, trigger, key=None, origin="test")
    except (ApiError, StepsError) as error:
        return _refused(typed, "payload", error)


def _read_payload(text: str) -> Any:
    return read_json(text.encode("utf-8", "surrogatepass")) if text.strip() else {}


def _read_headers(text: str) -> list[tuple[str, str]]:
    """Return the headers, one of each line that is not empty.

    Raises:
        HeaderLineInvalid: a line is no `Name: value`.
    """
    found: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or not _NAME.fullmatch(name.strip()):
            shown = line.strip()[:_LONGEST_LINE]
            raise HeaderLineInvalid(f"Line {number} is no header: {shown!r}. Write it as `Name: value`.")
        found.append((name, value.strip()))
    return found


def _refused(typed: TestForm, where: str, error: Exception) -> TestForm:
    status = error.status if isinstance(error, ApiError) else 422
    title = f"{error.title}. " if isinstance(error, ApiError) else ""
    return TestForm(typed.payload, typed.headers, {where: f"{title}{error}"}, status)
