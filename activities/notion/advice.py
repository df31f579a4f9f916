"""What to do about an error of Notion."""

from __future__ import annotations

from steps.notion.versions import VERSIONS

OUTCOME_UNKNOWN = "The write may have taken effect: look in Notion before it is sent again."

_CORRECT = "Correct the request; it is not sent again."
_AGAIN = "Notion fails; it is sent again."
_RATE = (
    "It is sent again when Notion permits it. If that happens often, set STEPS_NOTION_REQUESTS_PER_SECOND lower, for "
    "other programs use the same connection."
)
_OUTAGE = f"{_AGAIN} If it stays so, status.notion.so tells more."
BY_CODE = {
    "invalid_json": f"{_CORRECT} Its body is no JSON that Notion reads.",
    "invalid_request_url": (
        "Correct the request's path, or name another version: up to 2022-06-28 rows are at /v1/databases/{id}/query, "
        "since then at /v1/data_sources/{id}/query."
    ),
    "invalid_request": f"{_CORRECT} Notion does not support it in this version, or for this object.",
    "validation_error": f"{_CORRECT} What is wrong with it stands in Notion's message.",
    "missing_version": f"Correct the request's version; these are known here: {', '.join(VERSIONS)}.",
    "invalid_beta": f"{_CORRECT} The beta that it asks for is not open to this connection.",
    "invalid_grant": f"{_CORRECT} The authorization is over: connect the account again.",
    "unauthorized": "Connect the account {handle!r} again under OAuth Connections.",
    "restricted_resource": (
        "The connection {handle!r} lacks the capability: switch it on at notion.so/my-integrations, then connect the "
        "account again."
    ),
    "object_not_found": (
        "Share the page or database with the connection {handle!r} in Notion (••• → Connections), or correct the id."
    ),
    "conflict_error": "Somebody changed the same thing at that moment; it is sent again.",
    "row_limit_exceeded": "The database is full: move rows to another one, or delete some.",
    "rate_limited": _RATE,
    "service_overload": _OUTAGE,
    "internal_server_error": _OUTAGE,
    "bad_gateway": _OUTAGE,
    "service_unavailable": f"{_AGAIN} If a query stays so, ask for less: a smaller page_size, a narrower filter.",
    "database_connection_unavailable": _OUTAGE,
    "gateway_timeout": f"{_AGAIN} If a query stays so, ask for less: a smaller page_size, a narrower filter.",
}
_BY_STATUS = {
    200: "The call was made, and its answer is no JSON object.",
    400: _CORRECT,
    401: BY_CODE["unauthorized"],
    403: "Notion, or the edge before it, refuses this connection: look at its capabilities and at the address.",
    404: _CORRECT,
    409: BY_CODE["conflict_error"],
    413: "Send less at once: Notion takes 500 KB and 1,000 blocks in one request. Append the rest with blocks.append.",
    429: _RATE,
    529: _OUTAGE,
}


def advice_for(status: int, code: str, handle: str, *, sources: tuple[str, ...], again: bool) -> str:
    """Return what to do; `again` says that the call is sent again by itself."""
    if sources:
        return f"Use a version of 2025-09-03 or later, with one of the data sources {', '.join(sources)}."
    words = BY_CODE.get(code) or _BY_STATUS.get(status) or (_OUTAGE if status >= 500 else _CORRECT)
    if status >= 500 and not again:
        words = "Notion failed, and the call is not sent again by itself."
    return words.replace("{handle!r}", repr(handle))
