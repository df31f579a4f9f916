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

DESCRIPTION = (
    "Start runs of step workflows, watch them, and see the OAuth connections that they use. "
    "Every error is an RFC 9457 problem whose `type` is a stable name."
)
JSON_BODY: dict[str, Any] = {
    "requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}
}


class ProblemView(BaseModel):
    """An RFC 9457 problem; some have further members."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="The stable name of the error.")
    title: str = Field(description="The kind of error, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong, and what to do about it.")


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare the problems that an operation answers; where a key is needed, also those of a key that does not do."""
    if HTTPStatus.UNAUTHORIZED in statuses:
        statuses = (*statuses, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {int(status): {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def install(app: FastAPI) -> None:
    """Let the application's OpenAPI document name the problem that its operations refer to."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS
            )
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = ProblemView.model_json_schema()
            _drop_default_refusals(schema)
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
