"""One call of Notion's API: an activity, made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from steps.calls import send
from steps.earlier import Calls
from steps.errors import PayloadInvalid, RequestInvalid
from steps.http import NotionFile, NotionRequest
from steps.notion.ids import notion_id
from steps.payload import to_json
from steps.retry import Retry

VERSIONS = ("2022-06-28", "2025-09-03", "2026-03-11")
MAX_BODY_BYTES = 1_048_576
# Notion's own limit for one request is 60 seconds; a rate limit may ask for a minute's wait, again and again.
_TIMEOUT = 70.0
_RETRY = Retry(attempts=100, backoff=1, longest=60)

Params = Mapping[str, str | int]


class Caller:
    """Call Notion's API by the handle of a connection, for one attempt of one step."""

    def __init__(self, handle: str, step: str, calls: Calls, version: str | None) -> None:
        self._handle, self._step, self._calls, self._version = handle, step, calls, check_version(version)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        version: str | None = None,
        adapt: bool = True,
        key: str | None = None,
        page: str | None = None,
        file: NotionFile | None = None,
    ) -> dict[str, Any]:
        """Return the object that Notion answers; what is None in `body` and `params` is left out.

        With `adapt` the call is in the form of the newest version, and goes out in that of the version in force.

        Raises:
            NotionError, RequestInvalid, ConnectionNotFound, FetchFailed: as they say.
        """
        plain = None if body is None else _without_none(body)
        to_json(plain, "The request to Notion", limit=MAX_BODY_BYTES)
        request = NotionRequest(
            handle=self._handle,
            method=method,
            path=path,
            version=check_version(version) or self._version,
            params=None if params is None else _without_none(params),
            body=plain,
            key=key,
            page=page,
            file=file,
            adapt=adapt,
            lane=self._calls.lane,
            again=self._calls.again(method, path, plain),
        )
        summary = f"{self._step} · {method} {path} ({self._handle})"
        answer = await send("notion", request, dict[str, Any], timeout=_TIMEOUT, retry=_RETRY, summary=summary)
        self._calls.note(method, path, plain, answer)
        return answer


def path_to(*parts: str) -> str:
    """Return a path of the API; ids may have been given in any form."""
    return "/v1/" + "/".join(quote(notion_id(part), safe="") for part in parts)


def check_version(version: str | None) -> str | None:
    """Return the version if it is one that this client speaks.

    Raises:
        RequestInvalid: it is none, or one that is not known here.
    """
    if version is None or version in VERSIONS:
        return version
    raise RequestInvalid(
        f"{str(version)[:20]!r} is no version of Notion's API that is known here: {', '.join(VERSIONS)}."
    )


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(values, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # an author's
        raise PayloadInvalid("The body of a call of Notion's API is an object.")
    return {name: value for name, value in values.items() if value is not None}
