"""What a name in a step's code stands for: a step, a text, a helper, the variables."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from types import FunctionType
from typing import Any, cast

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEPTH = 6


class Names:
    """The names of one function: its own, those of its module, and of the class whose step it belongs to."""

    def __init__(
        self,
        cls: type[Any],
        function: FunctionType | None = None,
        code: ast.FunctionDef | ast.AsyncFunctionDef | None = None,
        given: Mapping[str, list[str | None]] | None = None,
    ) -> None:
        self._cls, self._function, self._given = cls, function, given or {}
        self._globals: Mapping[str, object] = function.__globals__ if function else {}
        parameters = [one.arg for one in code.args.args] if code else []
        self._self = parameters[0] if parameters and function and "." in function.__qualname__ else None
        self._local: dict[str, list[ast.expr | None]] = {name: [None] for name in parameters}
        self._each: set[str] = set()
        for node in ast.walk(code) if code else ():
            self._bind(node)

    def steps(self, node: ast.expr | None, depth: int = _DEPTH) -> list[str | None]:
        """Return the names that an expression may be, of steps or of texts; None for what only a run can tell."""
        if not depth:
            return [None]
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if self._is_own(owner):
                found = getattr(self._cls, name, name)
                return [found if isinstance(found, str) else name]
            case ast.Name(id=name):
                return self._meant(name, depth)
            case ast.IfExp(body=body, orelse=orelse):
                return self._any([body, orelse], depth)
            case ast.BoolOp(values=values):
                return self._any(values, depth)
            case ast.NamedExpr(value=value):
                return self.steps(value, depth - 1)
            case ast.Subscript(value=value):
                return self._any(self._parts(value), depth)
            case _:
                return [None]

    def steps_in(self, node: ast.expr) -> bool:
        """Whether what a loop goes over is a written list of names, so that each comes once."""
        parts = self._parts(node)
        return bool(parts) and None not in self._any(parts, _DEPTH)

    def is_each(self, node: ast.expr | None) -> bool:
        """Whether the name stands for one after the other of a written list."""
        return isinstance(node, ast.Name) and node.id in self._each

    def value(self, node: ast.expr | None, depth: int = _DEPTH) -> Any:
        """Return the number, text or timedelta that an expression is, or None."""
        match node if depth else None:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in self._local:
                [first, *others] = self._local[name]
                return None if others else self.value(first, depth - 1)
            case ast.Name(id=name):
                return self._globals.get(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if self._is_own(owner):
                return getattr(self._cls, name, None)
            case ast.Call(func=ast.Name(id="timedelta") | ast.Attribute(attr="timedelta"), args=[], keywords=words):
                given = {word.arg: self.value(word.value, depth - 1) for word in words if word.arg}
                with suppress(TypeError, OverflowError):
                    return timedelta(**given)
                return None
            case _:
                return None

    def is_env(self, node: ast.expr) -> bool:
        """Whether an expression is `api.env`, or a name that it was given to."""
        if isinstance(node, ast.Name):
            return any(isinstance(one, ast.Attribute) and one.attr == "env" for one in self._local.get(node.id, ()))
        return isinstance(node, ast.Attribute) and node.attr == "env"

    def helper(self, called: ast.expr) -> FunctionType | None:
        """Return the function of the author's own that is called, if it is one."""
        found: object = None
        match called:
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if self._is_own(owner):
                found = inspect.getattr_static(self._cls, name, None)
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=name):
                found = self._inherited(name)
            case ast.Name(id=name) if name not in self._local:
                found = self._globals.get(name)
            case _:
                pass
        if not isinstance(found, FunctionType) or _package(found.__module__) != _package(self._cls.__module__):
            return None
        return inspect.unwrap(found)

    def _is_own(self, name: str) -> bool:
        """Whether a name is `self`, or that of the class or one of its bases."""
        found = None if name in self._local else self._globals.get(name)
        return name == self._self or (isinstance(found, type) and found in self._cls.__mro__)

    def _inherited(self, name: str) -> object:
        """Return the method that `super()` means in this function."""
        line = [vars(one)[name] for one in self._cls.__mro__ if name in vars(one)]
        at = next((index for index, one in enumerate(line) if one is self._function), -1)
        return line[at + 1] if at + 1 < len(line) else None

    def _meant(self, name: str, depth: int) -> list[str | None]:
        if name in self._given:
            return self._given[name]
        if name in self._local:
            return self._any(self._local[name], depth)
        found = self._globals.get(name)
        return [found if isinstance(found, str) else None]

    def _any(self, nodes: Iterable[ast.expr | None], depth: int) -> list[str | None]:
        found = dict.fromkeys(name for node in nodes for name in self.steps(node, depth - 1))
        return list(found) or [None]

    def _parts(self, node: ast.expr | None) -> Sequence[ast.expr | None]:
        """Return the items of a written list, or the values of a written dict; also by a name of this function."""
        match node:
            case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return parts
            case ast.Name(id=name) if name in self._local:
                [first, *others] = self._local[name]
                return self._parts(first) if first and not others and not isinstance(first, ast.Name) else ()
            case ast.Name(id=name):
                return [ast.Constant(value=item) for item in _items(self._globals.get(name))]
            case _:
                return ()

    def _bind(self, node: ast.AST) -> None:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                self._local.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._local.setdefault(name, []).append(value)
            case ast.For(target=ast.Name(id=name)) | ast.comprehension(target=ast.Name(id=name)):
                self._local.setdefault(name, []).extend(self._parts(node.iter) or [None])
                self._each.add(name)
            case ast.Assign(targets=targets):
                self._forget(targets)
            case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
                self._forget([target])
            case ast.AugAssign(target=target):
                self._forget([target])
            case ast.withitem(optional_vars=ast.expr() as target):
                self._forget([target])
            case _:
                pass

    def _forget(self, targets: Iterable[ast.expr]) -> None:
        """Note names that are given something whose value is not known."""
        for target in targets:
            for node in ast.walk(target):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    self._local.setdefault(node.id, []).append(None)


def _package(module: str) -> str:
    return module.rpartition(".")[0] or module


def _items(found: Any) -> Iterable[Any]:
    if isinstance(found, dict):
        return cast("dict[Any, Any]", found).values()
    return cast("Sequence[Any]", found) if isinstance(found, tuple | list) else ()
