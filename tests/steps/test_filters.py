"""Conditions and sorts in Notion's shapes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steps import RecordInvalid
from steps.notion.filters import filter_of, sorts_of
from steps.notion.values import to_crossing
from tests.steps.every_type import SCHEMA


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ({"checkbox": False}, {"property": "checkbox", "checkbox": {"equals": False}}),
        ({"number": {"greater_than": "1.5"}}, {"property": "number", "number": {"greater_than": 1.5}}),
        ({"date": None}, {"property": "date", "date": {"is_empty": True}}),
        ({"date": {"past_week": True}}, {"property": "date", "date": {"past_week": {}}}),
        ({"multi_select": "Open"}, {"property": "multi_select", "multi_select": {"contains": "Open"}}),
        ({"people": "me"}, {"property": "people", "people": {"contains": "me"}}),
        (
            {"created_time": {"after": date(2026, 1, 1)}},
            {"timestamp": "created_time", "created_time": {"after": "2026-01-01"}},
        ),
        ({"formula": {"string": {"equals": "x"}}}, {"property": "formula", "formula": {"string": {"equals": "x"}}}),
        ({}, None),
    ],
)
def test_where_becomes_notion_s_filter(where: dict[str, Any], wanted: Any):
    assert filter_of(SCHEMA, to_crossing(where)) == wanted


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"number": {"bigger_than": 1}}, '"bigger_than" is no operator of number; there are: equals'),
        ({"number": {}}, "it names no operator"),
        ({"number": []}, "the list of values is empty"),
        ({"select": "Lost"}, '"Lost" is none of its options: Open, Paid, In progress'),
        ({"files": "x"}, "it is asked for with is_empty, is_not_empty alone"),
        ({"formula": 3}, "by what it computes"),
        ({"title": {"contains": None}}, "needs a value"),
        ({"titel": "x"}, 'Did you mean "title"?'),
    ],
)
def test_a_condition_that_does_not_fit_is_refused(where: dict[str, Any], says: str):
    with pytest.raises(RecordInvalid) as caught:
        filter_of(SCHEMA, where)
    assert says in str(caught.value)


def test_sorts_are_names_with_a_minus_for_descending():
    assert sorts_of(SCHEMA, ["-number", "title", {"timestamp": "created_time", "direction": "ascending"}]) == [
        {"property": "number", "direction": "descending"},
        {"property": "title", "direction": "ascending"},
        {"timestamp": "created_time", "direction": "ascending"},
    ]
    with pytest.raises(RecordInvalid, match="Did you mean"):
        sorts_of(SCHEMA, ["-nubmer"])
