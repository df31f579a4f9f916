"""How many deliveries a trigger and a sender may make, and what is said of more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from settings import Settings
from tests.api.conftest import Place
from tests.api.signing import deliver


@pytest.mark.parametrize(
    ("names", "hosts"),
    [
        (["Echo"] * 4, ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]),
        (["Echo", "Failing", "Echo", "Failing"], ["::1"] * 4),
    ],
    ids=["of one trigger", "of one sender"],
)
async def test_more_deliveries_than_the_limit_are_told_when_to_come_again(
    make_place: Callable[..., Place], settings: Settings, running: Place, names: list[str], hosts: list[str]
):
    place = make_place(settings.model_copy(update={"deliveries_per_minute": 3}), running.app.state.services._client)
    answers = [await deliver(place, name, b"{}", host=host) for name, host in zip(names, hosts, strict=True)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[-1].json()["type"] == "too-many-deliveries"
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


async def test_what_one_sender_has_too_many_of_does_not_count_against_others(
    make_place: Callable[..., Place], settings: Settings
):
    place = make_place(settings.model_copy(update={"deliveries_per_minute": 3}))
    names = ["Failing"] * 3 + ["Echo"] * 3
    assert [(await deliver(place, name, b"[", host="10.0.0.1")).status_code for name in names] == [400] * 3 + [429] * 3
    assert [(await deliver(place, "Echo", b"[", host="10.0.0.2")).status_code for _ in range(3)] == [400] * 3


async def test_wrong_addresses_are_answered_alike_and_limited_sooner(
    make_place: Callable[..., Place], settings: Settings
):
    place = make_place(settings.model_copy(update={"deliveries_per_minute": 20}))
    async with place.browser() as sender:
        wrong = await sender.post("/hooks/echo/wrong", json={})
        unknown = await sender.post("/hooks/nothing/wrong", json={})
        assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
        assert (await sender.post("/hooks/echo/wrong", json={})).status_code == 429
