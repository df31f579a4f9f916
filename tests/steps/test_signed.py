"""`signed` in a workflow's class."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from steps import DefinitionInvalid, GitHub, SharedHeader, Shopify
from steps.discovery import discover
from steps.signed import SCHEMES
from tests.steps.test_definition import STEP, define

IMPORT = "from steps import GitHub, SharedHeader, Shopify\nfrom steps.signed import Signed"


def test_every_scheme_has_a_name_and_a_header_of_its_own():
    made: list[Any] = [cls("X-Trigger-Secret") if cls is SharedHeader else cls() for cls in SCHEMES]
    assert len({one.scheme for one in made}) == len({one.header for one in made}) == len(SCHEMES)
    assert GitHub().words == "github, in X-Hub-Signature-256"


def test_a_subclass_wants_the_same_and_can_take_it_off():
    base = define(STEP + "    signed = Shopify()\n", before=IMPORT)
    assert isinstance(base.signed, Shopify)

    class Base(base):  # pyright: ignore[reportGeneralTypeIssues, reportUntypedBaseClass]  # made at run time
        """At the top of a module, as a file has it."""

        __qualname__ = "Base"

    assert isinstance(Base.signed, Shopify)
    assert define(STEP + "    signed = None\n").signed is None


BAD: list[tuple[str, str]] = [
    ("signed = Shopify", r"Flow\.signed is a class: write `signed = Shopify\(\)`"),
    ("signed = 'canary-secret'", r"Flow\.signed is a str: write `signed = Shopify\(\)`"),
    ("signed = 5", "is a int"),
    ("signed = [Shopify(), GitHub()]", "is a list"),
    ("signed = Signed()", "is a Signed"),
    ("signed = type('Mine', (GitHub,), {})()", "is a Mine"),
    ("async def signed(self, data, headers, api): ...", "may not have a step or method named signed"),
    ("@property\n    def signed(self): ...", "may not have a step or method named signed"),
    ("signed = SharedHeader('canary secret')", r'name of a header .* "X-Trigger-Secret"'),
    ("signed = SharedHeader('')", "name of a header"),
    ("signed = SharedHeader(5)", "name of a header"),
    ("signed = SharedHeader('Authorization')", "a meaning of its own"),
    ("signed = SharedHeader('idempotency-key')", "a meaning of its own"),
]


@pytest.mark.parametrize(("line", "says"), BAD)
def test_what_is_no_scheme_is_refused_without_repeating_what_may_be_the_secret(line: str, says: str):
    with pytest.raises(DefinitionInvalid, match=says) as refused:
        define(f"{STEP}    {line}\n", before=IMPORT)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(("line", "says"), [BAD[1], BAD[8]])
def test_a_file_with_a_wrong_one_is_named_with_its_line(
    line: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / f"signed_{BAD.index((line, says))}"
    folder.mkdir()
    head = "from __future__ import annotations\n\nfrom steps import SharedHeader, Workflow\n\n\nclass Bad(Workflow):\n"
    (folder / "orders.py").write_text(f"{head}    {line}\n\n{STEP}", encoding="utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    [problem] = discover(folder).problems
    assert (Path(problem.file).name, problem.line) == ("orders.py", 7 if "SharedHeader" in line else 6)
    assert "DefinitionInvalid" in str(problem)
    assert "canary" not in str(problem)
