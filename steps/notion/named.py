"""What a value names: an option, a file, a page or a person."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from steps.notion.mismatch import Wrong, listed, shown
from steps.notion.schema import Property, Schema, close
from steps.notion.texts import MAX_PIECE, units
from steps.parts import is_object

MAX_NAME = 100


def an_option(prop: Property, value: Any) -> dict[str, Any]:
    """Return an option by its name, or refuse one that Notion would refuse."""
    name = a_text(value, "the name of an option")
    if not name:
        raise Wrong("an option has a name; write None to clear the property")
    if "," in name:
        more = " Write several as a list." if prop.type == "multi_select" else ""
        raise Wrong(f"{shown(name)} cannot be an option: Notion allows no comma in its name.{more}".rstrip("."))
    if units(name) > MAX_NAME:
        raise Wrong(f"the name of an option has at most {MAX_NAME} characters, not {units(name)}")
    return {"name": name}


def check_raw_option(prop: Property, option: Any) -> None:
    """Refuse the name of an option that Notion would refuse; one may be given by its id, too."""
    if is_object(option) and "name" in option and "id" not in option:
        name = option["name"]
        an_option(prop, name)
        if prop.type == "status":
            known_option(prop, name)


def known_option(prop: Property, name: str) -> None:
    """Refuse an option that there is not, where Notion makes none."""
    if name not in prop.options:
        near = close(name, prop.options)
        hint = f" (did you mean {shown(near)}?)" if near else ""
        raise Wrong(f"{shown(name)} is none of its options: {listed(prop.options)}{hint}")


def a_file(schema: Schema, value: Any) -> dict[str, Any]:
    """Return a file at an address, or one that was uploaded."""
    found = value.get("$file") if is_object(value) else {"url": value}
    if not is_object(found):
        raise Wrong(f"{shown(value)} is neither a File nor an address")
    url, upload, name = found.get("url"), found.get("upload"), found.get("name")
    if (url is None) == (upload is None):
        raise Wrong("a File has either an address or the id of an upload")
    if name is not None and (not isinstance(name, str) or not name or units(name) > MAX_NAME):
        raise Wrong(f"the name of a file has 1 to {MAX_NAME} characters")
    if upload is not None:
        held = {"type": "file_upload", "file_upload": {"id": an_id(schema, upload, "the id of an upload")}}
        return held if name is None else {"name": name, **held}
    if not isinstance(url, str) or not _is_web(url) or units(url) > MAX_PIECE:
        raise Wrong(f"{shown(url)} is no address of at most {MAX_PIECE:,} characters that begins with https://")
    return {"name": name or _name_of(url), "type": "external", "external": {"url": url}}


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _name_of(url: str) -> str:
    last = unquote(urlsplit(url).path.rpartition("/")[2], errors="ignore")
    return last[: MAX_NAME // 2] if last else "file"


def a_text(value: Any, wanted: str) -> str:
    """Return a text, or say what is wanted."""
    if not isinstance(value, str):
        raise Wrong(f"{shown(value)} is not {wanted}")
    return value


def an_id(schema: Schema, value: Any, wanted: str) -> str:
    """Return the id of a page, a person or an upload, or say what is wanted."""
    if not isinstance(value, str) or not schema.ids.fullmatch(value):
        raise Wrong(f"{shown(value)} is not {wanted}")
    return value
