"""Reduce a generated schema to what validation needs: `python reduce.py generated.json notion.json`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, cast

Json = dict[str, Any]

_REFERENCE = re.compile(r'"\$ref": "#/definitions/([^"]+)"')


def reduced(value: Any) -> Any:
    """Drop prose, and slim blocks within blocks to plain objects: they are written out again at every depth."""
    if isinstance(value, list):
        return [reduced(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    given = cast("Json", value)
    # A field may itself be called description: prose is a string, a field is a schema.
    prose = [key for key in ("description", "deprecated") if not isinstance(given.get(key, {}), dict)]
    slim: Json = {key: reduced(item) for key, item in given.items() if key not in prose}
    children = slim.get("properties", {}).get("children")
    if children and "$ref" not in children.get("items", {}):
        slim["properties"]["children"] = {"type": "array", "items": {"type": "object"}}
    return slim


def reachable(definitions: Json, names: list[str]) -> set[str]:
    """Return the names and every name that those need."""
    wanted: set[str] = set()
    while names:
        name = names.pop()
        if name not in wanted:
            wanted.add(name)
            names += _REFERENCE.findall(json.dumps(definitions[name]))
    return wanted


def main(source: Path, target: Path, types: Path) -> None:
    """Write the reduced schema, a definition a line, so that a new version shows as a readable difference."""
    definitions: Json = reduced(json.loads(source.read_text(encoding="utf-8"))["definitions"])
    exported = re.findall(r"^export type (\w+)", types.read_text(encoding="utf-8"), re.MULTILINE)
    kept = sorted(reachable(definitions, exported))
    lines = [f"{json.dumps(name)}:{json.dumps(definitions[name], separators=(',', ':'))}" for name in kept]
    head = '{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{\n'
    target.write_text(head + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(__file__).with_name("types.ts"))
