"""A run over time: rows of steps and branches, folded where there would be too many to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from api.pages.timeline_scale import Scale, length
from api.pages.timeline_shapes import Attempt, Bar, Column, Kind, Lane, Thin, Timeline

MOST_LANES = 40
_MOST_BARS = 12  # of one lane; more are shown as columns
_COLUMNS, _MOST_COLUMNS = 60, 240
_TALLEST = 20.0
# Beside the colour and the pattern of each.
LETTERS: dict[Kind, str] = {
    "completed": "", "failed": "F", "retried": "R", "cancelled": "C", "expired": "E", "running": "", "waiting": "",
    "sleeping": "",
}  # fmt: skip
_FIRST: tuple[Kind, ...] = (
    "failed", "retried", "expired", "cancelled", "running", "waiting", "sleeping", "completed",
)  # fmt: skip


def draw(attempts: Sequence[Attempt], thin: Sequence[Thin], end: float, *, more_waiting: int = 0) -> Timeline:
    """Return the timeline of a run that began at 0 and has come to `end`."""
    scale = Scale(max(end, 0.001))
    by_step: dict[str, dict[int, list[Attempt]]] = {}
    for attempt in sorted(attempts, key=lambda one: (one.began, one.branch, one.number)):
        by_step.setdefault(attempt.step, {}).setdefault(attempt.branch, []).append(attempt)
    kept, rest = _first_steps(by_step)
    folded = _too_many(kept)
    groups: list[tuple[str, int | None, list[Attempt]]] = []
    for step, branches in kept.items():
        if step in folded:
            groups.append((step, None, [one for tries in branches.values() for one in tries]))
        else:
            groups += [(step, branch, tries) for branch, tries in branches.items()]
    groups.sort(key=lambda group: group[2][0].began)
    if rest:
        groups.append(("other steps", None, rest))
    wide = sum(branch is None or len(tries) > _MOST_BARS for _, branch, tries in groups)
    columns = min(_COLUMNS, max(_MOST_COLUMNS // max(wide, 1), 6))
    lanes = [_lane(step, branch, tries, scale, columns) for step, branch, tries in groups]
    if more_waiting:
        counts: Counter[Kind] = Counter({"waiting": more_waiting})
        lanes.append(Lane("more that wait", None, counts, more_waiting, f"{more_waiting:,} wait for their turn"))
    _add_thin(lanes, groups, thin, scale)
    return Timeline(lanes, scale.marks(), scale.end, bool(folded or rest))


def _first_steps(
    by_step: Mapping[str, dict[int, list[Attempt]]],
) -> tuple[dict[str, dict[int, list[Attempt]]], list[Attempt]]:
    """Return as many steps as there are lanes, and the attempts of the others."""
    names = list(by_step)
    last = MOST_LANES - 1 if len(names) > MOST_LANES else len(names)
    rest = [one for name in names[last:] for tries in by_step[name].values() for one in tries]
    return {name: by_step[name] for name in names[:last]}, rest


def _too_many(by_step: Mapping[str, dict[int, list[Attempt]]]) -> set[str]:
    """Return the steps whose branches fold into one lane: those with the most, until there is room for all."""
    lanes = sum(map(len, by_step.values()))
    folded: set[str] = set()
    for step, branches in sorted(by_step.items(), key=lambda item: -len(item[1])):
        if lanes <= MOST_LANES:
            break
        folded.add(step)
        lanes -= len(branches) - 1
    return folded


def _lane(step: str, branch: int | None, tries: list[Attempt], scale: Scale, columns: int) -> Lane:
    counts: Counter[Kind] = Counter(one.kind for one in tries)
    branches = len({one.branch for one in tries})
    lane = Lane(step, branch, counts, branches, _said(branch, tries, counts, branches))
    if branch is None or len(tries) > _MOST_BARS:
        lane.columns = _columns(tries, scale, columns)
    else:
        lane.bars = [bar for one in tries for bar in _bars(one, scale)]
    return lane


def _bars(one: Attempt, scale: Scale) -> list[Bar]:
    """Return the bar of an attempt, behind that of the time that it slept before."""
    x, width = scale.span(one.began, one.ended)
    found = [Bar(x, width, one.kind, LETTERS[one.kind] if width >= 2 else "")]
    if one.since is not None and (slept := scale.x(one.began) - scale.x(one.since)) > 0:
        found.insert(0, Bar(scale.x(one.since), round(slept, 2), "sleeping"))
    return found


def _said(branch: int | None, tries: list[Attempt], counts: Mapping[Kind, int], branches: int) -> str:
    """Return what the bars say, in words."""
    if branch is None:
        many = ", ".join(f"{counts[kind]:,} {kind}" for kind in _FIRST if counts.get(kind))
        return f"{branches:,} {'branch' if branches == 1 else 'branches'}: {many}"
    last = tries[-1]
    count = f", attempt {last.number}" if last.number > 1 else ""
    match last.kind:
        case "waiting" | "sleeping":
            word = "waits for an event" if last.kind == "waiting" else "sleeps"
            return f"{word}{count}"
        case "running":
            return f"running for {length(last.ended - last.began)}{count}"
        case _:
            took = last.ended - last.began
            return f"{last.kind} {f'in {length(took)}' if took >= 0.0005 else 'at once'}{count}"


def _columns(tries: Sequence[Attempt], scale: Scale, columns: int) -> list[Column]:
    """Return how many attempts ended when: columns as tall as they are many, what failed at the foot."""
    bins: list[Counter[Kind]] = [Counter[Kind]() for _ in range(columns)]
    for one in tries:
        bins[min(int(scale.x(one.ended) / 100 * columns), columns - 1)][one.kind] += 1
    tallest = max(counted.total() for counted in bins)
    width = 100 / columns
    found: list[Column] = []
    for number, counted in enumerate(bins):
        foot = _TALLEST
        for kind in _FIRST:
            if not counted[kind]:
                continue
            height = min(max(counted[kind] / tallest * _TALLEST, 1.5), foot)
            foot -= height
            found.append(Column(round(number * width, 2), round(width, 2), round(foot, 1), round(height, 1), kind))
    return found


def _add_thin(
    lanes: list[Lane], groups: list[tuple[str, int | None, list[Attempt]]], thin: Sequence[Thin], scale: Scale
) -> None:
    """Put each call under the lane of its branch, where only one can have made it, else under one of its step's."""
    by_step: dict[str, list[tuple[Lane, list[Attempt]]]] = {}
    for lane, (step, _, tries) in zip(lanes, groups, strict=False):
        by_step.setdefault(step, []).append((lane, tries))
    under: dict[int, tuple[Lane, list[Thin]]] = {}
    unsure: dict[str, list[Thin]] = {}
    for one in thin:
        step = one.step or "calls"
        open_then = [
            lane
            for lane, tries in by_step.get(step, [])
            if lane.branch is None or any(t.began - 0.002 <= one.began <= t.ended + 0.002 for t in tries)
        ]
        if len(open_then) == 1:
            under.setdefault(id(open_then[0]), (open_then[0], []))[1].append(one)
        else:
            unsure.setdefault(step, []).append(one)
    for lane, calls in under.values():
        lane.thin = _merged(calls, scale)
    for step, calls in unsure.items():
        said = (
            f"{len(calls):,} {'call' if len(calls) == 1 else 'calls'} of its branches"
            if step in by_step
            else (f"{len(calls):,} of other activities")
        )
        # Behind the last lane of the step.
        place = next((number for number in range(len(lanes), 0, -1) if lanes[number - 1].step == step), len(lanes))
        lanes.insert(place, Lane(step, None, Counter(), 0, said, thin=_merged(calls, scale)))


def _merged(thin: Sequence[Thin], scale: Scale) -> list[Bar]:
    """Return bars that do not overlap; what failed among those that do, shows."""
    found: list[Bar] = []
    for one in sorted(thin, key=lambda one: one.began):
        x, width = scale.span(one.began, one.ended)
        last = found[-1] if found else None
        if last is None or x > last.x + last.width or (len(thin) <= _MOST_BARS and last.kind != one.kind):
            found.append(Bar(x, width, one.kind))
            continue
        kind = "failed" if "failed" in (one.kind, last.kind) else last.kind
        found[-1] = Bar(last.x, round(max(last.x + last.width, x + width) - last.x, 2), kind)
    return found
