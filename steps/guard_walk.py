"""Walking a file's syntax tree: each use of what a rule forbids."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable

from steps.guard_rules import AT_MOST, METHODS, MODULES, rule_of
from steps.guard_scopes import Function, Scope
from steps.guard_state import StateWatch

# What the sandbox shares with the worker, and so does not load for each run.
_SHARED = frozenset(
    {"steps", "temporalio", "nexusrpc", "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "grpc"}
)
_SET_MAKERS = frozenset({"builtins.set", "builtins.frozenset"})


class Walk(ast.NodeVisitor):
    """Collect `(rule, node, what was written)` of a module; `own` are the modules that lie beside it."""

    def __init__(self, tree: ast.Module, own: frozenset[str]) -> None:
        self.found: list[tuple[str, ast.expr | ast.stmt, str]] = []
        self._own = own
        self._scope = Scope(None, tree)
        self._state = StateWatch(self._scope, tree)
        self._passed_through = False
        self._visit_all(tree.body)
        self.found += self._state.found()

    def _report(self, rule: str, node: ast.expr | ast.stmt, what: str) -> None:
        self.found.append((rule, node, what))

    def _visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    # Definitions: annotations are types, not uses.

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Walk a function in a scope of its own; an activity runs outside of the workflow."""
        with self._state.at_import():
            self._visit_all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults])
        marks = [one.func if isinstance(one, ast.Call) else one for one in node.decorator_list]
        if not any("temporalio.activity.defn" in self._scope.resolve(mark) for mark in marks):
            self._inside(node, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Walk a lambda in a scope of its own."""
        self._visit_all([*node.args.defaults, *node.args.kw_defaults])
        self._inside(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Walk a class; its bases and decorators belong to what is around it."""
        with self._state.at_import():
            self._visit_all([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)])
        self._inside(node, node.body)

    def _inside(self, node: Function | ast.ClassDef, body: Iterable[ast.AST]) -> None:
        outer = self._scope
        self._scope = Scope(outer if isinstance(node, ast.ClassDef) else outer.enclosing, node)
        with self._state.within(node, outer):
            self._visit_all(body)
        self._scope = outer

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Walk the value alone."""
        self._state.look(node, self._scope)
        self._visit_all([node.target, node.value])

    # Imports

    def visit_If(self, node: ast.If) -> None:
        """Leave out what only type checkers, or a file run by hand, see."""
        match node.test:
            case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
                self._visit_all(node.orelse)
            case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value="__main__")]):
                self._visit_all(node.orelse)
            case _:
                self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        """Notice `with workflow.unsafe.imports_passed_through()`."""
        before = self._passed_through
        for item in node.items:
            if isinstance(item.context_expr, ast.Call):
                names = self._scope.resolve(item.context_expr.func)
                self._passed_through |= any(name.endswith(".imports_passed_through") for name in names)
        self.generic_visit(node)
        self._passed_through = before

    def visit_Import(self, node: ast.Import) -> None:
        """Name each module that every run would load for itself."""
        for alias in node.names:
            self._imported(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Name the module, unless it lies beside this one."""
        if node.module and not node.level:
            self._imported(node, node.module)

    def _imported(self, node: ast.stmt, module: str) -> None:
        top = module.partition(".")[0]
        if not (self._passed_through or top in _SHARED or top in self._own or top in sys.stdlib_module_names):
            self._report("import", node, module)

    # Uses

    def visit_Name(self, node: ast.Name) -> None:
        """Look up a name that came by `from time import sleep`, or a builtin."""
        if isinstance(node.ctx, ast.Load):
            self._state.mention(node.id, self._scope)
            self._use(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Look up `time.sleep`; what is left of a name that is a use needs no second look."""
        self._state.look(node, self._scope)
        inner: ast.expr = node.value
        if not self._use(node):
            self.visit(inner)
            return
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if isinstance(inner, ast.Name):
            self._state.mention(inner.id, self._scope)
        else:
            self.visit(inner)

    def _use(self, node: ast.Name | ast.Attribute) -> bool:
        for name in self._scope.resolve(node):
            rule = None if isinstance(node, ast.Name) and name in MODULES else rule_of(name)
            if rule and not self._said_where_assigned(node):
                self._report(rule, node, name.removeprefix("builtins."))
                return True
        return False

    def _said_where_assigned(self, node: ast.Name | ast.Attribute) -> bool:
        """Whether a name was given to a use of this file: `now = datetime.now` was named on that line."""
        if not isinstance(node, ast.Name):
            return False
        owner = self._scope.owner(node.id)
        return owner is not None and not any(isinstance(one, str) for one in owner.names[node.id])

    def visit_Call(self, node: ast.Call) -> None:
        """Look at what a call does by its arguments, or by a method's name alone."""
        self._state.look(node, self._scope)
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            self._report(METHODS[node.func.attr], node, node.func.attr)
        given = len(node.args) + len(node.keywords)
        for name in self._scope.resolve(node.func):
            most, rule = AT_MOST.get(name, (-1, ""))
            if given <= most:
                self._report(rule, node, f"{name}({'...' if given else ''})")
            if name == "builtins.getattr":
                called = self._scope.resolve(node)
                self.found += [(broken, node, one) for one in called if (broken := rule_of(one))]
        if any(isinstance(one, ast.Starred) and self._unordered_items(one.value) for one in node.args):
            self._report("order", node, "a call for each of a set")
        self.generic_visit(node)

    # The order of a set

    def visit_For(self, node: ast.For) -> None:
        """Look for calls made in the order of a set."""
        if self._is_set(node.iter) and any(isinstance(one, ast.Await) for part in node.body for one in ast.walk(part)):
            self._report("order", node.iter, "a set")
        self.generic_visit(node)

    def _unordered_items(self, node: ast.expr) -> bool:
        return isinstance(node, ast.GeneratorExp | ast.ListComp) and self._is_set(node.generators[0].iter)

    def _is_set(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Set):  # numbers keep their order, and one item has no other
            return len(node.elts) > 1 and not all(
                isinstance(one, ast.Constant) and isinstance(one.value, int) for one in node.elts
            )
        if isinstance(node, ast.Call):
            return any(name in _SET_MAKERS for name in self._scope.resolve(node.func)) and bool(node.args)
        return isinstance(node, ast.SetComp)

    # State

    def generic_visit(self, node: ast.AST) -> None:
        """Show every statement that may change something to the watch over state."""
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete | ast.Global):
            self._state.look(node, self._scope)
        super().generic_visit(node)
