"""Watching what a step changes beside its payload: `self`, and what the module holds."""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from steps.guard_scopes import FUNCTIONS, Function, Scope

_STEP = ["data", "headers", "api"]
_BASES = frozenset({"steps.Workflow", "steps.workflow.Workflow"})
_CONTAINERS = frozenset(
    {f"builtins.{name}" for name in ("list", "dict", "set", "bytearray")}
    | {f"collections.{name}" for name in ("defaultdict", "deque", "Counter", "OrderedDict")}
)
_LITERALS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
_CHANGES = frozenset({
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "popitem", "add",
    "discard", "appendleft", "extendleft", "popleft", "rotate", "difference_update", "intersection_update",
    "symmetric_difference_update", "subtract",
})  # fmt: skip
_IMPORT = ""  # the unit of what runs when the file is loaded

Found = tuple[str, ast.expr | ast.stmt, str]


class StateWatch:
    """Collect changes of state by the top-level function or class that makes them; those that a step reaches count."""

    def __init__(self, module: Scope, tree: ast.Module) -> None:
        self._module = module
        self._workflows = _workflow_classes(module, tree)
        self._unit: str = _IMPORT
        self._self: str | None = None
        self._class: Scope = module
        self._in_function: bool = False
        self._mentions: dict[str, set[str]] = {}
        self._changes: list[tuple[str, Found]] = []

    def found(self) -> list[Found]:
        """Return what the steps of the file change, themselves or through the functions that they name."""
        reached, left = set[str](), list(self._workflows)
        while left:
            unit = left.pop()
            if unit not in reached:
                reached.add(unit)
                left += self._mentions.get(unit, ())
        return [change for unit, change in self._changes if unit in reached]

    @contextmanager
    def at_import(self) -> Generator[None]:
        """Treat what is walked as run when the file is loaded: decorators, bases, defaults."""
        before, self._unit = self._unit, self._unit if self._in_function else _IMPORT
        yield
        self._unit = before

    @contextmanager
    def within(self, node: Function | ast.ClassDef, outer: Scope) -> Generator[None]:
        """Walk the inside of a function or a class."""
        before = self._unit, self._self, self._class, self._in_function
        if outer is self._module and not isinstance(node, ast.Lambda):
            self._unit = node.name
        if isinstance(node, FUNCTIONS):
            self._in_function = True
            if isinstance(outer.node, ast.ClassDef):
                self._self, self._class = self._instance(node, outer.node), outer
        yield
        self._unit, self._self, self._class, self._in_function = before

    def _instance(self, method: Function, cls: ast.ClassDef) -> str | None:
        """Return what a method of a workflow calls `self`; a step's instance ends with the step."""
        if cls.name not in self._workflows or isinstance(method, ast.Lambda):
            return None
        static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in method.decorator_list)
        names = [*method.args.posonlyargs, *method.args.args]
        return names[0].arg if names and not static else None

    def mention(self, name: str, scope: Scope) -> None:
        """Remember that this unit names another of the module."""
        if scope.owner(name) is self._module:
            self._mentions.setdefault(self._unit, set()).add(name)

    def look(self, node: ast.AST, scope: Scope) -> None:
        """Look at a node that may change something."""
        if not self._in_function:
            return
        match node:
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                self._changed(_flat(targets), scope)
            case ast.AugAssign(target=target):
                self._changed([target], scope)
            case ast.AnnAssign(target=target, value=ast.expr()):
                self._changed([target], scope)
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in _CHANGES:
                self._changed_inside(owner, scope, node)
            case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id=name), *_]) if name == self._self:
                self._add("self-state", node, f"setattr({name}, ...)")
            case ast.Global(names=names):
                self._add("global-state", node, f"global {', '.join(names)}")
            case _:
                pass

    def _add(self, rule: str, node: ast.expr | ast.stmt, what: str) -> None:
        self._changes.append((self._unit, (rule, node, what)))

    def _changed(self, targets: Iterable[ast.expr], scope: Scope) -> None:
        for target in targets:
            match target:
                case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == self._self:
                    self._add("self-state", target, f"{name}.{attribute}")
                case ast.Attribute(value=ast.Name(id=name), attr=attribute) if self._is_shared(name, scope):
                    self._add("global-state", target, f"{name}.{attribute}")
                case ast.Attribute(value=ast.Call(func=ast.Name(id="type")), attr=attribute):
                    self._add("global-state", target, f"type(...).{attribute}")
                case ast.Subscript(value=owner):
                    self._changed_inside(owner, scope, target)
                case _:
                    pass

    def _changed_inside(self, owner: ast.expr, scope: Scope, node: ast.expr) -> None:
        match owner:
            case ast.Name(id=name) if self._is_shared(name, scope) and _has_container(self._module, name):
                self._add("global-state", node, name)
            case ast.Attribute(value=ast.Name(id=name), attr=held) if name == self._self:
                if _has_container(self._class, held):
                    self._add("global-state", node, f"{name}.{held}")
            case ast.Subscript(value=inner):
                self._changed_inside(inner, scope, node)
            case _:
                pass

    def _is_shared(self, name: str, scope: Scope) -> bool:
        return name not in ("self", "cls") and scope.owner(name) is self._module


def _has_container(scope: Scope, name: str) -> bool:
    """Whether a module or a class binds a name to a list, a dict, a set or what is like them."""
    return any(
        isinstance(value, _LITERALS)
        or (isinstance(value, ast.Call) and not _CONTAINERS.isdisjoint(scope.resolve(value.func)))
        for value in scope.names.get(name, ())
    )


def _flat(targets: Iterable[ast.expr]) -> list[ast.expr]:
    return [
        one
        for target in targets
        for one in (_flat(target.elts) if isinstance(target, ast.Tuple | ast.List) else [target])
    ]


def _workflow_classes(module: Scope, tree: ast.Module) -> set[str]:
    """Return the names of the module's workflows: by their base, or by a step among their methods."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and (
            any(
                not _BASES.isdisjoint(module.resolve(base)) or (isinstance(base, ast.Name) and base.id in found)
                for base in node.bases
            )
            or any(_is_step(method) for method in node.body)
        ):
            found.add(node.name)
    return found


def _is_step(node: ast.stmt) -> bool:
    return isinstance(node, ast.AsyncFunctionDef) and [one.arg for one in node.args.args][1:] == _STEP
