"""A database of the stand-in with a column of every type, and its schema as the engine reads it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from local.notion import HOME_PAGE_ID, Workspace
from local.notion import properties as stand_in_properties
from local.notion.call import Call
from local.notion.errors import NotionError
from local.notion.objects import DataSource
from local.notion.shapes import data_source
from local.notion.versions import Version
from steps.notion.schema import Schema, read_schema
from steps.notion.shaping import shape
from steps.notion.values import to_crossing

WORKSPACE = Workspace()
TYPES = stand_in_properties.TYPES
OPTIONS = ["Open", "Paid", "In progress"]
PERSON = WORKSPACE.default_person.id


def _source() -> DataSource:
    columns: dict[str, Any] = {kind: {kind: {}} for kind in TYPES}
    columns |= {kind: {kind: {"options": [{"name": name} for name in OPTIONS]}} for kind in stand_in_properties.OPTIONS}
    columns["formula"] = {"formula": {"expression": 'prop("title")'}}
    columns["relation"] = {"relation": {"data_source_id": HOME_PAGE_ID, "single_property": {}}}
    parsed = WORKSPACE.parse_columns(columns, "body")
    database = WORKSPACE.add_database(WORKSPACE.default_person, "All", {"All": parsed})
    return WORKSPACE.source_of(database)[0]


SOURCE = _source()
WORKSPACE.connect()
CALL = Call(WORKSPACE, WORKSPACE.bot(WORKSPACE.default_person), Version.IN_TRASH, {}, {}, {}, "")
SCHEMA = read_schema(data_source(WORKSPACE, SOURCE, Version.IN_TRASH))


@contextmanager
def accepted() -> Generator[None]:
    """The stand-in takes it; only that somebody or something is not there may be new to the author."""
    try:
        yield
    except NotionError as error:
        if "Could not find" not in error.message:
            raise


def shaped(kind: str, value: Any, schema: Schema = SCHEMA) -> Any:
    return shape(schema, to_crossing({kind: value}))[kind][kind]
