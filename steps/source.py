"""The code of classes and functions as syntax trees: it is read, and nothing of it is run."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from tokenize import TokenError
from typing import Any


def tree_of(code: Any) -> ast.Module | None:
    """Return the tree of a class or a function, or None for one without a file."""
    try:
        source = inspect.getsource(code)
        # An indented one gets something to be indented in: to dedent it would change the texts in it.
        return ast.parse(f"if True:\n{source}" if source[:1].isspace() else source)
    except (OSError, TypeError, SyntaxError, TokenError):  # of a file that has changed since it was loaded, too
        return None


def text_of(node: ast.expr | None, names: Mapping[str, object]) -> str | None:
    """Return the text that an expression is: written there, or a constant among the names."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if isinstance(found := names.get(name), str):
            return found
        case _:
            return None


def argument(call: ast.Call, position: int | None, name: str) -> ast.expr | None:
    """Return what a call passes as an argument, by position or by name."""
    if position is not None and position < len(call.args):
        return call.args[position]
    return next((word.value for word in call.keywords if word.arg == name), None)
