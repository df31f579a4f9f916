"""How the steps of a workflow are drawn."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.diagram import UNKNOWN, diagram_of
from api.pages.layers import layered
from api.pages.step_words import sentence_of, words_of
from steps.outline import Link, Outline, StepCode

NAMES = ["start", "load", "a_step_with_quite_a_long_name", "send", "ask", "f", "g", "h", "finish", "report", "k", "l"]
links = st.builds(
    Link,
    st.sampled_from(NAMES),
    st.sampled_from([*NAMES[1:], None, "no_step"]),
    st.sampled_from(["next", "each", "event", "timeout"]),
    delay=st.sampled_from([None, "10 seconds", "varies"]),
    sometimes=st.booleans(),
)


def outline(*links: Link) -> Outline:
    return Outline(tuple(StepCode(name, "", 1) for name in NAMES), (), links, (), False, ())


@given(st.lists(links, max_size=30))
def test_no_two_boxes_touch_and_every_way_has_an_arrow(found: list[Link]):
    drawn = diagram_of(outline(*found))
    assert len(drawn.arrows) == len({(link.source, link.target) for link in found})
    assert len(drawn.boxes) == len({*NAMES, *(link.target or UNKNOWN for link in found)})
    for a, b in combinations(drawn.boxes, 2):
        assert a.y != b.y or a.x + a.width < b.x or b.x + b.width < a.x
    for box in drawn.boxes:
        assert box.x >= 0
        assert box.x + box.width <= drawn.width
        assert box.y + box.height <= drawn.height


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=30))
def test_every_way_leads_down_or_closes_a_circle(edges: list[tuple[str, str]]):
    found = layered(NAMES, edges)
    assert {*found.ways, *found.back} == set(edges)
    assert not {*found.ways} & {*found.back}
    layer_of = {place: depth for depth, layer in enumerate(found.layers) for place in layer}
    for way in found.ways.values():
        assert [layer_of[place] for place in way] == list(range(layer_of[way[0]], layer_of[way[-1]] + 1))
    assert layer_of["start"] == 0 or any(target == "start" for _, target in edges)


def test_what_waits_for_a_group_hangs_below_its_steps():
    drawn = diagram_of(
        outline(Link("start", "load", "each", many=True), Link("start", "report", "all", after=("load",)))
    )
    at = {box.text: box.y for box in drawn.boxes}
    assert at["start"] < at["load"] < at["report"]
    assert [arrow.words for arrow in drawn.arrows] == ["for each", "when all have ended"]


def test_what_is_no_step_and_what_only_a_run_can_tell_look_so():
    drawn = diagram_of(outline(Link("start", None), Link("start", "laod")))
    kinds = {box.text: box.kind for box in drawn.boxes}
    assert (kinds["start"], kinds["load"], kinds["laod"], kinds[UNKNOWN]) == ("start", "step", "missing", "unknown")


@pytest.mark.parametrize(
    ("link", "words", "sentence"),
    [
        (Link("a", "b"), "", ""),
        (Link("a", "b", delay="1 day"), "after 1 day", "after 1 day"),
        (Link("a", "b", delay="varies"), "later", "after a time that the run works out"),
        (Link("a", "b", many=True, sometimes=True), "repeatedly", "perhaps several times, sometimes"),
        (Link("a", "b", "each", "1 hour", many=True), "for each, after 1 hour", "once for each payload, after 1 hour"),
        (Link("a", "b", "all", after=("c",)), "when all have ended", "when all branches of c have ended"),
        (Link("a", "b", "all"), "when all have ended", "when all branches of the group have ended"),
        (Link("a", "b", "event"), "on an event", "when an event comes"),
        (Link("a", "b", "timeout", "3 days"), "no event in 3 days", "when no event comes within 3 days"),
        (Link("a", "b", "timeout", "varies"), "when no event comes", "when no event comes"),
    ],
)
def test_an_arrow_says_when_in_few_words_and_the_list_in_more(link: Link, words: str, sentence: str):
    assert (words_of(link), sentence_of(link)) == (words, sentence)
