from __future__ import annotations

from local.notion import events, properties, rich_text, shapes
from local.notion.call import Call
from local.notion.checks import a_boolean, a_string, an_id, an_object, only, required
from local.notion.errors import Json, invalid, missing
from local.notion.objects import Database, DataSource, Page, Parent, Property
from local.notion.pages import decorations, the_source, trash_keys, wanted_trash
from local.notion.paging import page_size


def create(call: Call) -> Json:
    """Create a database with one data source."""
    body, workspace = call.body, call.workspace
    schema = ("initial_data_source",) if call.version.has_data_sources else ("properties",)
    only(body, "body", ("parent", "title", "description", "is_inline", "icon", "cover", *schema))
    parent = _parent(call, an_object(required(body, "parent", "body"), "body.parent"))
    title = rich_text.parse(body.get("title", []), "body.title")
    description = rich_text.parse(body.get("description", []), "body.description")
    inline = a_boolean(body.get("is_inline", False), "body.is_inline")
    columns = _initial_columns(call)
    stamps = workspace.stamps(call.bot.space, call.bot.id, parent)
    looks = decorations(call)
    database = workspace.add(Database(**stamps, title=title, description=description, is_inline=inline, **looks))
    call.note("database.created", database)
    call.note("data_source.created", workspace.add_data_source(database, call.bot.id, title, columns))
    if parent.kind == "workspace":
        call.bot.shared.add(database.id)
    return shapes.database(workspace, database, call.version)


def retrieve(call: Call) -> Json:
    """Return a database."""
    database = call.find(Database, "database_id")
    if not call.version.has_data_sources:
        the_source(call, database)
    return shapes.database(call.workspace, database, call.version)


def update(call: Call) -> Json:
    """Change a database; in the old version its schema too."""
    database, body = call.find(Database, "database_id"), call.body
    extra = ("is_locked",) if call.version.has_data_sources else ("properties",)
    only(body, "body", ("title", "description", "is_inline", "icon", "cover", *trash_keys(call), *extra))
    changes: Json = {key: rich_text.parse(body[key], f"body.{key}") for key in ("title", "description") if key in body}
    changes |= {key: a_boolean(body[key], f"body.{key}") for key in ("is_inline", "is_locked") if key in body}
    changes |= _looks(call)
    if "properties" in body:
        change_columns(call, the_source(call, database), body["properties"])
    _apply(call, database, changes)
    return shapes.database(call.workspace, database, call.version)


def create_source(call: Call) -> Json:
    """Add a data source to a database."""
    body = call.body
    only(body, "body", ("parent", "properties", "title", "icon"))
    parent = an_object(required(body, "parent", "body"), "body.parent")
    only(parent, "body.parent", ("type", "database_id"))
    id = an_id(required(parent, "database_id", "body.parent"), "body.parent.database_id")
    database = call.workspace.find(call.bot, Database, id)
    columns = _columns(call, required(body, "properties", "body"), "body.properties")
    title = rich_text.parse(body.get("title", []), "body.title")
    looks = decorations(call)
    source = call.workspace.add_data_source(database, call.bot.id, title, columns)
    source.icon = looks.get("icon")
    call.note("data_source.created", source)
    return shapes.data_source(call.workspace, source, call.version)


def retrieve_source(call: Call) -> Json:
    """Return a data source with its schema."""
    return shapes.data_source(call.workspace, call.find(DataSource, "data_source_id"), call.version)


def update_source(call: Call) -> Json:
    """Change a data source's title, icon or schema, or whether it is in the trash."""
    source, body = call.find(DataSource, "data_source_id"), call.body
    only(body, "body", ("title", "icon", "properties", *trash_keys(call)))
    changes = _looks(call)
    if "title" in body:
        changes["title"] = rich_text.parse(body["title"], "body.title")
    if "properties" in body:
        change_columns(call, source, body["properties"])
    _apply(call, source, changes)
    return shapes.data_source(call.workspace, source, call.version)


def templates(call: Call) -> Json:
    """Return the templates of a data source: a person makes those in Notion, and here there are none."""
    call.find(DataSource, "data_source_id")
    page_size(call)
    if "start_cursor" in call.query:
        raise invalid(f"The start_cursor provided is invalid: {call.query['start_cursor']}")
    return {"templates": [], "has_more": False, "next_cursor": None}


def change_columns(call: Call, source: DataSource, given: object) -> None:
    """Add, change, rename or remove properties; nothing has changed when it refuses."""
    columns = dict(source.properties)
    for key, config in an_object(given, "body.properties").items():
        known, path = properties.find(source, key), f"body.properties.{key}"
        if config is None:
            if known is None or known.type == "title":
                raise invalid(f"{key} cannot be removed.")
            del columns[known.name]
            continue
        config = an_object(config, path)
        name = a_string(config.get("name", known.name if known else key), f"{path}.name", 100)
        changed = _changed(known, name, config, path)
        _link(call, changed)
        columns = {each: prop for each, prop in columns.items() if known is None or each != known.name}
        columns[name] = changed
    if sum(prop.type == "title" for prop in columns.values()) != 1:
        raise invalid("A database has exactly one title property.")
    changes = _changes(source.properties, columns)
    if changes:
        call.note("data_source.schema_updated", source, updated_properties=changes)
    source.properties = columns


def _changes(older: dict[str, Property], newer: dict[str, Property]) -> list[Json]:
    """Return what has become of which property, as an event tells it."""
    before, after = ({prop.id: prop for prop in each.values()} for each in (older, newer))
    gone: list[Json] = [{"id": id, "name": None, "action": "deleted"} for id in before if id not in after]
    kept = [(prop, "updated" if prop.id in before else "created") for prop in after.values()]
    return [
        *gone,
        *({"id": prop.id, "name": prop.name, "action": action} for prop, action in kept if prop != before.get(prop.id)),
    ]


def _changed(known: Property | None, name: str, config: Json, path: str) -> Property:
    typed = any(kind in config for kind in properties.TYPES)
    if known is not None and not typed:
        only(config, path, ("id", "name", "type", "description"))
        return Property(known.id, name, known.type, known.config, config.get("description", known.description))
    return properties.parse(name, config, path, known=known)


def _link(call: Call, prop: Property) -> None:
    """Complete a relation: the new versions name the data source, the old one its database."""
    if prop.type != "relation" or {"data_source_id", "database_id"} <= set(prop.config):
        return
    if "data_source_id" in prop.config:
        source = call.workspace.find(call.bot, DataSource, prop.config["data_source_id"])
    else:
        source = the_source(call, call.workspace.find(call.bot, Database, prop.config["database_id"]))
    prop.config = {"database_id": source.parent.id, "data_source_id": source.id, **prop.config}


def _looks(call: Call) -> Json:
    trashed = wanted_trash(call)
    return {**decorations(call), **({} if trashed is None else {"in_trash": trashed})}


def _apply(call: Call, item: Database | DataSource, changes: Json) -> None:
    call.events += events.changed(item, item.kind, changes.get("in_trash"))
    for key, value in changes.items():
        setattr(item, key, value)
    call.workspace.touch(item, call.bot)


def _initial_columns(call: Call) -> dict[str, Property]:
    if not call.version.has_data_sources:
        return _columns(call, required(call.body, "properties", "body"), "body.properties")
    initial = an_object(call.body.get("initial_data_source", {}), "body.initial_data_source")
    only(initial, "body.initial_data_source", ("properties",))
    given = initial.get("properties", {"Name": {"title": {}}})
    return _columns(call, given, "body.initial_data_source.properties")


def _columns(call: Call, given: object, path: str) -> dict[str, Property]:
    columns = call.workspace.parse_columns(an_object(given, path), path)
    for prop in columns.values():
        _link(call, prop)
    if sum(prop.type == "title" for prop in columns.values()) != 1:
        raise invalid("Title is not provided: a database has exactly one title property.")
    return columns


def _parent(call: Call, given: Json) -> Parent:
    only(given, "body.parent", ("type", "page_id", "workspace"))
    if "page_id" in given:
        page = call.workspace.find(call.bot, Page, an_id(given["page_id"], "body.parent.page_id"))
        return Parent("page", page.id)
    if given.get("workspace") is True and call.version.has_data_sources:
        return Parent("workspace")
    raise missing("body.parent.page_id")
