"""Walking the code of a workflow's steps: each call that schedules, and each variable that is read."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from steps.delay import in_words, parse_delay
from steps.errors import DelayInvalid
from steps.outline_names import FUNCTIONS, Names
from steps.source import argument, tree_of

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
VARIES = "varies"
WAIT = "1 day"  # the timeout of wait_for_event that is given none


@dataclass(frozen=True)
class _Place:
    """Where in a step's code something stands: in a branch that may not be taken, in a loop."""

    step: str
    names: Names
    sometimes: bool = False
    many: bool = False


class Walk:
    """Collect what the steps of a class schedule, as the fields of a `Link`, and the variables that they read."""

    def __init__(self, cls: type[Any], trees: Callable[[FunctionType], ast.Module | None] = tree_of) -> None:
        self.found: list[tuple[Any, ...]] = []
        self.required: set[str] = set()
        self.optional: set[str] = set()
        self.looked_for: set[str] = set()
        self.other_variables = False
        self._cls, self._trees = cls, trees
        self._inside: list[FunctionType] = []

    def read(self, step: str) -> None:
        """Read a step or a hook, with the helpers that it calls."""
        self._enter(inspect.unwrap(getattr(self._cls, step)), step, {}, _Place(step, Names(self._cls)))
        self.required -= self.looked_for

    def _enter(self, function: FunctionType, name: str, given: dict[str, list[str | None]], at: _Place) -> None:
        if function in self._inside or (tree := self._trees(function)) is None:
            return
        code = next((node for node in ast.walk(tree) if isinstance(node, FUNCTIONS) and node.name == name), None)
        if code is not None:
            self._inside.append(function)
            self._block(code.body, replace(at, names=Names(self._cls, function, code, given)))
            self._inside.pop()

    def _block(self, statements: Iterable[ast.AST], at: _Place) -> None:
        for statement in statements:
            self._visit(statement, at)
            if _may_leave(statement):
                at = replace(at, sometimes=True)

    def _visit(self, node: ast.AST, at: _Place) -> None:
        perhaps, often = replace(at, sometimes=True), replace(at, many=True)
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                self._visit(test, at)
                self._block(body, perhaps)
                self._block(orelse, perhaps)
            case ast.For() | ast.AsyncFor():
                self._visit(node.iter, at)
                self._block(node.body, at if at.names.steps_in(node.iter) else often)
                self._block(node.orelse, at)
            case ast.While(test=test, body=body, orelse=orelse):
                self._visit(test, at)
                self._block(body, often)
                self._block(orelse, at)
            case ast.Try() | ast.TryStar():
                self._block([*node.body, *node.orelse], at)
                self._block(node.handlers, perhaps)
                self._block(node.finalbody, at)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                self._block([*items, *body], at)
            case ast.ExceptHandler(body=body) | ast.match_case(body=body):
                self._block(body, perhaps)
            case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
                self._block(body, perhaps)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._visit(test, at)
                self._visit(body, perhaps)
                self._visit(orelse, perhaps)
            case ast.BoolOp(values=[first, *others]):
                self._visit(first, at)
                self._block(others, perhaps)
            case _ if isinstance(node, _COMPREHENSIONS):
                self._block(ast.iter_child_nodes(node), often)
            case _:
                self._look(node, at)
                for child in ast.iter_child_nodes(node):
                    self._visit(child, at)

    def _look(self, node: ast.AST, at: _Place) -> None:
        match node:
            case ast.Call(func=ast.Attribute(attr="schedule_next_step")):
                self._link(at, argument(node, None, "action"), "next", self._delay(node, "delay", at))
            case ast.Call(func=ast.Attribute(attr="fan_out")):
                delay, each = self._delay(node, "delay", at), argument(node, 0, "action")
                self._link(replace(at, many=True), each, "each", delay)
                after = tuple(name for name in at.names.steps(each) if name)
                self._link(at, argument(node, None, "then"), "all", after=after)
            case ast.Call(func=ast.Attribute(attr="wait_for_event")):
                self._link(at, argument(node, None, "action"), "event")
                if (expired := argument(node, None, "on_timeout")) and not _is_none(expired):
                    self._link(at, expired, "timeout", self._delay(node, "timeout", at) or in_words(parse_delay(WAIT)))
            case ast.Call():
                self._look_at_call(node, at)
            case ast.Subscript(value=value, slice=key) if at.names.is_env(value):
                self._read_variable(key, at, self.required)
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[value]) if at.names.is_env(value):
                self._read_variable(key, at, self.looked_for)
            case _:
                pass

    def _look_at_call(self, node: ast.Call, at: _Place) -> None:
        match node.func:
            case ast.Attribute(value=value, attr="get") if at.names.is_env(value):
                self._read_variable(argument(node, 0, "key"), at, self.optional)
            case _ if helper := at.names.helper(node.func):
                self._enter(helper, helper.__name__, _given(node, helper, at.names), at)
            case _:
                pass

    def _link(
        self, at: _Place, action: ast.expr | None, kind: str, delay: str | None = None, after: tuple[str, ...] = ()
    ) -> None:
        targets = at.names.steps(action)
        sometimes = at.sometimes or (len(targets) > 1 and not at.names.is_each(action))
        self.found += [(at.step, target, kind, delay, at.many, sometimes, after) for target in targets]

    def _delay(self, node: ast.Call, name: str, at: _Place) -> str | None:
        given = argument(node, None, name)
        if given is None or _is_none(given):
            return None
        try:
            time = parse_delay(at.names.value(given))
        except DelayInvalid:
            return VARIES
        return in_words(time) if time else None

    def _read_variable(self, key: ast.expr | None, at: _Place, kept: set[str]) -> None:
        for name in at.names.steps(key):
            if name is None:
                self.other_variables = True
            else:
                kept.add(name)


def _given(node: ast.Call, helper: FunctionType, names: Names) -> dict[str, list[str | None]]:
    """Return what a helper is told of steps or variables: `self._next(api, self.record)`."""
    parameters = [*inspect.signature(helper).parameters]
    if isinstance(node.func, ast.Attribute):
        parameters = parameters[1:]
    told = dict(zip(parameters, node.args, strict=False)) | {word.arg: word.value for word in node.keywords if word.arg}
    return {name: names.steps(value) for name, value in told.items()}


def _may_leave(node: ast.AST, *, loop: bool = False) -> bool:
    """Whether what follows this statement may be left out."""
    match node:
        case ast.Return():
            return True
        case ast.Break() | ast.Continue():
            return not loop
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
            return False
        case _:
            inside = loop or isinstance(node, _LOOPS)
            return any(_may_leave(child, loop=inside) for child in ast.iter_child_nodes(node))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
