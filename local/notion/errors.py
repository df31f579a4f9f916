from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
INTEGRATION = "Durable Steps"


class NotionError(Exception):
    """Refuse a call in the form that Notion refuses it."""

    def __init__(
        self, status: int, code: str, message: str, additional_data: Json | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.additional_data = additional_data
        self.headers = {} if retry_after is None else {"retry-after": str(retry_after)}

    def body(self, request_id: str) -> Json:
        """Return the JSON that Notion would answer."""
        body: Json = {"object": "error", "status": self.status, "code": self.code, "message": self.message}
        if self.additional_data is not None:
            body["additional_data"] = self.additional_data
        return {**body, "request_id": request_id}


class OAuthError(Exception):
    """Refuse a call to an OAuth endpoint: the live server answers those in the style of RFC 6749."""

    def __init__(self, status: int, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.description = description
        self.headers = {"WWW-Authenticate": 'Basic realm="OAuth"'} if status == 401 else {}

    def body(self, request_id: str) -> Json:
        """Return the JSON that Notion would answer."""
        described = {"error_description": self.description} if self.description else {}
        return {"error": self.error, **described, "request_id": request_id}


def invalid(message: str, additional_data: Json | None = None) -> NotionError:
    """Return a validation_error."""
    return NotionError(400, "validation_error", message, additional_data)


def failed(path: str, expectation: str, value: object) -> NotionError:
    """Return the validation_error for one place in a request."""
    part = path.partition(".")[0].partition("[")[0]
    return invalid(f"{part} failed validation: {path} should be {expectation}, instead was `{quoted(value)}`.")


def missing(path: str) -> NotionError:
    """Return the validation_error for a key that has to be there."""
    part = path.partition(".")[0]
    return invalid(f"{part} failed validation: {path} should be defined, instead was `undefined`.")


def invalid_request_url() -> NotionError:
    """Return the error for a path that this API version does not have."""
    return NotionError(400, "invalid_request_url", "Invalid request URL.")


def object_not_found(kind: str, id: str, integration: str) -> NotionError:
    """Return the error for an object that does not exist, or is not shared: Notion does not tell these apart."""
    return NotionError(
        404,
        "object_not_found",
        f"Could not find {kind} with ID: {id}. Make sure the relevant pages and databases are shared with your "
        f'integration "{INTEGRATION}".',
        {"integration_id": integration},
    )


def wrong_kind(id: str, actual: str, expected: str) -> NotionError:
    """Return the error for the id of one kind of object given where another is wanted."""
    return invalid(
        f"Provided ID {id} is a {actual}, not a {expected}. Use the retrieve {actual} API instead "
        f"if you want to retrieve a {actual}."
    )


def quoted(value: object) -> str:
    """Return a value as Notion prints it in its messages, cut to a sensible length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else text[:197] + "..."
