"""The figures as the Markdown of docs/performance.md, and as JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict

from bench import memory, race, starts, timers
from bench.cases import CASES, MAIN
from bench.measure import Figure

Report = dict[str, dict[str, Figure]]
STARTS = "starts"
_TITLES = {MAIN: "main job", "timers": "timers", "memory": "memory"}
_LABELS: Mapping[str, Mapping[str, str]] = {
    MAIN: race.MEASURES,
    "timers": timers.MEASURES,
    "memory": memory.MEASURES,
}
_UNITS = ("ms", "MiB")


def as_text(report: Report) -> str:
    """Return a table for each case, in the form that docs/performance.md has them in; the smaller cases share one."""
    smaller = [case for case in CASES if case.name in report]
    tables = [_table(name, figures) for name, figures in report.items() if name not in {case.name for case in CASES}]
    if smaller:
        rows = [_smaller(f"`{case.name}`: {case.title}", report[case.name]) for case in smaller]
        head = ("smaller cases", "wall time", "runs per second", "worker CPU", "events")
        tables.append(_markdown([head, *rows]))
    return "\n\n".join(tables)


def ending(report: Report, versions: dict[str, str]) -> str:
    """Return what the figures depend on, and the one figure of the main job that programs look for."""
    lines = [", ".join(f"{name} {number}" for name, number in versions.items())]
    if MAIN in report:
        lines.append(f"ratio throughput {report[MAIN]['throughput'].ratio:.2f}")
    return "\n".join(lines)


def as_json(report: Report, versions: dict[str, str]) -> str:
    """Return all figures, with what they were measured on."""
    cases = {name: {measure: asdict(figure) for measure, figure in block.items()} for name, block in report.items()}
    return json.dumps({"versions": versions, "cases": cases}, indent=2)


def _table(name: str, figures: Mapping[str, Figure]) -> str:
    kind, _, pair = name.partition(" ")
    title = starts.title(pair) if kind == STARTS else _TITLES[name]
    label = starts.label if kind == STARTS else _LABELS[name].__getitem__
    rows = [_row(label(measure), figure) for measure, figure in figures.items()]
    return _markdown([(title, "steps", "by hand", "ratio", "quartiles"), *rows])


def _row(label: str, figure: Figure) -> tuple[str, ...]:
    text, _, unit = label.rpartition(", ")
    text, unit = (text, f" {unit}") if unit in _UNITS else (label, "")
    ratio, low, high = (_told(value, ".2f") for value in (figure.ratio, figure.low, figure.high))
    quartiles = "" if figure.low == figure.high or not low or not high else f"{low} - {high}"
    return text, _short(figure.steps, unit), _short(figure.hand, unit), ratio, quartiles


def _smaller(title: str, figures: Mapping[str, Figure]) -> tuple[str, ...]:
    ratios = [_told(figures[name].ratio, ".2f") for name in ("wall", "throughput", "cpu", "events")]
    events = figures["events"]
    return title, *ratios[:-1], f"{ratios[-1]} ({_short(events.steps)} / {_short(events.hand)})"


def _short(value: float, unit: str = "") -> str:
    told = _told(value, ",.0f" if value >= 100 or float(value).is_integer() else ".1f")
    return told and told + unit


def _told(value: float, form: str) -> str:
    return "" if math.isnan(value) else format(value, form)


def _markdown(rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    # An empty cell is one space wide, as it is written by hand.
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in lines)
