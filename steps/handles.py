"""Which connections a workflow uses, read from its code: what calls of `get_oauth_token` and `notion` name."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from functools import cache

from steps.source import argument, text_of, tree_of

_CALLS = frozenset({"get_oauth_token", "notion"})


@cache
def handles_of(cls: type) -> tuple[str, ...]:
    """Return the handles that the class's code names, as texts or as constants of its module, in order.

    One that is put together at run time is not among them.
    """
    found: set[str] = set()
    for one in cls.__mro__:
        if one.__module__.partition(".")[0] in ("builtins", "steps"):
            continue
        found |= _named(one, vars(inspect.getmodule(one)))
    return tuple(sorted(found))


def _named(cls: type, names: Mapping[str, object]) -> set[str]:
    tree = tree_of(cls)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call)) if tree else ()
    found = (
        text_of(argument(call, 0, "handle"), names)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in _CALLS
    )
    return {handle for handle in found if handle is not None}
