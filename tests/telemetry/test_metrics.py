"""What is counted is what happened, once, though the worker replays every run from its beginning."""

from __future__ import annotations

from collections import Counter

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics  # pyright: ignore[reportUnknownVariableType]  # untyped
from prometheus_client.parser import text_string_to_metric_families as plain

from activities.states import show_states
from api.telling import show_checks
from telemetry.families import FAMILIES
from telemetry.ids import trace_of
from telemetry.metrics import exemplar_of
from telemetry.recording import Recorder
from tests.conftest import eventually
from tests.telemetry.stage import TITLE, Stage

pytestmark = pytest.mark.server
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples_in(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in openmetrics(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


RECORDED = {"workflow": "RecordOrder"}
COUNTED: list[tuple[str, dict[str, str], int]] = [
    ("durable_steps_runs_started_total", {**RECORDED, "trigger": "hook"}, 1),
    ("durable_steps_runs_ended_total", {**RECORDED, "outcome": "completed"}, 1),
    ("durable_steps_run_seconds_count", RECORDED, 1),
    ("durable_steps_steps_ended_total", {**RECORDED, "step": "start", "outcome": "completed"}, 1),
    ("durable_steps_steps_ended_total", {**RECORDED, "step": "create_record", "outcome": "retried"}, 1),
    ("durable_steps_steps_ended_total", {**RECORDED, "step": "create_record", "outcome": "completed"}, 1),
    ("durable_steps_step_seconds_count", RECORDED, 3),
    ("durable_steps_calls_total", {**RECORDED, "call": "notion", "provider": "notion", "outcome": "ok"}, 2),
    ("durable_steps_calls_total", {**RECORDED, "call": "notion", "provider": "notion", "outcome": "notion-error"}, 1),
    ("durable_steps_triggers_total", {**RECORDED, "outcome": "started"}, 1),
    (
        "durable_steps_http_requests_total",
        {"method": "POST", "route": "/hooks/{workflow}/{secret}", "status": "202"},
        1,
    ),
]


async def test_a_run_is_counted_exactly_though_it_is_replayed_at_every_turn(stage: Stage, recorded: str):
    samples = samples_in(await stage.scraped())
    found = [(name, labels, value(samples, name, **labels)) for name, labels, _ in COUNTED]
    assert found == COUNTED
    # Of every workflow together: the delayed step and its second attempt are among them.
    assert value(samples, "durable_steps_timer_lag_seconds_count") >= 2


async def test_each_request_that_notion_had_is_counted(stage: Stage, recorded: str):
    samples = samples_in(await stage.scraped())
    had = Counter((call["method"], str(call["status"])) for call in stage.notion.workspace.calls.as_json())
    assert had["POST", "200"] == had["GET", "503"] == 1
    for (method, status), number in had.items():
        labels = {"provider": "notion", "method": method, "status": status}
        assert value(samples, "durable_steps_requests_total", **labels) == number
    assert value(samples, "durable_steps_request_seconds_count", provider="notion") == sum(had.values())


def test_the_same_is_told_once_until_much_else_was_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("telemetry.recording._MOST_KEPT", 3)
    told = Recorder()
    assert [told.first("run", what) for what in "aabcaba"] == [True, False, True, True, False, False, False]
    assert [told.first("run", what) for what in "dabd"] == [True, True, True, False]


async def test_what_fails_and_what_comes_twice_is_counted_as_that(stage: Stage):
    before = samples_in(await stage.scraped())
    first = await stage.trigger("Broken", "broken-1")
    assert await stage.trigger("Broken", "broken-1") == first
    await stage.end(first)
    after = samples_in(await stage.scraped())
    for name, labels in [
        ("durable_steps_runs_started_total", {"workflow": "Broken", "trigger": "hook"}),
        ("durable_steps_runs_ended_total", {"workflow": "Broken", "outcome": "failed"}),
        ("durable_steps_steps_ended_total", {"workflow": "Broken", "step": "start", "outcome": "failed"}),
        ("durable_steps_triggers_total", {"workflow": "Broken", "outcome": "started"}),
        ("durable_steps_triggers_total", {"workflow": "Broken", "outcome": "duplicate"}),
    ]:
        assert value(after, name, **labels) - value(before, name, **labels) == 1, (name, labels)


async def test_a_run_that_parks_is_counted_once_however_often_it_is_tried(stage: Stage):
    run = await stage.trigger("Parking", "parking-1")
    handle = stage.client.get_workflow_handle(run)

    async def tried() -> bool:
        return (await handle.describe()).raw_description.pending_workflow_task.attempt > 1

    await eventually(tried)
    samples = samples_in(await stage.scraped())
    await handle.terminate()
    assert value(samples, "durable_steps_runs_parked_total", workflow="Parking") == 1
    assert value(samples, "durable_steps_runs_started_total", workflow="Parking", trigger="hook") == 1


async def test_what_comes_from_outside_makes_no_series(stage: Stage):
    await stage.post("/hooks/no-such-workflow-at-all/secret", json={})
    text = await stage.scraped()
    assert "no-such-workflow-at-all" not in text
    assert value(samples_in(text), "durable_steps_triggers_total", workflow="unknown", outcome="refused") == 1


async def test_both_formats_can_be_read_and_show_every_family_and_no_other(stage: Stage, recorded: str):
    ours = {family.name for family in FAMILIES}
    assert {family.name for family in openmetrics(await stage.scraped())} == ours
    names = {family.name for family in plain(await stage.scraped("text/plain"))}
    assert {name for name in names if not name.endswith("_created")} == ours


async def test_a_number_leads_to_a_run(stage: Stage, recorded: str):
    exemplars = [
        sample.exemplar.labels
        for family in openmetrics(await stage.scraped())
        for sample in family.samples
        if sample.exemplar and sample.labels.get("workflow") == "RecordOrder"
    ]
    assert {"run": recorded, "trace_id": trace_of(recorded)} in exemplars


@pytest.mark.parametrize("length", [1, 85, 86, 300])
def test_an_exemplar_is_never_too_long(length: int):
    found = exemplar_of("r" * length)
    assert found is not None
    assert sum(len(name) + len(text) for name, text in found.items()) <= 128
    assert ("run" in found) == (length <= 85)
    assert found["trace_id"] == trace_of("r" * length)


async def test_the_state_of_connections_vault_and_checks_is_shown(stage: Stage):
    await show_states(stage.vault)
    await show_checks(stage.app.state.services)
    samples = samples_in(await stage.scraped())
    assert value(samples, "durable_steps_connections", provider="notion", state="active") == 1
    assert value(samples, "durable_steps_vault_up") == 1
    states = {check: value(samples, "durable_steps_check", check=check, state="ok") for check in ("temporal", "vault")}
    assert states == {"temporal": 1, "vault": 1}


async def test_nothing_of_what_runs_work_on_is_shown(stage: Stage, recorded: str):
    text = await stage.scraped()
    assert TITLE not in text
    assert "ntn_canary_" not in text
