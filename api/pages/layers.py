"""Putting the nodes of a small directed graph into layers, so that its edges lead down as far as they can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_SWEEPS = 4


@dataclass(frozen=True)
class Bend:
    """Where an edge passes a layer between its ends."""

    source: str
    target: str
    layer: int


Place = str | Bend


@dataclass(frozen=True)
class Layered:
    """The layers from the top, the way of each edge that leads down, and the edges that lead back or to themselves."""

    layers: list[list[Place]]
    ways: dict[tuple[str, str], list[Place]] = field(default_factory=dict[tuple[str, str], list[Place]])
    back: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def layered(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> Layered:
    """Lay the nodes out; the first is at the top, and so is each that no edge leads to."""
    back = _leading_back(nodes, edges)
    down = [edge for edge in dict.fromkeys(edges) if edge not in back]
    depth = _depths(nodes, down)
    found = Layered([[] for _ in range(max(depth.values(), default=-1) + 1)], back=list(back))
    for node in nodes:
        found.layers[depth[node]].append(node)
    for source, target in down:
        bends = [Bend(source, target, layer) for layer in range(depth[source] + 1, depth[target])]
        found.ways[source, target] = [source, *bends, target]
        for bend in bends:
            found.layers[bend.layer].append(bend)
    _untangle(found)
    return found


def _leading_back(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[tuple[str, str], None]:
    """Return the edges that close a circle, as they are met on a walk from the first node."""
    following = {node: [target for source, target in edges if source == node] for node in nodes}
    found: dict[tuple[str, str], None] = {}
    done: set[str] = set()
    for root in nodes:
        walk = [(root, iter(following[root]))] if root not in done else []
        above = {root}
        while walk:
            node, rest = walk[-1]
            target = next(rest, None)
            if target is None:
                done.add(node)
                above.discard(node)
                walk.pop()
            elif target in above:
                found[node, target] = None
            elif target not in done:
                above.add(target)
                walk.append((target, iter(following[target])))
    return found


def _depths(nodes: Sequence[str], down: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the layer of each node: one below the lowest that leads to it."""
    depth = dict.fromkeys(nodes, 0)
    for _ in nodes:  # without circles, no way is longer than there are nodes
        for source, target in down:
            depth[target] = max(depth[target], depth[source] + 1)
    return depth


def _untangle(found: Layered) -> None:
    """Sort each layer by the middle of what it hangs on, down and up again, so that fewer edges cross."""
    pairs = [pair for way in found.ways.values() for pair in pairwise(way)]
    above: dict[Place, list[Place]] = {}
    below: dict[Place, list[Place]] = {}
    for upper, lower in pairs:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    for sweep in range(_SWEEPS):
        downward = sweep % 2 == 0
        for layer in found.layers[1:] if downward else found.layers[-2::-1]:
            _sort(layer, above if downward else below, _positions(found))


def _positions(found: Layered) -> dict[Place, float]:
    return {place: (at + 0.5) / len(layer) for layer in found.layers for at, place in enumerate(layer)}


def _sort(layer: list[Place], neighbours: Mapping[Place, Sequence[Place]], position: Mapping[Place, float]) -> None:
    def middle(place: Place) -> float:
        around = neighbours.get(place)
        return sum(position[one] for one in around) / len(around) if around else position[place]

    layer.sort(key=middle)
