"""The form for a schedule: what was typed becomes what the API takes, and its errors go to their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from api.json_body import parse_json_object
from api.problems import ApiError, JsonInvalid, JsonNotObject, JsonTooDeep, RequestInvalid, ScheduleConflict
from api.schedule_views import ScheduleBody
from steps.errors import PayloadInvalid, PayloadTooLarge, StepsError

FIELDS = (
    "workflow", "name", "kind", "amount", "unit", "cron", "time_zone", "data",
    "start", "end", "count", "overlap", "catch_up", "jitter", "paused",
)  # fmt: skip
UNITS = ("minutes", "hours", "days", "weeks")
OVERLAPS = {
    "skip": "Start nothing",
    "buffer": "Let one wait for its end",
    "allow": "Let them run side by side",
    "cancel-running": "Cancel it first",
}
NEW = dict.fromkeys(FIELDS, "") | {"kind": "every", "unit": "hours", "time_zone": "UTC", "overlap": "skip"}
REFUSALS = (RequestInvalid, ScheduleConflict, PayloadInvalid, PayloadTooLarge)
_WORDS = {
    "name": "Write lower-case letters, digits and hyphens, 63 at most.",
    "amount": "Write a number, such as 6.",
    "start": "Write a day and a time, such as 2030-01-31T09:00.",
    "end": "Write a day and a time, such as 2030-01-31T09:00.",
    "count": "Write a whole number from 1, or nothing.",
}
_AS_THEY_ARE = ("name", "time_zone", "start", "end", "count", "overlap")


class FieldsWrong(Exception):
    """Say what is wrong, field by field of the form."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(f"Correct these fields: {', '.join(errors)}")
        self.errors = dict(errors)


def read_schedule_form(form: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed, every field of it."""
    return {name: form.get(name, "").strip() for name in FIELDS}


def body_of(typed: Mapping[str, str]) -> ScheduleBody:
    """Return what the API takes.

    Raises:
        FieldsWrong: with what is wrong at each field.
    """
    body: dict[str, Any] = {name: typed[name] for name in _AS_THEY_ARE if typed[name]}
    body |= {name: _number_or_text(typed[name]) for name in ("catch_up", "jitter") if typed[name]}
    body |= {"workflow": typed["workflow"], "paused": bool(typed["paused"])}
    if typed["kind"] == "cron":
        body["cron"] = typed["cron"]
    elif typed["unit"] in UNITS:
        body["every"] = {typed["unit"]: typed["amount"] or 0}
    else:
        raise FieldsWrong({"unit": "Choose a unit."})
    try:
        body["data"] = parse_json_object(typed["data"].encode()) if typed["data"] else {}
        return ScheduleBody.model_validate(body)
    except (JsonInvalid, JsonNotObject, JsonTooDeep) as error:
        raise FieldsWrong({"data": str(error)}) from None
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)
        found = {_field(str(item["loc"][0]), typed): str(item["msg"]) for item in wrong}
        raise FieldsWrong({name: _WORDS.get(name, says) for name, says in found.items()}) from None


def errors_of(error: ApiError | StepsError, typed: Mapping[str, str]) -> dict[str, str]:
    """Return at which field a refusal of the schedule stands."""
    if isinstance(error, RequestInvalid):
        return {_field(one["field"], typed): one["message"] for one in error.fields["errors"]}
    return {"name" if isinstance(error, ScheduleConflict) else "data": str(error)}


def _field(name: str, typed: Mapping[str, str]) -> str:
    if name in FIELDS and name != "cron":
        return name
    return "cron" if typed["kind"] == "cron" else "amount"


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
