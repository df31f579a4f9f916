"""What a name in a file means: the dotted name that it was imported or assigned as, by Python's rules of scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_PATH = "pathlib.Path"
# What of a path is a path again.
_PATH_PARTS = frozenset(
    f"{_PATH}.{name}"
    for name in ("parent", "with_name", "with_suffix", "with_stem", "joinpath", "absolute", "relative_to")
)
_DEPTH = 8

# What binds a name: the dotted name of an import, the expression assigned or annotated, or something unknown.
Binding = str | ast.expr | None


class Scope:
    """The names that a module, a class or a function binds."""

    def __init__(self, parent: Scope | None, node: ast.Module | ast.ClassDef | Function) -> None:
        self.parent, self.node = parent, node
        self.names: dict[str, list[Binding]] = {}
        self.stars: list[str] = []
        self.outer: set[str] = set()
        if isinstance(node, FUNCTIONS):
            self._bind_arguments(node.args)
        for child in [node.body] if isinstance(node, ast.Lambda) else node.body:
            self._bind(child)
        for name in self.outer:
            self.names.pop(name, None)

    @property
    def enclosing(self) -> Scope:
        """The scope that a function defined here looks into: a class's own names are not in it."""
        scope = self
        while isinstance(scope.node, ast.ClassDef) and scope.parent:
            scope = scope.parent
        return scope

    def owner(self, name: str) -> Scope | None:
        """Return the scope that binds a name, or None for a builtin or a name that a star brought."""
        scope: Scope | None = self
        while scope and name not in scope.names:
            scope = scope.parent.enclosing if scope.parent else None
        return scope

    def resolve(self, node: ast.expr, depth: int = _DEPTH) -> list[str]:
        """Return the dotted names that an expression may mean; none, if that is not certain."""
        match node:
            case ast.Name(id=name):
                return self._resolve_name(name, depth) if depth else []
            case ast.Attribute(value=value, attr=name):
                found = [f"{base}.{name}" for base in self.resolve(value, depth)]
                return [_PATH if one in _PATH_PARTS else one for one in found]
            case ast.BinOp(left=left, op=ast.Div()):
                return [one for one in self.resolve(left, depth) if one == _PATH]
            case ast.Call(func=function, args=arguments):
                return [one for base in self.resolve(function, depth) for one in self._returned(base, arguments, depth)]
            case _:
                return []

    def _returned(self, function: str, arguments: list[ast.expr], depth: int) -> Iterator[str]:
        match function, arguments:
            case "pathlib.Path", _:
                yield _PATH
            case "builtins.__import__" | "importlib.import_module", [ast.Constant(value=str(module)), *_]:
                yield module
            case "builtins.getattr", [owner, ast.Constant(value=str(name)), *_]:
                yield from (f"{base}.{name}" for base in self.resolve(owner, depth))
            case _:
                pass

    def _resolve_name(self, name: str, depth: int) -> list[str]:
        scope = self.owner(name)
        if scope is None:
            return [f"{module}.{name}" for module in [*self._all_stars(), "builtins"]]
        found: list[str] = []
        for binding in scope.names[name]:
            meant = scope.resolve(binding, depth - 1) if isinstance(binding, ast.expr) else [binding] if binding else []
            if not meant:
                return []
            found += meant
        return found

    def _all_stars(self) -> list[str]:
        return self.stars + (self.parent._all_stars() if self.parent else [])

    def _bind_arguments(self, arguments: ast.arguments) -> None:
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for argument in given:
            # A parameter is what its annotation says only for paths: their methods are what is looked for.
            is_path = bool(
                argument.annotation and self.parent and self.parent.resolve(argument.annotation, 2) == [_PATH]
            )
            self.names[argument.arg] = [_PATH if is_path else None]
        for rest in (arguments.vararg, arguments.kwarg):
            if rest:
                self.names[rest.arg] = [None]

    def _add(self, name: str, binding: Binding) -> None:
        self.names.setdefault(name, []).append(binding)

    def _bind(self, node: ast.AST) -> None:
        """Collect what a node binds, and what its parts do; the inside of another scope is that one's."""
        target: ast.expr | None = None
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self._add(name, None)
                return
            case ast.Lambda():
                return
            case ast.Import() | ast.ImportFrom():
                self._bind_import(node)
            case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                self._bind_value(name, value)
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value):
                self._bind_value(name, value)
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                self._add(name, None)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                self._add(name, None)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                self.outer.update(names)
            case _:
                pass
        for child in ast.iter_child_nodes(node):
            if child is not target:
                self._bind(child)

    def _bind_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                top = alias.name.partition(".")[0]
                self._add(alias.asname or top, alias.name if alias.asname else top)
            elif alias.name == "*":
                self.stars.append(node.module or "")
            else:
                self._add(alias.asname or alias.name, None if node.level else f"{node.module}.{alias.name}")

    def _bind_value(self, name: str, value: ast.expr) -> None:
        """Remember what was assigned; the None of `except ImportError: name = None` says nothing."""
        if not (isinstance(value, ast.Constant) and value.value is None and name in self.names):
            self._add(name, value)
