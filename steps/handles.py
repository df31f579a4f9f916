"""Which connections a workflow uses, read from its code: what calls of `get_oauth_token` and `notion` name."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache

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
        constants = {name: value for name, value in vars(inspect.getmodule(one)).items() if isinstance(value, str)}
        found |= _named(one, constants)
    return tuple(sorted(found))


def _named(cls: type, constants: dict[str, str]) -> set[str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):  # a class without a file
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS):
            continue
        first = (
            node.args[0] if node.args else next((word.value for word in node.keywords if word.arg == "handle"), None)
        )
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.add(first.value)
        if isinstance(first, ast.Name) and first.id in constants:
            found.add(constants[first.id])
    return found
