from __future__ import annotations

from typing import Any

import pytest

from steps.errors import RequestInvalid
from steps.notion.ids import Kind, path_id, read_id, read_parent

A, B, C = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "abc")
BARE = {id: id.replace("-", "") for id in (A, B, C)}


@pytest.mark.parametrize(
    ("given", "kind", "wanted"),
    [
        (A, "other", A),
        (BARE[A], "other", A),
        (f" {A.upper()} ", "page", A),
        ("db1", "other", "db1"),
        (f"https://www.notion.so/{BARE[A]}", "other", A),
        (f"https://www.notion.so/shop/Orders-of-2026-{BARE[A]}?v={BARE[B]}&pvs=4", "other", A),
        (f"https://www.notion.so/shop/Orders-{BARE[A]}?v={BARE[B]}&p={BARE[C]}&pm=s", "other", A),
        (f"https://www.notion.so/shop/Orders-{BARE[A]}?v={BARE[B]}&p={BARE[C]}&pm=s", "page", C),
        (f"https://www.notion.so/shop/Orders-{BARE[A]}?v={BARE[B]}", "page", A),
        (f"https://app.notion.com/p/{A}", "page", A),
        (f"https://shop.notion.site/Page-{BARE[A]}#{BARE[B]}", "block", B),
        (f"https://shop.notion.site/Page-{BARE[A]}#{BARE[B]}", "page", A),
        (f"https://www.notion.so/Page-{BARE[A]}/", "block", A),
        (f"notion://www.notion.so/Page-{BARE[A]}", "page", A),
    ],
)
def test_an_id_is_read_out_of_what_authors_have(given: str, kind: Kind, wanted: str):
    assert read_id(given, kind) == wanted


@pytest.mark.parametrize(
    "given", ["", "  ", None, 7, "https://www.notion.so/", f"https://www.notion.so/?v={BARE[A]}", "http://["]
)
def test_what_holds_no_id_is_refused(given: Any):
    with pytest.raises(RequestInvalid):
        read_id(given)


def test_an_id_is_quoted_in_a_path_and_read_in_a_parent():
    assert path_id("../x?y") == "..%2Fx%3Fy"
    parent = {"type": "database_id", "database_id": BARE[A]}
    assert read_parent(parent) == {"type": "database_id", "database_id": A}
