"""What each route needs: a route that says nothing of it does not get into the application."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from api.auth import Needs, PageNeeds, Public

Declared = Needs | PageNeeds | Public


def declared(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str, list[Declared]]]:
    """Give each route's method and path, and what it declares of who may use it."""
    for context in iter_route_contexts(routes):
        if isinstance(context.original_route, APIRoute):
            found = list(_declarations(context.dependant))
            for method in sorted(context.methods or ()):
                yield method, context.path or "", found


def check_declared(routes: Sequence[BaseRoute]) -> None:
    """Refuse an application with a route that declares nothing."""
    open_to_all = [f"{method} {path}" for method, path, found in declared(routes) if not found]
    if open_to_all:
        raise RuntimeError(f"These routes declare neither what they need nor that they are public: {open_to_all}")


def _declarations(dependant: Any) -> Iterator[Declared]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Declared):
            yield inner.call
        yield from _declarations(inner)
