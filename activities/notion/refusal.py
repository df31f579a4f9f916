from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.exceptions import FailureError

from activities.notion.advice import OUTCOME_UNKNOWN, advice_for
from activities.retry_after import retry_after
from steps.errors import NotionError
from steps.http import Response
from steps.parts import a_list, an_object, is_list

# Notion says of these that nothing was done.
_NOTHING_DONE = frozenset({"rate_limited", "service_overload", "conflict_error"})
_NOTHING_DONE_STATUS = frozenset({409, 429, 529})
_OUTAGES = frozenset(
    {
        "internal_server_error",
        "bad_gateway",
        "service_unavailable",
        "database_connection_unavailable",
        "gateway_timeout",
    }
)
_FOR_GOOD = frozenset(
    {
        "invalid_json",
        "invalid_request_url",
        "invalid_request",
        "validation_error",
        "missing_version",
        "invalid_beta",
        "invalid_grant",
        "unauthorized",
        "restricted_resource",
        "object_not_found",
        "row_limit_exceeded",
    }
)
_LONGEST_MESSAGE = 2_000  # of what becomes a failure in the run's history
_MOST_WORDS = 200
_MOST_LISTED = 50
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Refusal:
    """An answer of Notion, or of the edge before it, that is an error."""

    status: int
    code: str
    message: str
    request_id: str | None
    retry_after: timedelta | None
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def of(cls, answer: Response, body: Mapping[str, Any] | None) -> Refusal:
        """Read an answer; the edge answers in HTML, and has no code."""
        body = body or {}
        code, message = body.get("code"), body.get("message")
        request_id = body.get("request_id") or answer.headers.get("x-notion-request-id")
        more = body.get("additional_data")
        return cls(
            status=answer.status,
            code=code if isinstance(code, str) else "",
            message=message if isinstance(message, str) else _first_words(answer.text),
            request_id=request_id if isinstance(request_id, str) else None,
            retry_after=retry_after(answer.headers.get("retry-after")),
            more=_more(more),
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """The data sources of the database in question, where there are several and the version has none."""
        return tuple(a_list(self.more.get("child_data_source_ids")))

    @property
    def nothing_done(self) -> bool:
        """Tell whether the request was turned away before it did anything, and may be sent again."""
        if self.code in _NOTHING_DONE:
            return True
        return self.status in _NOTHING_DONE_STATUS and not (self.code in _FOR_GOOD or self.code in _OUTAGES)

    @property
    def outage(self) -> bool:
        """Tell whether Notion failed, and nobody knows what it did before."""
        failed = self.code in _OUTAGES or (self.status >= 500 and self.code not in _FOR_GOOD)
        return failed and not self.nothing_done

    def again(self, *, repeatable: bool) -> bool:
        """Tell whether the request may be sent again later."""
        return self.nothing_done or (self.outage and repeatable)

    def failure(self, handle: str, *, repeatable: bool, counts: bool = False) -> FailureError:
        """Return what the activity fails with, and whether and when Temporal tries again.

        `counts` says that it matters if the request was made already.
        """
        again = self.again(repeatable=repeatable)
        advice = advice_for(self.status, self.code, handle, sources=self.sources, again=again)
        if self.outage and counts:
            advice = OUTCOME_UNKNOWN
        error = NotionError(
            f"Notion {self.status} {self.code}".rstrip() + f": {self.message[:_LONGEST_MESSAGE]} {advice}".rstrip(),
            status=self.status,
            code=self.code,
            request_id=self.request_id,
            advice=advice,
            additional_data=self.more,
        )
        return error.to_failure(retryable=again, next_retry_delay=self.retry_after if again else None)


def _first_words(text: str) -> str:
    words = " ".join(_TAG.sub(" ", text[:20_000]).split())
    return f"{words[:_MOST_WORDS]!r}" if words else "no words"


def _more(given: object) -> dict[str, Any]:
    """Return additional data as Notion documents it: texts, and lists of them; no more than an error should hold."""
    found: dict[str, Any] = {}
    for name, value in an_object(given).items():
        if isinstance(value, str):
            found[name] = value[:_LONGEST_MESSAGE]
        elif is_list(value):
            found[name] = [str(each)[:_MOST_WORDS] for each in value[:_MOST_LISTED]]
    return found
