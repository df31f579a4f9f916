"""The steps of a workflow as a drawing: boxes, and arrows from each step to those that it schedules."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from api.pages.layers import Bend, Layered, Place, layered
from api.pages.step_words import words_of
from steps.outline import Link, Outline

_HEIGHT, _GAP, _ROOM, _LANE = 42, 64, 28, 26
_LETTER, _SMALL = 8.2, 6.6
"""The width of a letter of a name, and of a label."""
_LONGEST = 26
UNKNOWN = "?"


@dataclass(frozen=True)
class Box:
    """A step; `kind` is `start`, `step`, `missing` (it is none) or `unknown`."""

    x: float
    y: float
    width: float
    text: str
    kind: str
    height: float = _HEIGHT

    @property
    def middle(self) -> float:
        """The middle, from the left."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Arrow:
    """From a step to the next: the path, and where its words stand."""

    path: str
    words: str
    x: float
    y: float
    sometimes: bool
    beside: bool = False
    """Whether the words stand to the right of x, and not around it."""


@dataclass(frozen=True)
class Diagram:
    """What is drawn, in pixels."""

    width: int
    height: int
    boxes: list[Box]
    arrows: list[Arrow]


@dataclass(frozen=True)
class _Edge:
    words: str
    sometimes: bool


def diagram_of(outline: Outline) -> Diagram:
    """Draw a workflow's steps, `start` at the top."""
    edges = _edges(outline)
    names = list(dict.fromkeys([*(step.name for step in outline.steps), *(end for pair in edges for end in pair)]))
    laid = layered(names, list(edges))
    kinds = {name: "missing" for name in names} | {step.name: "step" for step in outline.steps}
    boxes = _boxes(laid, edges, kinds | {"start": "start", UNKNOWN: "unknown"})
    arrows = _arrows_down(laid, edges, boxes)
    right = max(*(box.x + box.width for box in boxes.values()), *(_end(arrow) for arrow in arrows), 0.0)
    arrows += [
        _arrow_back(edges[pair], boxes[pair[0]], boxes[pair[1]], right + _LANE * (lane + 1), boxes.values())
        for lane, pair in enumerate(laid.back)
    ]
    height = max(box.y for box in boxes.values()) + _HEIGHT
    drawn = [box for name, box in boxes.items() if isinstance(name, str)]
    return Diagram(int(max(right, *map(_end, arrows), 0.0) + 4), int(height + 4), drawn, arrows)


def _end(arrow: Arrow) -> float:
    """Return where its words end, or nearly."""
    width = len(arrow.words) * _SMALL
    return arrow.x + (width + 2 if arrow.beside else width / 2 if width else 0)


def _edges(outline: Outline) -> dict[tuple[str, str], _Edge]:
    """Return one edge between each two steps; what waits for a group hangs below the steps of the group."""
    found: dict[tuple[str, str], list[Link]] = {}
    for link in outline.links:
        for source in link.after or (link.source,):
            found.setdefault((source, link.target or UNKNOWN), []).append(link)
    return {
        pair: _Edge(
            " or ".join(dict.fromkeys(words for link in links if (words := words_of(link)))),
            all(link.sometimes for link in links),
        )
        for pair, links in found.items()
    }


def _boxes(laid: Layered, edges: Mapping[tuple[str, str], _Edge], kinds: Mapping[str, str]) -> dict[Place, Box]:
    """Place every box; the bend of an edge is an empty one."""
    labels = dict.fromkeys(kinds, 0.0)
    for pair, way in laid.ways.items():
        if len(way) == 2:  # the words of a longer way stand where it passes a layer
            labels[pair[1]] = max(labels[pair[1]], len(edges[pair].words) * _SMALL)
    texts = {name: name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name in kinds}
    widths = {name: max(104.0, len(texts[name]) * _LETTER + 32) for name in kinds}
    slots = {name: max(widths[name], labels[name]) + _ROOM for name in kinds}
    rows = [
        [slots[place] if isinstance(place, str) else _passing(laid, edges, place) for place in layer]
        for layer in laid.layers
    ]
    whole = max(sum(row) for row in rows)
    boxes: dict[Place, Box] = {}
    for depth, (layer, row) in enumerate(zip(laid.layers, rows, strict=True)):
        x, y = (whole - sum(row)) / 2, 4 + depth * (_HEIGHT + _GAP)
        for place, slot in zip(layer, row, strict=True):
            width = widths[place] if isinstance(place, str) else 0.0
            text, kind = (texts[place], kinds[place]) if isinstance(place, str) else ("", "bend")
            boxes[place] = Box(x + (slot - width) / 2, y, width, text, kind)
            x += slot
    return boxes


def _passing(laid: Layered, edges: Mapping[tuple[str, str], _Edge], bend: Bend) -> float:
    """Return the room that an arrow needs where it passes a layer, with its words at the first."""
    pair = (bend.source, bend.target)
    return _ROOM + (len(edges[pair].words) * _SMALL if laid.ways[pair][1] == bend else 0)


def _arrows_down(laid: Layered, edges: Mapping[tuple[str, str], _Edge], boxes: Mapping[Place, Box]) -> list[Arrow]:
    leaving, coming = _ports(laid, boxes, leaving=True), _ports(laid, boxes, leaving=False)
    said: dict[Place, int] = {}
    arrows: list[Arrow] = []
    for pair, way in laid.ways.items():
        points = [boxes[place] for place in way]
        xs = [leaving[pair], *(box.middle for box in points[1:-1]), coming[pair]]
        path = ""
        for at, (upper, lower) in enumerate(pairwise(points)):
            top, bottom = upper.y + (_HEIGHT if at == 0 else 0), lower.y
            path += f"M{xs[at]:g} {top:g}" if at == 0 else f"L{xs[at]:g} {(top := top + _HEIGHT):g}"
            half = (top + bottom) / 2
            path += f"C{xs[at]:g} {half:g} {xs[at + 1]:g} {half:g} {xs[at + 1]:g} {bottom - 2:g}"
        x, y = xs[1], points[1].y + _HEIGHT / 2 + 4
        if len(way) == 2:
            count = said[pair[1]] = said.get(pair[1], -1) + bool(edges[pair].words)
            share = max(0.3, 0.74 - 0.3 * max(count, 0))
            bend = share * share * (3 - 2 * share)  # of the curve, whose ends are upright
            x, y = xs[0] + (xs[1] - xs[0]) * bend, points[1].y - _GAP + _GAP * share
        arrows.append(Arrow(path, edges[pair].words, x, y, edges[pair].sometimes))
    return arrows


def _ports(laid: Layered, boxes: Mapping[Place, Box], *, leaving: bool) -> dict[tuple[str, str], float]:
    """Return where each arrow meets its box: side by side, in the order of the other ends."""
    found: dict[tuple[str, str], float] = {}
    for name, box in boxes.items():
        pairs = [pair for pair in laid.ways if pair[0 if leaving else 1] == name]
        pairs.sort(key=lambda pair: boxes[laid.ways[pair][1 if leaving else -2]].middle)
        room = min(24.0, box.width / (len(pairs) + 1))
        for at, pair in enumerate(pairs):
            found[pair] = box.middle + (at - (len(pairs) - 1) / 2) * room
    return found


def _arrow_back(edge: _Edge, source: Box, target: Box, lane: float, boxes: Collection[Box]) -> Arrow:
    """Lead around on the right: to a step above, or to the same one."""
    start, end = source.x + source.width, target.x + target.width
    down, up = source.y + _HEIGHT / 2 + 8, target.y + _HEIGHT / 2 - 8
    path, close = f"M{start:g} {down:g}", f"H{end + 2:g}"
    if source == target and _is_last(source, boxes):
        lane = start + _LANE - 6
    if not _is_last(source, boxes):  # through the gap below, for there is a box beside it
        down = source.y + _HEIGHT + 14
        path = f"M{start - 14:g} {source.y + _HEIGHT:g}V{down - 6:g}Q{start - 14:g} {down:g} {start - 8:g} {down:g}"
    if not _is_last(target, boxes):
        up = target.y - 14
        close = f"H{end - 8:g}Q{end - 14:g} {up:g} {end - 14:g} {up + 6:g}V{target.y - 2:g}"
    path += f"H{lane - 8:g}Q{lane:g} {down:g} {lane:g} {down - 8:g}V{up + 8:g}Q{lane:g} {up:g} {lane - 8:g} {up:g}"
    return Arrow(path + close, edge.words, lane + 6, (down + up) / 2 + 4, edge.sometimes, beside=True)


def _is_last(box: Box, boxes: Collection[Box]) -> bool:
    """Whether no other box stands to the right of it."""
    return not any(one.y == box.y and one.x > box.x and one.width for one in boxes)
