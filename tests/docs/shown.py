"""The fenced blocks of the pages, and what holds each of them.

A block is run by the test that stands in `RUN`, or a comment right above it says how it was checked instead:

    <!-- run by: tests/... -->        a test elsewhere, which runs the same thing
    <!-- parsed -->                   lines of our command line, which the command line takes
    <!-- settings -->                 settings, whose names there are
    <!-- by hand, 2026-11-23 -->      somebody ran it on that day
    <!-- needs: Kubernetes -->        nobody has run it here; its form alone is checked
    <!-- shown: what it is -->        what a program prints or another system has; nothing of ours to run
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.pages import PAGES

GUIDE = "tests/docs/test_guide.py"
LANGUAGES = ("go", "java", "js", "php", "ruby", "sh")
README = "tests/docs/test_readme.py"
# By page and language: the test that runs what has no comment above it.
RUN = {
    ("README.md", "python"): README,
    ("README.md", "sh"): README,
    ("backup.md", "sh"): "tests/vault/test_recovery.py",
    ("from-jsworkflows.md", "python"): "tests/docs/test_from_jsworkflows.py",
    ("guarantees.md", "python"): GUIDE,
    ("notion-events.md", "python"): "tests/docs/test_notion_events.py",
    ("notion.md", "python"): "tests/docs/test_notion.py",
    **{("other-languages.md", language): "tests/docs/languages.py" for language in LANGUAGES},
    ("postgresql.md", "sql"): "tests/vault/test_roles.py",
    ("providers.md", "python"): GUIDE,
    ("records.md", "python"): "tests/docs/test_records.py",
    ("records.md", "text"): "tests/docs/test_records.py",
    ("scheduling.md", "python"): "tests/docs/test_code.py",
    ("shopify.md", "python"): README,
    ("shopify.md", "sh"): README,
    ("testing-workflows.md", "python"): "tests/steps/testing/test_documentation.py",
    ("testing-workflows.md", "text"): "tests/steps/testing/test_documentation.py",
    ("triggers.md", "python"): "tests/docs/test_triggers.py",
    ("triggers.md", "sh"): "tests/docs/test_triggers.py",
    ("waiting.md", "sh"): README,
    ("writing-workflows.md", "python"): GUIDE,
}
MARKS = {
    "run by": r"run by: tests/\S+\.py(, tests/\S+\.py)*",
    "parsed": r"parsed",
    "settings": r"settings",
    "by hand": r"by hand, \d{4}-\d\d-\d\d(: .+)?",
    "needs": r"needs: .+",
    "shown": r"shown: .+",
}
_BLOCK = re.compile(
    r"^(?: *<!-- (?P<mark>[^\n]*?) -->\n)?(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A piece of code as a page shows it; `mark` is the comment above it, if there is one."""

    page: Path
    line: int
    language: str
    text: str
    mark: str | None

    @property
    def kind(self) -> str | None:
        """Which of `MARKS` the comment is; None for none, and for one that is none of them."""
        return next((kind for kind, form in MARKS.items() if re.fullmatch(form, self.mark or "")), None)

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def shown() -> Iterator[Block]:
    """Return every fenced block of every page."""
    for page in PAGES:
        whole = page.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(whole):
            yield Block(
                page=page,
                line=whole.count("\n", 0, found.start()) + 1,
                language=found["language"],
                text=re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
                mark=found["mark"],
            )
