from __future__ import annotations

from local.notion import checks
from local.notion.checks import MAX_TEXT, a_boolean, a_string, an_array, an_id, an_object, only, required
from local.notion.errors import Json, invalid

_COLORS = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
COLORS = (*_COLORS, *(f"{color}_background" for color in _COLORS))
_STYLES = ("bold", "italic", "strikethrough", "underline", "code")
_KINDS = ("text", "mention", "equation")
# A client may send back what it read, so the keys that only answers need are allowed and ignored.
_ANSWER_KEYS = ("plain_text", "href")


def text(content: str, link: str | None = None) -> Json:
    """Return plain text as Notion answers it."""
    return {
        "type": "text",
        "text": {"content": content, "link": None if link is None else {"url": link}},
        "annotations": _annotations({}, ""),
        "plain_text": content,
        "href": link,
    }


def plain(items: list[Json]) -> str:
    """Return rich text without its decoration."""
    return "".join(item["plain_text"] for item in items)


def parse(value: object, path: str) -> list[Json]:
    """Return rich text as Notion answers it, or refuse."""
    return [_item(item, f"{path}[{index}]") for index, item in enumerate(an_array(value, path))]


def color(value: object, path: str) -> str:
    """Return a color's name, or refuse."""
    return checks.one_of(value, path, COLORS)


def _item(value: object, path: str) -> Json:
    given = an_object(value, path)
    only(given, path, ("type", "annotations", *_KINDS, *_ANSWER_KEYS))
    kinds = [kind for kind in _KINDS if kind in given]
    if not kinds:
        wanted = given.get("type", "text")
        raise invalid(f"body failed validation: {path}.{wanted} should be defined, instead was `undefined`.")
    if len(kinds) > 1:
        raise invalid(f"body failed validation: {path}.{kinds[1]} should be not present, it has {kinds[0]}.")
    (kind,) = kinds
    checks.one_of(given.get("type", kind), f"{path}.type", (kind,))
    content, spoken, href = _content(kind, given[kind], f"{path}.{kind}")
    annotations = _annotations(an_object(given.get("annotations", {}), f"{path}.annotations"), f"{path}.annotations")
    return {"type": kind, kind: content, "annotations": annotations, "plain_text": spoken, "href": href}


def _content(kind: str, value: object, path: str) -> tuple[Json, str, str | None]:
    given = an_object(value, path)
    if kind == "equation":
        only(given, path, ("expression",))
        expression = a_string(required(given, "expression", path), f"{path}.expression", 1_000)
        return {"expression": expression}, expression, None
    if kind == "mention":
        return _mention(given, path)
    only(given, path, ("content", "link"))
    content = a_string(required(given, "content", path), f"{path}.content")
    link = given.get("link")
    if link is None:
        return {"content": content, "link": None}, content, None
    link = an_object(link, f"{path}.link")
    only(link, f"{path}.link", ("url", "type"))
    url = a_string(required(link, "url", f"{path}.link"), f"{path}.link.url", MAX_TEXT)
    if not url:
        raise invalid("Invalid URL for link.")
    return {"content": content, "link": {"url": url}}, content, url


def _mention(given: Json, path: str) -> tuple[Json, str, str | None]:
    if "date" in given:
        date = checks.a_date(given["date"], f"{path}.date")
        return {"type": "date", "date": date}, date["start"], None
    for kind in ("user", "page", "database"):
        if kind in given:
            target = an_object(given[kind], f"{path}.{kind}")
            id = an_id(required(target, "id", f"{path}.{kind}"), f"{path}.{kind}.id")
            body = {"object": "user", "id": id} if kind == "user" else {"id": id}
            return {"type": kind, kind: body}, f"@{id}", None
    raise invalid(f"body failed validation: {path}.user should be defined, instead was `undefined`.")


def _annotations(given: Json, path: str) -> Json:
    only(given, path, (*_STYLES, "color"))
    styles: Json = {style: a_boolean(given.get(style, False), f"{path}.{style}") for style in _STYLES}
    return {**styles, "color": color(given.get("color", "default"), f"{path}.color")}
