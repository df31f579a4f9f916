"""The figures as text for people, and as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from bench.cases import CASES
from bench.measure import MEASURES, Figure

Report = dict[str, dict[str, Figure]]
_HEAD = ("", "steps", "by hand", "steps / by hand", "quartiles")


def as_text(report: Report) -> str:
    """Return an aligned table: a block for each case, a line for each measure."""
    titles = {case.name: case.title for case in CASES}
    blocks = [(f"{name}: {titles.get(name, name)}", [_row(*item) for item in report[name].items()]) for name in report]
    rows = [_HEAD, *(row for _, block in blocks for row in block)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(_HEAD, widths)]
    for title, block in blocks:
        lines += ["", title, *(_line(row, widths) for row in block)]
    return "\n".join(lines)


def as_json(report: Report, runs: int, versions: dict[str, str]) -> str:
    """Return all figures, with what they were measured on."""
    cases = {name: {measure: asdict(figure) for measure, figure in block.items()} for name, block in report.items()}
    return json.dumps({"runs": runs, "versions": versions, "cases": cases}, indent=2)


def _row(measure: str, figure: Figure) -> tuple[str, ...]:
    quartiles = f"{figure.low:.2f} - {figure.high:.2f}"
    return f"  {MEASURES[measure]}", _short(figure.steps), _short(figure.hand), f"{figure.ratio:.2f}", quartiles


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = [
        cell.rjust(width) if index else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join([first, *rest]).rstrip()
