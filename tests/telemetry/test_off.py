"""What is off costs nothing, and what is away holds nothing up."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from local.ports import choose
from settings import ROOT, Settings
from telemetry import recording
from telemetry.families import RUN_SECONDS, RUNS_ENDED, VAULT_UP
from telemetry.ids import new_span, trace_of
from telemetry.spans import Span
from telemetry.traces import Traces


def traces(share: float = 1.0) -> Traces:
    given = {"traces_url": f"http://127.0.0.1:{choose(0, set())}", "traces_share": share}
    return Traces(Settings(_env_file=None, **given), "tests")  # pyright: ignore[reportCallIssue, reportArgumentType]  # pydantic-settings' own


def test_nothing_of_it_is_imported_unless_a_setting_asks_for_it():
    program = """
import sys, api.app, worker
worker.core_runtime(worker.Settings(_env_file=None))
print([name for name in ("prometheus_client", "opentelemetry.sdk", "opentelemetry.exporter") if name in sys.modules])
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_collector_that_is_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("telemetry.traces._SECONDS_TO_END", 0.1)
    sending = traces()
    now = time.time_ns()
    sending.tell(Span(new_span(trace_of("a/1")), "run A", now, now, {}))
    began = time.monotonic()
    sending.close()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.5, 400, 600), (1.0, 1_000, 1_000)])
def test_a_share_of_the_runs_is_traced_and_every_process_takes_the_same(share: float, least: int, most: int):
    one, other = traces(share), traces(share)
    runs = [trace_of(f"order-to-notion/{number}") for number in range(1_000)]
    taken = [run for run in runs if one.wants(run)]
    assert least <= len(taken) <= most
    assert taken == [run for run in runs if other.wants(run)]
    one.close()
    other.close()


class Broken:
    """Whoever listens, with a mistake in it."""

    def __getattr__(self, name: str) -> Any:
        raise ValueError("a mistake")


def test_a_mistake_in_what_is_told_stops_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    broken: Any = Broken()
    monkeypatch.setattr(recording, "_active", recording.Recorder(broken, broken))
    recording.count(RUNS_ENDED, "A", "failed", run="a/1")
    recording.prepare(RUNS_ENDED, "A", "failed")
    recording.observe(RUN_SECONDS, 1.0, "A")
    recording.show(VAULT_UP, {(): 1.0})
    recording.tell(Span(new_span(trace_of("a/1")), "run A", 0, 1, {}))
    assert [record.message for record in caplog.records] == ["Not told"] * 5
