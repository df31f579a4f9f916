"""Pages: templates that escape whatever they are given."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse
from starlette.types import Scope

from api.spans import ago, duration
from api.views import run_path
from vault.scopes import covers

_LONGEST = 200
_MENU = (
    ("/", "Home"),
    ("/connections", "OAuth Connections"),
    ("/workflows", "Workflows"),
    ("/runs", "Runs"),
    ("/schedules", "Schedules"),
    ("/variables", "Variables"),
    ("/keys", "Keys"),
)


def render(
    template: str, scope: Scope, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """Return a page; `scope` tells whether somebody is signed in, for the menu."""
    return HTMLResponse(fragment(template, scope, **context), status, headers)


def fragment(template: str, scope: Scope, **context: Any) -> str:
    """Return a template as text: a part of a page is sent by itself."""
    state = scope.get("state", {})
    signed_in = state.get("session") is not None

    def may(scope_needed: str) -> bool:
        """Tell what to leave out of the page; the routes refuse it all the same."""
        return covers(state.get("scopes", ()), (scope_needed,))

    return _templates.get_template(template).render(
        signed_in=signed_in, may=may, path=scope["path"], menu=_MENU, **context
    )


def _moment(value: datetime | None) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if value else "never"


def _relative(value: datetime | None) -> Markup:
    """Say how long ago it was; the exact time stands behind it, and `steps.js` keeps it true."""
    if value is None:
        return Markup("never")
    return Markup('<time datetime="{}" title="{}" data-relative>{}</time>').format(
        value.astimezone(UTC).isoformat(timespec="seconds"), _moment(value), ago(value, datetime.now(UTC))
    )


def _field_time(value: datetime | None) -> str:
    """Write a time as a field of type `datetime-local` does; one without a zone is UTC."""
    if value is None:
        return ""
    return (value.astimezone(UTC) if value.tzinfo else value).strftime("%Y-%m-%dT%H:%M")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _bounded(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _code(text: str) -> Markup:
    """Set what stands between backticks as code; the rest stays text."""
    parts = [escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:  # a backtick that nothing closes
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )


# Autoescape is always on: names of workspaces, payloads and log lines come from outside.
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(
    moment=_moment,
    relative=_relative,
    duration=duration,
    field_time=_field_time,
    bounded=_bounded,
    code=_code,
    json=_json,
    run_path=run_path,
)
