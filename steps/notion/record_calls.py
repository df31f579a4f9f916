"""Records by the connection's handle: rows of a database, as plain values in and out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from temporalio import workflow

from steps.calls import send
from steps.earlier import Calls
from steps.errors import NotionError, RequestInvalid
from steps.notion.keys import digest, key_value
from steps.notion.recording import LIMIT_REACHED
from steps.notion.records import Action, Record, RecordAnswer, RecordKey, RecordRequest
from steps.notion.schema import Property, Schema
from steps.notion.upserts import RETRY, TIMEOUT, upsert
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
        request = self._request("create", values, database=database, key=key, more=more)
        return self._taken(request, await self._send(request, f"create in {database}"))

    async def update_record(self, page_id: str, values: Mapping[str, Any], *, icon: str | None = None) -> Record:
        """Change the given properties of a record, and no other.

        Raises:
            RecordInvalid: it lists every value that does not fit the database; nothing was sent.
        """
        request = self._request("update", values, page=page_id, more=_more(icon=icon))
        return self._taken(request, await self._send(request, f"update {page_id}"))

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
        record = self._taken(request, answer)
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
            request = self._request("find", where or {}, database=database, more=more)
            answer = await self._send(request, f"find in {database}")
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
            request = self._request("key", {}, database=database, key=key)
            answer = await self._send(request, f"key {key} of {database}")
            if answer.key is None:
                raise AssertionError("the activity answers a key")
            self._keys[known] = answer.key
        return self._keys[known]

    async def _send(self, request: RecordRequest, what: str) -> RecordAnswer:
        seconds = TIMEOUT.total_seconds()
        return await send("record", request, RecordAnswer, timeout=seconds, retry=RETRY, summary=self._summary(what))

    def _request(self, action: Action, values: Mapping[str, Any], **fields: Any) -> RecordRequest:
        for name in ("database", "page", "key"):
            if name in fields and (name != "key" or fields[name] is not None):
                _check_text(name, fields[name])
        plain, _ = to_json(to_crossing(values), "The record", limit=MAX_RECORD_BYTES)
        fields["more"], _ = to_json(fields.get("more") or {}, "The page", limit=MAX_RECORD_BYTES)
        again = self._calls.again("POST", _place(action, fields.get("database")), plain)
        return RecordRequest(
            handle=self._handle, action=action, version=self._version, values=plain, run=workflow.info().workflow_id,
            lane=self._calls.lane, again=again, **fields,
        )  # fmt: skip

    def _summary(self, what: str) -> str:
        return f"{self._step} · {what} ({self._handle})"

    def _taken(self, request: RecordRequest, answer: RecordAnswer) -> Record:
        (page,) = answer.pages
        self._calls.note("POST", _place(request.action, request.database), request.values, page)
        return Record(page, created=answer.created)


def _place(action: Action, database: str | None) -> str:
    return f"{action} {database}"


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
