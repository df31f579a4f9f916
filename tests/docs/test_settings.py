"""The settings that the pages name, held against those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from settings import ROOT, Settings
from tests.docs.pages import PAGES, code, rows, text_of


def shown_default(value: object) -> str:
    if value is None:
        return "unset"
    if value == ():
        return "empty"
    if isinstance(value, Path):
        value = value.relative_to(ROOT) if value.is_absolute() else value
    assert not isinstance(value, SecretStr)
    return f"`{value}`"


def test_every_setting_has_its_row_with_its_default():
    table, _, _ = text_of("docs/settings.md").partition("\n## ")
    found = {code(row[0]): row[1] for row in rows(table)}
    wanted = {f"STEPS_{name.upper()}": shown_default(field.default) for name, field in Settings.model_fields.items()}
    assert found == wanted
    assert all(len(row) == 3 and row[2] for row in rows(table))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_setting_that_a_page_names_exists(page: Path):
    known = {f"STEPS_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bSTEPS_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8"))) <= known
