from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment
from starlette.responses import HTMLResponse

from local.notion import reading, rich_text
from local.notion.objects import Database, Page, Person
from local.notion.workspace import Workspace

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_PAGES = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }
  fieldset { border: 1px solid; border-radius: .5rem; margin: 1.5rem 0; }
  label { display: block; padding: .25rem 0; }
  button { font: inherit; padding: .5rem 1.25rem; margin-right: .5rem; }
  .note { font-size: .875rem; }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
"""
_CONSENT = _PAGES.from_string(
    _FRAME
    + """<p>The connection <strong>{{ fields.client_id }}</strong> asks to read and change the pages that you choose
in <strong>{{ person.space.name }}</strong>. You are {{ person.name }} ({{ person.email }}).</p>
<form method="post" action="/v1/oauth/authorize">
{% for name, value in fields.items() %}
<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}
<fieldset>
<legend>Pages and databases to share</legend>
{% for id, title, kind in choices %}
<label><input type="checkbox" name="share" value="{{ id }}" checked> {{ title }} ({{ kind }})</label>
{% endfor %}
</fieldset>
<p><button type="submit" name="action" value="allow">Allow</button>
<button type="submit" name="action" value="cancel">Cancel</button></p>
<details>
<summary>Connect as another person</summary>
<label>Person <input name="user" value="{{ person.name }}" autocomplete="off"></label>
<label>Workspace <input name="workspace" value="{{ person.space.name }}" autocomplete="off"></label>
<p class="note">A new name makes a new person. In another workspace everything is shared.</p>
</details>
</form>
<p class="note">This is a stand-in for Notion on this machine: nothing here reaches Notion.</p>
</main>
</body>
</html>
"""
)
_PROBLEM = _PAGES.from_string(_FRAME + "<p>{{ message }}</p>\n</main>\n</body>\n</html>\n")


def consent_page(workspace: Workspace, person: Person, fields: Mapping[str, str]) -> HTMLResponse:
    """Return the page on which a person chooses what to share."""
    html = _CONSENT.render(
        title=f"Connect to {person.space.name}", person=person, fields=fields, choices=_choices(workspace, person)
    )
    return HTMLResponse(html, headers=_HEADERS)


def problem_page(message: str) -> HTMLResponse:
    """Return the page that says why there is nothing to consent to; it leads nowhere."""
    return HTMLResponse(_PROBLEM.render(title="This connection cannot be made", message=message), 400, _HEADERS)


def _choices(workspace: Workspace, person: Person) -> list[tuple[str, str, str]]:
    choices: list[tuple[str, str, str]] = []
    for id in workspace.top[person.space.id]:
        item = workspace.items[id]
        if isinstance(item, Page) and not item.in_trash:
            choices.append((id, reading.title(workspace, item), "page"))
        elif isinstance(item, Database) and not item.in_trash:
            choices.append((id, rich_text.plain(item.title), "database"))
    return choices
