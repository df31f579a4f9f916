"""The determinism guard: what in a workflow file would differ on a replay, told before a run ever does."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from steps.guard_rules import RULES
from steps.guard_walk import Walk

_EXCUSE = re.compile(r"#\s*guard:[ \t]*([^#]*)")
_MAYBE = re.compile(rb"#\s*guard:")


@dataclass(frozen=True, order=True)
class Finding:
    """One place of a file that breaks a rule. Columns count from 1, as editors do."""

    file: str
    line: int
    column: int
    rule: str
    message: str

    @property
    def is_warning(self) -> bool:
        """Whether it costs something, but breaks nothing."""
        return RULES[self.rule].warning

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.rule}: {self.message}"


def check_folder(folder: Path) -> list[Finding]:
    """Return what the files of a folder do that a step may not, in the order of the files."""
    own = frozenset({folder.resolve().name})
    found: list[Finding] = []
    for path in sorted(folder.glob("*.py")):
        with suppress(OSError):  # loading it says why
            found += check_source(path.name, path.read_bytes(), own)
    return found


def check_source(name: str, source: bytes | str, own: frozenset[str] = frozenset()) -> list[Finding]:
    """Return what one file does that a step may not; a file that is no Python has nothing, its loading says why.

    It reads the text alone, and imports nothing. `own` are packages whose imports are the author's own files.
    """
    raw = source.encode() if isinstance(source, str) else source
    try:
        walk = Walk(ast.parse(raw), own)
    except (SyntaxError, ValueError, RecursionError):  # the last: thousands of brackets, or of `+`, in one expression
        return []
    lines = raw.splitlines()
    excuses = _excuses(raw)
    found: set[Finding] = set()
    used: set[int] = set()
    for rule, node, what in walk.found:
        lines_of_it = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        excused = {line for line in lines_of_it if excuses.get(line, (0, ""))[1]}
        used |= excused
        if not excused:
            found.add(_finding(name, rule, node.lineno, _column(lines, node), what))
    for line, (column, reason) in excuses.items():
        if line not in used:
            what = "An excuse that excuses nothing" if reason else "An excuse without a reason"
            found.add(_finding(name, "excuse", line, column, what))
    return sorted(found)


def _finding(file: str, rule: str, line: int, column: int, what: str) -> Finding:
    return Finding(file, line, column, rule, f"{what} {RULES[rule].why}; use {RULES[rule].instead}.")


def _column(lines: list[bytes], node: ast.expr | ast.stmt) -> int:
    return len(lines[node.lineno - 1][: node.col_offset].decode(errors="replace")) + 1


def _excuses(source: bytes) -> dict[int, tuple[int, str]]:
    """Return column and reason of each `# guard: reason` by its line; one in a text is none."""
    if not _MAYBE.search(source):
        return {}
    tokens = tokenize.tokenize(io.BytesIO(source).readline)
    return {
        token.start[0]: (token.start[1] + match.start() + 1, match[1].strip())
        for token in tokens
        if token.type == tokenize.COMMENT and (match := _EXCUSE.search(token.string))
    }
