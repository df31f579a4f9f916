from __future__ import annotations

import re

from starlette.routing import Route

from local.notion import create_app
from local.notion.faults import KINDS
from settings import ROOT

PAGE = (ROOT / "docs" / "notion-stand-in.md").read_text(encoding="utf-8")


def test_every_endpoint_of_its_own_is_documented_and_no_other() -> None:
    routes = [route for route in create_app().routes if isinstance(route, Route)]
    served = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if route.path.startswith("/_local/")
    }
    assert set(re.findall(r"^\| `([A-Z]+) (/_local/[^`]+)`", PAGE, re.MULTILINE)) == served


def test_every_kind_of_fault_is_documented() -> None:
    (kinds,) = re.findall(r"^The kinds of fault: (.*)$", PAGE, re.MULTILINE)
    assert set(KINDS) <= set(re.findall(r"`(\w+)`", kinds))
