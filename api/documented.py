"""What the OpenAPI document says beyond the signatures: problems and bodies."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import BaseRoute

from api.answers import MEDIA_TYPE
from api.auth import Public
from api.declared import declared
from api.examples import example_of
from api.problem_examples import PROBLEMS, components, usual_type

DESCRIPTION = (
    "Start runs of step workflows, watch them, and see the OAuth connections that they use. "
    "Every error is an RFC 9457 problem whose `type` is a stable name."
)
_JSON = "application/json"


class ProblemView(BaseModel):
    """An RFC 9457 problem; some have further members."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="The stable name of the error.")
    title: str = Field(description="The kind of error, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong, and what to do about it.")


def json_body(example: Any) -> dict[str, Any]:
    """Declare a body that is any JSON object, such as the example."""
    content = {_JSON: {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": False, "content": content}}


def answered(status: int, example: Any, media_type: str = _JSON) -> dict[int | str, dict[str, Any]]:
    """Give an answer that has no schema of a name its example."""
    return {status: {"content": {media_type: {"example": example}}}}


def problems(*found: int | str) -> dict[int | str, dict[str, Any]]:
    """Declare the problems that an operation answers: by their types, or by a status for what it usually means.

    Where a key is needed, those of a key that does not do are added.
    """
    types: dict[int, list[str]] = {}
    for one in found:
        status = PROBLEMS[one].status if isinstance(one, str) else one
        types.setdefault(status, []).extend([one] if isinstance(one, str) else [])
    if HTTPStatus.UNAUTHORIZED in types:
        types = {HTTPStatus.FORBIDDEN: [], HTTPStatus.TOO_MANY_REQUESTS: []} | types
    return {int(status): _problem(status, names) for status, names in sorted(types.items())}


def _problem(status: int, types: list[str]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if types:
        content["examples"] = _references(types)
    return {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: content}}


def _references(types: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/examples/{name}"} for name in types}


def install(app: FastAPI) -> None:
    """Let the application's OpenAPI document name the problem that its operations refer to."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS
            )
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = ProblemView.model_json_schema()
            schema["components"]["examples"] = components()
            _drop_default_refusals(schema)
            _give_examples(schema)
            _name_scopes(schema, app.routes)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # FastAPI's own way to extend the document


def _drop_default_refusals(schema: dict[str, Any]) -> None:
    """Take out what FastAPI would answer to a wrong parameter: those that can be wrong declare our own problem."""
    for name in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(name, None)
    for methods in schema["paths"].values():
        for operation in methods.values():
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]


def _give_examples(schema: dict[str, Any]) -> None:
    """Give each body, answer and problem an example that has none of its own."""
    schemas = schema["components"]["schemas"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for media in [body["content"][_JSON] for body in bodies if _JSON in body.get("content", {})]:
                if "example" not in media and (example := example_of(media.get("schema", {}), schemas)) is not None:
                    media["example"] = example
            for status, answer in operation["responses"].items():
                problem = answer.get("content", {}).get(MEDIA_TYPE)
                if (
                    problem is not None
                    and "examples" not in problem
                    and (name := usual_type(method, path, int(status)))
                ):
                    problem["examples"] = _references([name])


def _name_scopes(schema: dict[str, Any], routes: Sequence[BaseRoute]) -> None:
    """Say beside each operation that needs a key what the key must be allowed."""
    for method, path, found in declared(routes):
        operation = schema["paths"].get(path.replace(":path}", "}"), {}).get(method.lower(), {})
        scopes = [scope for one in found if not isinstance(one, Public) for scope in one.scopes]
        if "security" in operation:
            operation["security"] = [dict.fromkeys(scheme, scopes) for scheme in operation["security"]]


_TAGS = [
    {"name": "Runs", "description": "Start runs and watch them."},
    {"name": "Schedules", "description": "When workflows run by themselves."},
    {"name": "Workflows", "description": "The workflows that can be run."},
    {"name": "Connections", "description": "The OAuth connections that workflows use by their handles."},
    {"name": "Webhooks", "description": "Where providers send their events, and how that is set up."},
    {"name": "Triggers", "description": "Addresses that start a run without an API key."},
    {"name": "Variables", "description": "What workflows read as `api.env`. The value of a secret one is write-only."},
    {"name": "Keys", "description": "Who may do what: API keys, and the browsers that are signed in."},
    {"name": "Health", "description": "Whether the service runs, and whether it can work."},
]
