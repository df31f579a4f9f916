from __future__ import annotations

import pytest

from api.rendering import _templates  # pyright: ignore[reportPrivateUsage]  # the filters are reached through it alone


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Send `a` and `b`.", "Send <code>a</code> and <code>b</code>."),
        ("<b> `<i>`", "&lt;b&gt; <code>&lt;i&gt;</code>"),
        ("one ` alone <", "one ` alone &lt;"),
        ("", ""),
    ],
)
def test_backticks_become_code_and_all_else_is_escaped(text: str, shown: str):
    assert _templates.from_string("{{ text | code }}").render(text=text) == shown
