"""What of an HTTP request goes into a run: its data, its headers, and the id that tells deliveries apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers, QueryParams

from api.problems import HeadersTooLarge

MAX_HEADER_BYTES = 16_384
_IDS = ("x-shopify-webhook-id", "webhook-id", "idempotency-key")
_DROPPED = frozenset(
    {
        "authorization", "cookie", "connection", "content-length", "host", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip


def delivery_id(headers: Headers) -> str | None:
    """Return the sender's own id of this delivery: Shopify's, that of Standard Webhooks, or an idempotency key."""
    return next((value for name in _IDS if (value := headers.get(name, "").strip())), None)


def merged(query: QueryParams, body: dict[str, Any]) -> dict[str, Any]:
    """Return the query's parameters with the body's fields over them; a repeated parameter is a list."""
    parameters = {name: query.getlist(name) for name in query}
    return {name: values[0] if len(values) == 1 else values for name, values in parameters.items()} | body


def kept_headers(items: Iterable[tuple[str, str]], *, secret: str | None = None) -> dict[str, str]:
    """Return what a run may keep of the headers, by lower-case name: no credential, nothing of the connection itself.

    `secret` names one more that is none of the run's business: what the delivery was signed with.

    Raises:
        HeadersTooLarge: they have more than 16 KiB.
    """
    headers = [(name.strip().lower(), value) for name, value in items]
    named = {part.strip().lower() for name, value in headers if name == "connection" for part in value.split(",")}
    secret_name = secret.lower() if secret else None
    kept: dict[str, str] = {}
    for name, value in headers:
        if name in _DROPPED or name in named or name.startswith("proxy-") or name == secret_name:
            continue
        kept[name] = f"{kept[name]}, {value}" if name in kept else value
    size = sum(len(name) + len(value) for name, value in kept.items())
    if size > MAX_HEADER_BYTES:
        raise HeadersTooLarge(
            f"The headers have {size} bytes; the limit is {MAX_HEADER_BYTES}.", limit=MAX_HEADER_BYTES
        )
    return kept
