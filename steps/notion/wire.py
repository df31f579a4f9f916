"""One call of Notion's API, as an activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from steps.calls import send
from steps.earlier import Calls
from steps.http import MAX_REQUEST_BYTES, NotionRequest, SentFile
from steps.notion.plain import RETRY
from steps.notion.results import Results
from steps.notion.versions import known_version
from steps.payload import to_json

T = TypeVar("T")
Params = Mapping[str, str | int | Sequence[str] | None]
# Notion's own limit for one request is 60 seconds.
_TIMEOUT = 70.0


class Wire:
    """Make calls with one connection; each is an activity, and one that has completed is never sent again."""

    def __init__(self, handle: str, step: str, calls: Calls, version: str | None) -> None:
        self.handle, self.step, self.calls = handle, step, calls
        self.version = None if version is None else known_version(version)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        file: SentFile | None = None,
        version: str | None = None,
        adapt: bool = True,
        key: str | None = None,
        page: str | None = None,
    ) -> Any:
        """Return what Notion answers; with `adapt` the path and the body are put into the form of the version."""
        given = version or self.version
        plain = None if body is None else to_json(body, "The request to Notion", limit=MAX_REQUEST_BYTES)[0]
        request = NotionRequest(
            handle=self.handle,
            method=method,
            path=path,
            version=None if given is None else known_version(given),
            params=_params(params),
            body=plain,
            file=file,
            adapt=adapt,
            key=key,
            page=page,
            lane=self.calls.lane,
            again=self.calls.again(method, path, plain),
        )
        answer = await send(
            "notion", request, dict[str, Any], timeout=_TIMEOUT, retry=RETRY, summary=self.summary(f"{method} {path}")
        )
        self.calls.note(method, path, plain, answer)
        return answer

    def results(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
    ) -> Results[Any]:
        """Return the results of a list; a GET is told its page by the parameters, a POST by the body."""

        async def ask(more: Mapping[str, Any]) -> Any:
            if method == "GET":
                return await self.call(method, path, params={**(params or {}), **more})
            return await self.call(method, path, params=params, body={**given(body or {}), **more})

        return Results(ask, limit=limit, page_size=page_size, start_cursor=start_cursor)

    def summary(self, what: str) -> str:
        """Return what the Temporal UI shows of a call."""
        return f"{self.step} · {what} ({self.handle})"


def given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given, without None."""
    return {name: value for name, value in body.items() if value is not None}


def _params(params: Params | None) -> dict[str, str | int | list[str]] | None:
    found = {
        name: value if isinstance(value, str | int) else list(value) for name, value in given(params or {}).items()
    }
    return found or None
