"""The OpenAPI document: every operation with its words, its examples and its problems, and the page that shows it."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.answers import MEDIA_TYPE
from api.app import create_app
from api.problem_examples import PROBLEMS
from api.problems import ApiError
from settings import Settings
from tests.api.conftest import Place
from tests.docs.test_errors_and_routes import types_below
from vault import VaultError

JSON = "application/json"
DOCUMENT: dict[str, Any] = create_app(Settings(data_dir=Path("nowhere"))).openapi()
OPERATIONS = [
    pytest.param(path, operation, id=f"{method.upper()} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def fits(example: Any, schema: dict[str, Any]) -> None:
    """Hold an example to its schema, whose references lead into the document."""
    whole = {**schema, "components": DOCUMENT["components"]}
    found: Any = Draft202012Validator(whole).iter_errors(example)  # pyright: ignore[reportUnknownMemberType]  # its gap
    assert [error.message for error in found] == []


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
def test_an_operation_says_what_it_does_and_shows_it(path: str, operation: dict[str, Any]):
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    body = operation.get("requestBody", {}).get("content", {JSON: {"example": {}, "schema": {}}})
    fits(body[JSON]["example"], body[JSON]["schema"])
    answers = {status: answer for status, answer in operation["responses"].items() if status < "300"}
    assert answers
    for answer in answers.values():
        for media in answer.get("content", {}).values():
            assert "example" in media, "add one to api/examples.py, by the name of the schema"
            fits(media["example"], media.get("schema", {}))
    assert all(parameter["description"] for parameter in operation.get("parameters", [])), path


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
def test_each_problem_that_an_operation_answers_has_an_example(path: str, operation: dict[str, Any]):
    found = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
    assert found or path in ("/healthz", "/readyz")
    if path.startswith("/api/"):
        assert operation["security"]
        assert {"401", "403", "429", "503"} <= set(found)
    for status, answer in found.items():
        if path == "/readyz":
            assert answer["content"][JSON]["example"]["ready"] is False
            continue
        media = answer["content"][MEDIA_TYPE]
        assert media["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert media.get("examples"), f"say which problem {status} is: problems(…, 'its-type')"
        for name, reference in media["examples"].items():
            assert reference == {"$ref": f"#/components/examples/{name}"}
            example = DOCUMENT["components"]["examples"][name]["value"]
            assert (example["type"], str(example["status"])) == (name, status)
            fits(example, media["schema"])


def test_the_examples_of_problems_are_of_the_errors_that_there_are():
    known = types_below(ApiError) | types_below(VaultError)
    assert set(PROBLEMS) <= set(known)
    used = {
        name
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for name in answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    }
    assert used == set(PROBLEMS), "an example that no operation shows is left over"


def test_nothing_of_the_framework_is_left_in_the_document():
    assert "HTTPValidationError" not in str(DOCUMENT)
    summaries = [operation["summary"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(set(summaries)) == len(summaries)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_page_shows_each_operation_with_a_command_and_an_answer(place: Place):
    async with place.browser() as anyone:
        assert (await anyone.get("/openapi.json")).json()["paths"] == DOCUMENT["paths"]
        text = unescape((await anyone.get("/docs")).text)
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            assert f"<strong>{method.upper()}</strong> {path}" in text
            assert text.count(f">{operation['summary']}</a>") == 1
            assert text.count(f">{operation['summary']}</h3>") == 1
    order = """-d '{"data": {"name": "#1001", "total_price": "128.50", "currency": "EUR"}"""
    assert order in text
    assert 'http://steps.test/api/v1/runs/order-to-notion/1001/cancel -H "Authorization: Bearer $KEY"' in text
    assert '"run_url": "https://steps.example/runs/order-to-notion/1001"' in text
    assert "<code>idempotency-key-reused</code>" in text
    ids = [part.partition('"')[0] for part in text.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
