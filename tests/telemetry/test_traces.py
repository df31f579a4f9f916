"""One run, one trace: from the trigger over steps and calls to each request that Notion had."""

from __future__ import annotations

import pytest

from steps.journal import Journal
from telemetry.ids import run_span, trace_of
from tests.telemetry.receiver import Seen
from tests.telemetry.stage import HANDLE, TITLE, Stage

pytestmark = pytest.mark.server
CALLER = "0af7651916cd43dd8448eb211c80319c"


def tree(spans: list[Seen], parent: str = "", depth: int = 0) -> list[str]:
    """Return the spans' names, each below its parent, in the order of time."""
    below = sorted((span for span in spans if span.parent == parent), key=lambda span: (span.began, span.ended))
    return [line for span in below for line in (f"{'  ' * depth}{span.name}", *tree(spans, span.id, depth + 1))]


def one(spans: list[Seen], name: str, **attributes: str | int) -> Seen:
    wanted = {f"durable_steps.{key}": value for key, value in attributes.items()}.items()
    found = [span for span in spans if span.name == name and wanted <= span.attributes.items()]
    assert len(found) == 1, f"{name} {attributes}: {len(found)}"
    return found[0]


async def test_the_trace_of_a_run_is_a_tree_from_the_trigger_to_notion(stage: Stage, recorded: str):
    spans = await stage.spans_of(recorded)
    asked = [f"{call['method']} {call['path']}" for call in stage.notion.workspace.calls.as_json()]
    lines = tree(spans)
    assert len(lines) == len(spans), "every span is below the trigger"
    assert [line for line in lines if not line.startswith("        ")] == [
        "POST /hooks/{workflow}/{secret}",
        "  run RecordOrder",
        "    step start",
        "    step create_record",
        "    step create_record",
        "      call notion",
        "      call notion",
        "      call notion",
    ]
    assert sum(line.startswith("        ") for line in lines) == len(asked)
    assert lines.count("        POST /v1/pages") == 1
    assert lines.count("        GET /v1/pages/{id}") == 2


async def test_replays_tell_no_span_twice(stage: Stage, recorded: str):
    spans = await stage.spans_of(recorded)
    assert len({span.id for span in spans}) == len(spans)


async def test_spans_say_what_they_belong_to_and_how_it_went(stage: Stage, recorded: str):
    spans = await stage.spans_of(recorded)
    assert {span.attributes["durable_steps.run"] for span in spans} == {recorded}
    assert {span.attributes["durable_steps.workflow"] for span in spans} == {"RecordOrder"}
    first = one(spans, "step create_record", attempt=1, outcome="retried")
    assert (first.failed, first.attributes["error.type"]) == (True, "RuntimeError")
    assert not one(spans, "step create_record", attempt=2, outcome="completed").failed
    call = one([span for span in spans if span.failed], "call notion")
    assert call.attributes["error.type"] == "notion-error"
    sent = one(spans, "POST /v1/pages")
    assert sent.kind == "client"
    assert sent.attributes.items() >= {
        "durable_steps.step": "create_record", "durable_steps.branch": 1, "durable_steps.attempt": 2,
        "durable_steps.call": "notion", "durable_steps.connection": HANDLE, "durable_steps.provider": "notion",
        "http.request.method": "POST", "server.address": "api.notion.com", "url.template": "/v1/pages",
        "http.response.status_code": 200,
    }.items()  # fmt: skip
    trigger = one(spans, "POST /hooks/{workflow}/{secret}")
    assert (trigger.kind, trigger.attributes["http.response.status_code"]) == ("server", 202)


async def test_the_span_of_a_run_is_as_long_as_the_run(stage: Stage, recorded: str):
    spans = await stage.spans_of(recorded)
    run, steps = one(spans, "run RecordOrder"), [span for span in spans if span.name.startswith("step ")]
    assert run.id == run_span(recorded).span
    assert run.began <= min(span.began for span in steps)
    assert max(span.ended for span in steps) <= run.ended


async def test_the_trace_of_whoever_calls_is_linked_and_not_joined(stage: Stage):
    run = await stage.trigger("Broken", "traced-1", traceparent=f"00-{CALLER}-b7ad6b7169203331-01")
    await stage.end(run)
    spans = await stage.spans_of(run)
    assert one(spans, "POST /hooks/{workflow}/{secret}").links == [CALLER]
    assert all(span.trace != CALLER for span in stage.receiver.spans)
    ended = one(spans, "run Broken")
    assert (ended.failed, ended.attributes["error.type"]) == (True, "run-failed")


async def test_a_delivery_that_comes_again_is_in_the_trace_below_the_run(stage: Stage):
    run = await stage.trigger("Broken", "twice-1")
    assert await stage.trigger("Broken", "twice-1") == run
    await stage.end(run)
    parents = [span.parent for span in await stage.spans_of(run) if span.kind == "server"]
    assert parents == ["", run_span(run).span]


async def test_a_run_that_rolls_over_stays_in_its_trace_and_below_its_trigger(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Journal, "full", property(lambda journal: len(journal.rows) > 0))
    run = await stage.trigger("Chain", "rolling-1")
    await stage.end(run)
    first = await stage.client.get_workflow_handle(run).describe()
    assert first.run_id != first.raw_description.workflow_execution_info.first_run_id, "it has rolled over"
    assert tree(await stage.spans_of(run)) == [
        "POST /hooks/{workflow}/{secret}", "  run Chain", "    step start", "    step again", "    step again",
    ]  # fmt: skip
    text = await stage.scraped()
    assert 'durable_steps_runs_started_total{trigger="hook",workflow="Chain"} 1.0' in text
    assert 'durable_steps_runs_ended_total{outcome="completed",workflow="Chain"} 1.0' in text


async def test_a_run_that_another_client_has_started_has_a_trace_of_its_own(stage: Stage):
    run = "by-another-client/1"
    handle = await stage.client.start_workflow("Chain", {}, id=run, task_queue=stage.settings.task_queue)
    await handle.result()
    assert tree(await stage.spans_of(run)) == ["run Chain", "  step start", "  step again", "  step again"]


async def test_one_id_finds_everything_of_a_run(stage: Stage, recorded: str):
    trace = trace_of(recorded)
    assert {line["trace"] for line in stage.lines_of(recorded)} == {trace}
    assert len(await stage.spans_of(recorded)) > 5
    assert f'trace_id="{trace}"' in await stage.scraped()
    assert f'run="{recorded}"' in await stage.scraped()


async def test_nothing_of_what_a_run_works_on_is_sent(stage: Stage, recorded: str):
    assert await stage.spans_of(recorded)
    sent = b"".join(stage.receiver.bodies)
    assert TITLE.encode() not in sent
    assert b"ntn_canary_" not in sent
    paths = [call["path"] for call in stage.notion.workspace.calls.as_json()]
    ids = [path.split("/")[3] for path in paths if path.count("/") > 2]
    assert ids
    assert not any(one.encode() in sent for one in ids)


def test_the_headers_that_a_hosted_collector_wants_are_sent(stage: Stage):
    assert stage.receiver.headers
    assert all(headers["x-team"] == "shop" for headers in stage.receiver.headers)
