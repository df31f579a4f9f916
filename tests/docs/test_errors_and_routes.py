"""The errors and the routes that are listed, held against those of the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

import steps.errors
import vault.errors
from api.app import create_app  # and with it every module that adds to the hierarchies
from api.auth import Public
from api.declared import declared
from api.problems import ApiError
from settings import Settings
from tests.docs.pages import code, rows, section, text_of
from vault.scopes import SCOPES


def types_below(base: Any) -> dict[str, Any]:
    """Return the types of a hierarchy; a class elsewhere that shares its parent's type adds none."""
    found = {base.type: base}
    for cls in base.__subclasses__():
        if cls.type != base.type:
            found |= types_below(cls)
    return found


@pytest.mark.parametrize(
    ("heading", "base"),
    [("In a run", steps.errors.StepsError), ("In the vault", vault.errors.VaultError), ("From the API", ApiError)],
)
def test_every_error_is_explained_once(heading: str, base: type):
    found = [code(row[0]) for row in rows(section(text_of("docs/errors.md"), heading))]
    assert sorted(found) == sorted(types_below(base))


def test_the_statuses_of_the_problems_are_those_of_the_code():
    table = rows(section(text_of("docs/errors.md"), "From the API"))
    known = types_below(ApiError)
    assert {code(row[0]): int(row[1]) for row in table} == {name: cls.status for name, cls in known.items()}


def test_every_route_is_listed_once():
    found = [code(row[0]) for row in rows(text_of("docs/api.md"))]
    routes = create_app(Settings(data_dir=Path("nowhere"))).routes
    wanted = [
        f"{method} {re.sub(r':path}', '}', context.path or '')}"
        for context in iter_route_contexts(routes)
        for method in (context.methods or set()) - {"HEAD"}
        if not isinstance(context.original_route, Mount)
    ]
    wanted += [f"GET {route.path}/{{path}}" for route in routes if isinstance(route, Mount)]
    assert sorted(found) == sorted(wanted)


def test_every_route_is_listed_with_the_scopes_that_it_needs():
    told = {code(row[0]): row[1] for row in rows(text_of("docs/api.md"))}
    for method, path, (found, *_) in declared(create_app(Settings(data_dir=Path("nowhere"))).routes):
        said = told[f"{method} {re.sub(r':path}', '}', path)}"]
        if isinstance(found, Public):
            assert "`" not in said, path
        else:
            assert said == (", ".join(f"`{scope}`" for scope in found.scopes) or "sign-in"), path


def test_the_scopes_are_those_of_the_code():
    table = rows(section(text_of("docs/access.md"), "Scopes"))
    assert {code(row[0]): row[1] for row in table} == SCOPES
