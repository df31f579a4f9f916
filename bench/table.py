"""The figures as text for people, and as JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from bench.cases import CASES, MAIN
from bench.measure import MEASURES, Figure
from bench.race import MEASURES as MAIN_MEASURES

Report = dict[str, dict[str, Figure]]
_HEAD = ("", "steps", "by hand", "steps / by hand", "quartiles")


def as_text(report: Report) -> str:
    """Return an aligned table: a block for each case, a line for each measure."""
    main = {MAIN: "workflows/order_to_notion.py, without the delay, pacing off"}
    titles = {case.name: case.title for case in CASES} | main
    blocks = [
        (f"{name}: {titles[name]}", [_row(_label(name, measure), figure) for measure, figure in report[name].items()])
        for name in report
    ]
    rows = [_HEAD, *(row for _, block in blocks for row in block)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(_HEAD, widths)]
    for title, block in blocks:
        lines += ["", title, *(_line(row, widths) for row in block)]
    return "\n".join(lines)


def as_json(report: Report, versions: dict[str, str]) -> str:
    """Return all figures, with what they were measured on."""
    cases = {name: {measure: asdict(figure) for measure, figure in block.items()} for name, block in report.items()}
    return json.dumps({"versions": versions, "cases": cases}, indent=2)


def _label(case: str, measure: str) -> str:
    return (MAIN_MEASURES if case == MAIN else MEASURES)[measure]


def _row(label: str, figure: Figure) -> tuple[str, ...]:
    quartiles = f"{figure.low:.2f} - {figure.high:.2f}"
    return f"  {label}", _short(figure.steps), _short(figure.hand), f"{figure.ratio:.2f}", quartiles


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = [
        cell.rjust(width) if index else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join([first, *rest]).rstrip()
