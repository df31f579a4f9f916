from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.notion import checks, files, properties, rich_text
from local.notion.checks import a_boolean, a_string, an_array, an_id, an_object, only, required
from local.notion.errors import Json, failed, invalid, missing
from local.notion.objects import Bot, DataSource, Page, Property

if TYPE_CHECKING:
    from local.notion.call import Call
    from local.notion.workspace import Workspace

WRITABLE = (
    *("title", "rich_text", "number", "url", "select", "multi_select", "people", "email", "phone_number"),
    *("date", "checkbox", "relation", "files", "status"),
)
_LENGTHS = {"url": 2_000, "email": 200, "phone_number": 200}


def empty(prop_type: str) -> Any:
    """Return what a property of that type holds before anything is written."""
    if prop_type == "checkbox":
        return False
    return [] if prop_type in (*properties.LISTS, "multi_select", "files") else None


def parse(call: Call, source: DataSource, given: object, path: str = "body.properties") -> dict[str, Any]:
    """Return the values to write, by property id, or refuse; nothing has changed when it refuses."""
    checked: list[tuple[Property, Any]] = []
    unknown: list[str] = []
    mistyped: list[str] = []
    for key, value in an_object(given, path).items():
        kind, content = _typed(value, f"{path}.{key}")
        prop = properties.find(source, key)
        if prop is None:
            unknown.append(f"{key} is not a property that exists.")
        elif kind is not None and kind != prop.type:
            mistyped.append(f"{prop.name} is expected to be {prop.type}.")
        else:
            # The bare list is right for the two types that are lists of rich text, and wrong for any other.
            if kind is None and prop.type not in properties.TEXTS:
                raise failed(f"{path}.{key}", "an object", value)
            checked.append((prop, _content(call, prop.type, content, f"{path}.{key}.{prop.type}")))
    if unknown or mistyped:
        raise invalid(" ".join([*unknown, *mistyped]))
    for prop, value in checked:
        _check_references(call.workspace, call.bot, prop, value)
    return {prop.id: _stored(prop, value) for prop, value in checked}


def _typed(value: object, path: str) -> tuple[str | None, Any]:
    """Return which type a value claims to be of; none for the shorthand, a bare list."""
    if checks.is_array(value):
        return None, value
    given = an_object(value, path)
    kinds = [kind for kind in WRITABLE if kind in given]
    if not kinds:
        only(given, path, ("id", "name", "type"))  # names a read-only type, which no write may hold
        raise missing(f"{path}.{given.get('type', 'title')}")
    if len(kinds) > 1:
        raise failed(f"{path}.{kinds[1]}", "not present", given[kinds[1]])
    only(given, path, ("id", "name", "type", kinds[0]))
    checks.one_of(given.get("type", kinds[0]), f"{path}.type", (kinds[0],))
    return kinds[0], given[kinds[0]]


def _content(call: Call, kind: str, value: Any, path: str) -> Any:
    if kind in properties.TEXTS:
        return rich_text.parse(value, path)
    if kind == "checkbox":
        return a_boolean(value, path)
    if kind == "files":
        return [_file(call, item, f"{path}[{index}]") for index, item in enumerate(an_array(value, path))]
    if kind in ("multi_select", "people", "relation"):
        one = {"multi_select": _choice, "people": _person, "relation": _relation}[kind]
        return [one(item, f"{path}[{index}]") for index, item in enumerate(an_array(value, path))]
    if value is None:
        return None
    if kind == "number":
        if not checks.is_number(value):
            raise failed(path, "a number or `null`", value)
        return value
    if kind in _LENGTHS:
        if value == "":
            raise failed(path, "a non-empty string or `null`", value)
        return a_string(value, path, _LENGTHS[kind])
    if kind == "date":
        return checks.a_date(value, path)
    if kind in ("select", "status"):
        return _choice(value, path)
    raise failed(path, "not present", value)


def _choice(value: object, path: str) -> Json:
    given = an_object(value, path)
    only(given, path, ("id", "name", "color", "description"))
    if "id" in given:
        return {"id": a_string(given["id"], f"{path}.id")}
    return {"name": properties.option_name(required(given, "name", path), f"{path}.name")}


def _person(value: object, path: str) -> Json:
    given = an_object(value, path)
    only(given, path, ("id", "object", "name", "type", "person", "avatar_url", "bot"))
    return {"object": "user", "id": an_id(required(given, "id", path), f"{path}.id")}


def _relation(value: object, path: str) -> Json:
    given = an_object(value, path)
    only(given, path, ("id",))
    return {"id": an_id(required(given, "id", path), f"{path}.id")}


def _file(call: Call, value: object, path: str) -> Json:
    given = an_object(value, path)
    only(given, path, ("name", "type", *files.KINDS))
    held = files.parse(call, given, path)
    if "name" not in given and "file_upload" in given:
        return {"name": call.attached[-1].filename, **held}
    return {"name": a_string(required(given, "name", path), f"{path}.name", 100), **held}


def _check_references(workspace: Workspace, bot: Bot, prop: Property, value: Any) -> None:
    """Refuse a value that names what is not there; nothing is written before every value has passed."""
    if not value:
        return
    if prop.type == "status" and _option(prop, value) is None:
        raise invalid(f'Invalid status option. Status option "{value.get("name", value.get("id"))}" does not exist.')
    if prop.type in ("select", "multi_select"):
        for choice in value if prop.type == "multi_select" else [value]:
            if "id" in choice and _option(prop, choice) is None:
                raise invalid(f"{prop.name} has no option with ID {choice['id']}.")
    if prop.type == "relation":
        for each in value:
            workspace.find(bot, Page, each["id"])
    if prop.type == "people":
        for each in value:
            if workspace.user(bot.space, each["id"]) is None:
                raise invalid(f"Could not find user with ID: {each['id']}.")


def _option(prop: Property, choice: Json) -> Json | None:
    options: list[Json] = prop.config["options"]
    for option in options:
        if option["id"] == choice.get("id") or option["name"] == choice.get("name"):
            return option
    return None


def _stored(prop: Property, value: Any) -> Any:
    """Return the value as the page keeps it: options by id, and an unknown select option is created."""
    if prop.type == "multi_select":
        return list(dict.fromkeys(_option_id(prop, choice) for choice in value))
    if prop.type in ("select", "status") and value is not None:
        return _option_id(prop, value)
    return value


def _option_id(prop: Property, choice: Json) -> str:
    option = _option(prop, choice)
    if option is None:
        option = properties.option(choice["name"])
        prop.config["options"].append(option)
    return option["id"]
