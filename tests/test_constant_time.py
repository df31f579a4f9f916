"""No `==` and no `!=` tells by its time how much of a secret was right."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from settings import ROOT
from tests.test_layers import files

HOLDS_A_SECRET = frozenset(
    {
        "challenge", "cookie", "digest", "digests", "hexdigest", "hmac", "key", "keys", "mac", "nonce", "password",
        "secret", "secrets", "sig", "signature", "signatures", "token", "tokens", "verifier",
    }
)  # fmt: skip
# What has such a name and is none, or is compared where nobody can measure. Anything else: hmac.compare_digest.
ALLOWED = {
    ("activities/notion/matching.py", "sent[key] == held.get(key)"): "a field of a page in Notion",
    ("activities/notion/rows.py", "name == self._write.key"): "the name of a property",
    ("activities/refresh.py", "(current.connection.id, current.version) != key"): "an id and a number",
    ("api/answering.py", "(await description.memo()).get('start') != start.token"): "an id, of our own in both places",
    ("api/starting.py", "earlier != body_digest(trigger)"): "of what a caller sent himself, to tell two bodies apart",
    ("local/notion/paging.py", "key(item) == wanted"): "the id of a row of the stand-in",
    ("schedules/reconcile.py", "said.digest == schedule.digest"): "of a schedule's declaration",
    (
        "schedules/reconcile.py",
        "(said.digest, said.paused) != (schedule.digest, schedule.terms.paused)",
    ): "of a schedule's declaration",
    ("steps/testing/outside.py", "call.activity == _key(info)"): "the id of an activity, in a test",
    ("vault/openbao.py", "found[1] != self.key"): "the name of OpenBao's key, which the settings have",
}


def comparisons(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give every comparison of something that is named as a secret is, with its line.

    What is compared with a constant is no secret, and the database compares digests of its own columns.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or not any(isinstance(one, (ast.Eq, ast.NotEq)) for one in node.ops):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) or is_column(side) for side in sides):
            continue
        if any(re.split(r"[-_]", name.lower())[-1] in HOLDS_A_SECRET for side in sides for name in names(side)):
            yield node.lineno, ast.unparse(node)


def is_column(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "c"


def names(node: ast.AST) -> Iterator[str]:
    """Give the names of what a value is made of: of `order.key.id` it is `id`, of `token.reveal()` both."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(attr=name):
            yield name
        case ast.Constant(value=str(text)):
            yield text
        case ast.Call(func=ast.Name(id="len")) | ast.Compare():
            return
        case ast.Call(func=ast.Attribute(value=receiver, attr=name), args=arguments):
            yield name
            for inner in (receiver, *arguments):
                yield from names(inner)
        case ast.Subscript(value=value, slice=ast.Constant() as place):
            yield from names(value)
            yield from names(place)
        case ast.Subscript(value=value):
            yield from names(value)
        case _:
            for inner in ast.iter_child_nodes(node):
                yield from names(inner)


FOUND = {
    (str(path.relative_to(ROOT)), text): line
    for _, path in files(ROOT)
    for line, text in comparisons(ast.parse(path.read_text(encoding="utf-8")))
}


def test_what_is_named_as_a_secret_is_compared_in_constant_time():
    assert [f"{path}:{line}: {text}" for (path, text), line in FOUND.items() if (path, text) not in ALLOWED] == []


def test_every_exception_is_still_there():
    assert [place for place in ALLOWED if place not in FOUND] == []


@pytest.mark.parametrize(
    "text",
    [
        "expected == signature", "given != self._token", "sign(secret, raw) == given", "token.reveal() == text",
        "hmac.new(a, b).hexdigest() == given", "headers['x-hub-signature'] == made", "headers.get('X-Secret') != made",
        "any(one == key for key in found)", "(name, digest) == wanted", "f'sha256={mac}' == given",
        "first == second == api_key", "b'sha256=' + mac == given",
    ],
)  # fmt: skip
def test_a_comparison_that_takes_its_time_is_found(text: str):
    assert len(list(comparisons(ast.parse(text)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "key.id == other.id", "len(key) != KEY_BYTES", "kind == 'token'", "sessions.c.digest == digest(token)",
        "sent[key] == held", "(key is None) != (secret is None)", "token in seen", "hmac.compare_digest(mac, given)",
    ],
)  # fmt: skip
def test_what_compares_no_secret_is_not_found(text: str):
    assert list(comparisons(ast.parse(text))) == []
