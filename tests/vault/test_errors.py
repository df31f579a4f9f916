from __future__ import annotations

import re
from collections.abc import Iterator

import vault
from vault import VaultError, VaultUnavailable, errors


def every(kind: type[VaultError]) -> Iterator[type[VaultError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from every(child)


def test_each_error_has_a_type_of_its_own() -> None:
    types = [kind.__dict__["type"] for kind in every(VaultError)]
    assert len(set(types)) == len(types)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in types)


def test_only_an_outage_is_worth_a_retry() -> None:
    assert [kind for kind in every(VaultError) if kind.retryable] == [VaultUnavailable]


def test_the_tree_at_the_top_of_the_module_is_the_hierarchy() -> None:
    drawn = re.findall(r"^[│├└─ ]*([A-Z]\w+)(?: {2,}.*)?$", (errors.__doc__ or "").split("\n\n", 1)[1], re.MULTILINE)
    assert sorted(drawn) == sorted(kind.__name__ for kind in every(VaultError))


def test_each_error_is_public() -> None:
    assert {kind.__name__ for kind in every(VaultError)} <= set(vault.__all__)
    assert all(hasattr(vault, name) for name in vault.__all__)
