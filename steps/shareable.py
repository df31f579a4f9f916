"""Whether runs may share what a workflow file holds: only where nothing in it can change once it is imported."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Callable, Iterable
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePath
from types import FunctionType, GenericAlias, ModuleType, UnionType
from typing import Any, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel

from steps.guard_walk import Walk
from steps.notion_event import NotionEvent

# Beside plain values: types, and what annotations are made of. What is not here may hold state.
_FIXED = (
    str, bytes, int, float, complex, bool, type(None), type(...), date, time, timedelta, tzinfo, Decimal, Fraction,
    UUID, PurePath, re.Pattern, range, TypeVar, GenericAlias, UnionType, enum.Enum, ModuleType, NotionEvent,
)  # fmt: skip
_OF_CLASSES = {"_abc_impl", "_field_defaults"}  # made by abc and NamedTuple
_WRAPPERS = (staticmethod, classmethod)
_STATE = {"global-state", "self-state"}
_LOADERS = {"__import__", "globals", "vars", "setattr", "delattr", "exec", "eval", "importlib"}


def source_is_fixed(source: bytes, shared: Callable[[str], bool]) -> bool:
    """Tell whether a file's text changes nothing that outlives a step; `shared` tells which imports all runs share.

    An excuse does not count here: it says that a change does no harm within one run.
    """
    try:
        tree = ast.parse(source)
        if any(rule in _STATE for rule, _, _ in Walk(tree, frozenset()).found):
            return False
    except (SyntaxError, ValueError, RecursionError):
        return False
    return all(_node_is_fixed(node, shared) for node in ast.walk(tree))


def _node_is_fixed(node: ast.AST, shared: Callable[[str], bool]) -> bool:
    match node:
        case ast.Global() | ast.Nonlocal():
            return False
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name not in _LOADERS
        case ast.Import(names=names):
            return all(shared(alias.name) and alias.name.split(".")[0] not in _LOADERS for alias in names)
        case ast.ImportFrom(module=module, level=level):
            return level == 0 and module is not None and shared(module) and module.split(".")[0] not in _LOADERS
        case _:
            return True


def namespace_is_fixed(module: ModuleType) -> bool:
    """Tell whether all that an imported file holds is a value that cannot change, a function, or a class of those."""
    values = [value for name, value in vars(module).items() if not _is_internal(name)]
    return all(_is_fixed(value, module.__name__) for value in values)


def _is_fixed(value: object, module: str) -> bool:
    if isinstance(value, type):
        return _class_is_fixed(cast("type[Any]", value), module)
    if isinstance(value, enum.Enum):
        return _is_fixed(value.value, module)
    if isinstance(value, FunctionType):
        return _function_is_fixed(value, module)
    if isinstance(value, tuple | frozenset):
        return _all_fixed(cast("Iterable[object]", value), module)
    if isinstance(value, _WRAPPERS):
        return _is_fixed(cast("Any", value).__func__, module)
    if isinstance(value, property):
        return _all_fixed((value.fget, value.fset, value.fdel), module)
    if type(value).__module__ == module:
        return False  # an object of the file's own
    # Typing's own objects have no common type; __future__ gives features.
    return isinstance(value, _FIXED) or type(value).__module__ in ("typing", "__future__")


def _class_is_fixed(cls: type[Any], module: str) -> bool:
    if cls.__module__ != module:
        return True  # imported from what all runs share
    if issubclass(cls, BaseModel):
        return True  # its fields are pydantic's, which gives each instance its own
    members = [value for name, value in vars(cls).items() if not _is_internal(name) and name not in _OF_CLASSES]
    if issubclass(cls, enum.Enum):  # the rest of it is enum's own
        members = [value for value in members if isinstance(value, FunctionType | enum.Enum)]
    return all(_is_fixed(value, module) for value in members if not _is_slot(value))


def _function_is_fixed(function: FunctionType, module: str) -> bool:
    if function.__module__ != module and "<locals>" not in function.__qualname__:
        return True  # imported from what all runs share
    # A closure may keep what a decorator counts; the cell of super() alone has the class itself.
    free = [name for name in function.__code__.co_freevars if name != "__class__"]
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    marks = [name for name in vars(function) if not _is_internal(name)]
    return not free and not marks and _all_fixed(defaults, module)


def _all_fixed(values: Iterable[object], module: str) -> bool:
    return all(_is_fixed(value, module) for value in values)


def _is_internal(name: str) -> bool:
    return name.startswith("__")


def _is_slot(value: object) -> bool:
    return type(value).__name__ in ("member_descriptor", "getset_descriptor", "_tuplegetter")
