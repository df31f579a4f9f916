"""Records by the connection's handle: rows of a database, as plain values in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from steps.calls import send
from steps.earlier import Calls
from steps.errors import NotionError, RequestInvalid
from steps.notion.keys import digest, key_value
from steps.notion.plain import RETRY
from steps.notion.records import Action, Record, RecordAnswer, RecordKey, RecordRequest
from steps.notion.results import LIMIT_REACHED
from steps.notion.schema import Property, Schema
from steps.notion.upserts import TIMEOUT, upsert
from steps.notion.values import to_crossing
from steps.payload import to_json

if TYPE_CHECKING:
    from steps.facts import Log

MAX_RECORD_BYTES = 524_288  # Notion's own limit for a request is 500 KB


class RecordCalls:
    """Write and find records: values are checked against the database's schema before anything is sent."""

    def __init__(
        self,
        handle: str,
        step: str,
        calls: Calls,
        version: str | None,
        *,
        keys: dict[tuple[str, ...], RecordKey],
        log: Log,
    ) -> None:
        self._handle, self._step, self._calls, self._version = handle, step, calls, version
        self._keys, self._log = keys, log

    async def create_record(
        self,
        database: str,
        values: Mapping[str, Any],
        *,
        key: str | None = None,
        children: Sequence[Mapping[str, Any]] | None = None,
        markdown: str | None = None,
        icon: str | None = None,
    ) -> Record:
        """Create a record in a database, or in the data source of that id.

        `children` are Notion's blocks, `markdown` the same as a text, `icon` an emoji or an address. `key` names the
        property whose value no other record has: where the answer is lost, the record is found by it.

        Raises:
            RecordInvalid: it lists every value that does not fit the database; nothing was sent.
        """
        more = _more(children, markdown, icon)
        answer = await self._ask("create", values, database=database, key=key, more=more, what=f"create in {database}")
        return Record(answer.pages[0], created=True)

    async def update_record(self, page_id: str, values: Mapping[str, Any], *, icon: str | None = None) -> Record:
        """Change the given properties of a record, and no other.

        Raises:
            RecordInvalid: it lists every value that does not fit the database; nothing was sent.
        """
        answer = await self._ask("update", values, page=page_id, more=_more(icon=icon), what=f"update {page_id}")
        return Record(answer.pages[0])

    async def upsert_record(
        self,
        database: str,
        values: Mapping[str, Any],
        *,
        key: str,
        children: Sequence[Mapping[str, Any]] | None = None,
        markdown: str | None = None,
        icon: str | None = None,
    ) -> Record:
        """Update the record whose property `key` has the given value, or create it; `created` tells which.

        However many runs do so at the same time, there is one record. `children` and `markdown` are of a new one alone.

        Raises:
            RecordInvalid: a value does not fit the database, or the key is none.
        """
        more = _more(children, markdown, icon)
        what = f"upsert in {database} by {key}"
        request = self._request("upsert", values, database=database, key=key, more=more)
        found = await self._key(database, key)
        prop = Property(found.id, found.name, found.type)
        value = key_value(Schema(found.source, "", {found.name: prop}), prop, key, request.values)
        answer = await upsert(request, digest(found, value), self._summary(what))
        self._note(request, answer)
        record = Record(answer.pages[0], created=answer.created)
        if answer.others:
            others = [record.id, *answer.others]
            self._log.warning(
                f"{len(others)} records of {database} have the same {key}; updated the oldest", pages=others
            )
        return record

    async def find_records(
        self,
        database: str,
        where: Mapping[str, Any] | None = None,
        *,
        sorts: Sequence[str | Mapping[str, Any]] = (),
        page_size: int = 100,
    ) -> AsyncIterator[Record]:
        """Give the records for which all of `where` holds: a value, a list of values, or Notion's operators.

        Sorts are names, with a minus before them for descending. Each `page_size` records are one call.

        Raises:
            RecordInvalid: a condition does not fit the database.
            NotionError: with the code query_result_limit_reached, after the 10,000 that Notion returns at most.
        """
        more: dict[str, Any] = {
            "page_size": page_size,
            "sorts": [dict(s) if not isinstance(s, str) else s for s in sorts],
        }
        while True:
            answer = await self._ask("find", where or {}, database=database, more=more, what=f"find in {database}")
            for page in answer.pages:
                yield Record(page)
            if answer.incomplete:
                raise NotionError("Notion returns 10,000 records at most: narrow `where`.", code=LIMIT_REACHED)
            if answer.next_cursor is None:
                return
            more["start_cursor"] = answer.next_cursor

    async def _key(self, database: str, key: str) -> RecordKey:
        known = (self._handle, self._version or "", database, key)
        if known not in self._keys:
            answer = await self._ask("key", {}, database=database, key=key, what=f"key {key} of {database}")
            if answer.key is None:
                raise AssertionError("the activity answers a key")
            self._keys[known] = answer.key
        return self._keys[known]

    async def _ask(self, action: Action, values: Mapping[str, Any], *, what: str, **fields: Any) -> RecordAnswer:
        request = self._request(action, values, **fields)
        seconds = TIMEOUT.total_seconds()
        answer = await send("record", request, RecordAnswer, timeout=seconds, retry=RETRY, summary=self._summary(what))
        self._note(request, answer)
        return answer

    def _request(self, action: Action, values: Mapping[str, Any], **fields: Any) -> RecordRequest:
        for name in ("database", "page", "key"):
            if name in fields and (name != "key" or fields[name] is not None):
                _check_text(name, fields[name])
        plain, _ = to_json(to_crossing(values), "The record", limit=MAX_RECORD_BYTES)
        fields["more"], _ = to_json(fields.get("more") or {}, "The page", limit=MAX_RECORD_BYTES)
        request = RecordRequest(
            handle=self._handle, action=action, version=self._version, values=plain, run=workflow.info().workflow_id,
            lane=self._calls.lane, **fields,
        )  # fmt: skip
        return request.model_copy(update={"again": self._calls.again(*_told(request))})

    def _note(self, request: RecordRequest, answer: RecordAnswer) -> None:
        """Take in what was made, so that another record of the same values is not taken for it."""
        if answer.created:
            self._calls.note(*_told(request), answer.pages[0])

    def _summary(self, what: str) -> str:
        return f"{self._step} · {what} ({self._handle})"


def _told(request: RecordRequest) -> tuple[str, str, Any]:
    """Return what tells a write from others of the same attempt."""
    method = "GET" if request.action in ("find", "key") else "POST"
    return method, f"{request.action} {request.database or request.page}", [request.values, request.more]


def _more(
    children: Sequence[Mapping[str, Any]] | None = None, markdown: str | None = None, icon: str | None = None
) -> dict[str, Any]:
    if children is not None and markdown is not None:
        raise RequestInvalid("A record takes children or markdown, not both.")
    more: dict[str, Any] = {}
    if children is not None:
        more["children"] = [dict(child) for child in children]
    if markdown is not None:
        more["markdown"] = markdown
    if icon is not None:
        web = icon.startswith(("https://", "http://"))
        more["icon"] = {"type": "external", "external": {"url": icon}} if web else {"type": "emoji", "emoji": icon}
    return more


def _check_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise RequestInvalid(f"The {name} must be a text, not {str(value)[:40]!r}.")
