from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.cases import CASES, MAIN
from bench.flows import FLOWS
from bench.handwritten import HANDWRITTEN
from bench.measure import MEASURES, Figure, compare
from bench.memory import MEASURES as MEMORY
from bench.pacing import WAYS
from bench.place import SHIPPED, without_delay
from bench.race import MEASURES as MAIN_MEASURES
from bench.starts import AT_ONCE, PAIRS, Lap
from bench.table import as_json, as_text, ending
from bench.timers import MEASURES as TIMERS

STARTS = [f"{name}-{at_once}" for at_once in AT_ONCE for name in Lap.__annotations__]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def started() -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Both programs, side by side: what they print is looked at, and not how fast they are."""
    commands = {
        "bench": ["bench", "--all", "--runs", "1", "--rounds", "1", "--json"],
        "pacing": ["bench.pacing", "--calls", "8", "--rate", "20", "--way", "steps", "--way", "server"],
    }
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for name, command in commands.items()
    }
    yield running
    for process in running.values():
        process.kill()
        process.communicate()


def printed(process: subprocess.Popen[str]) -> str:
    """Wait for its end and return what it has printed."""
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return output


@pytest.mark.server
@pytest.mark.timeout(250)
def test_each_case_completes_on_both_sides_and_gives_a_ratio_for_each_measure(
    started: dict[str, subprocess.Popen[str]],
) -> None:
    cases = json.loads(printed(started["bench"]))["cases"]
    pairs = [f"starts {ours}/{theirs}" for ours, theirs in PAIRS]
    assert list(cases) == [MAIN, *pairs, "memory", "timers", *(case.name for case in CASES)]
    measured = {MAIN: list(MAIN_MEASURES), "timers": list(TIMERS), "memory": list(MEMORY)}
    for name, measures in cases.items():
        assert list(measures) == (STARTS if name in pairs else measured.get(name, list(MEASURES)))
        # The server is the same for both, so that its memory has no ratio; starts that took less than a tick have none.
        told = [measure for measure in measures if not measure.startswith(("server-", "front-"))]
        assert all(measures[measure]["steps"] >= 0 for measure in told)
    # The main job is given what it needs, so that it has the events of hand-written Temporal.
    assert cases[MAIN]["events"]["ratio"] == 1
    # Steps without delay or call make no history; these are started by a plain client, so that they look for variables.
    assert cases["chain"]["events"]["steps"] == cases["chain"]["events"]["hand"] + 1


def test_an_unknown_case_is_refused_with_the_names_of_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "nothing"])
    told = capsys.readouterr().err
    assert all(case.name in told for case in CASES)


@pytest.mark.parametrize("option", ["--runs", "--rounds"])
def test_no_runs_are_refused(option: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([option, "0"])


def test_the_main_job_ends_with_the_ratio() -> None:
    report = {MAIN: {"throughput": Figure(43, 50, 0.861, 0.8, 0.9)}}
    assert ending(report, {"temporalio": "1"}) == "temporalio 1\nratio throughput 0.86"


def test_the_main_job_is_the_shipped_workflow_without_its_delay() -> None:
    source = SHIPPED.read_text(encoding="utf-8")
    before, after = source.splitlines(), without_delay(source).splitlines()
    assert [(old.strip(), new.strip()) for old, new in zip(before, after, strict=True) if old != new] == [
        ("delay=10,", "delay=0,")
    ]
    with pytest.raises(ValueError, match="another delay"):
        without_delay(source.replace("delay=10", "delay=20"))


def test_every_case_is_written_for_both_sides() -> None:
    assert [f"Steps{case.shape}" for case in CASES] == [cls.__name__ for cls in FLOWS]
    assert [f"Hand{case.shape}" for case in CASES] == [cls.__name__ for cls in HANDWRITTEN]


def test_ratios_are_those_of_pairs_so_that_a_slow_minute_counts_for_neither() -> None:
    figure = compare([10, 100, 12], [5, 50, 6])
    assert figure == Figure(steps=12, hand=6, ratio=2, low=2, high=2)


def test_a_single_pair_has_no_spread() -> None:
    assert compare([3], [2]) == Figure(3, 2, 1.5, 1.5, 1.5)


def test_the_tables_are_those_of_the_docs() -> None:
    figure, alone = Figure(1234.5, 99.44, 12.414, 1, 13), Figure(80, *[float("nan")] * 4)
    small = dict.fromkeys(MEASURES, figure)
    report = {
        MAIN: {"throughput": figure, "worker": figure, "events": Figure(11, 11, 1, 1, 1)},
        "starts trigger/app": {"p50-1": figure, "rate-64": figure},
        "timers": {"max": figure},
        "memory": {"server-idle-rss": alone},
        "chain": small,
    }
    assert (
        as_text(report)
        == """\
| main job | steps | by hand | ratio | quartiles |
|---|---|---|---|---|
| runs a second, 16 at a time | 1,234 | 99.4 | 12.41 | 1.00 - 13.00 |
| worker CPU a run | 1,234 ms | 99.4 ms | 12.41 | 1.00 - 13.00 |
| history events a run | 11 | 11 | 1.00 | |

| the trigger against a route by hand | steps | by hand | ratio | quartiles |
|---|---|---|---|---|
| latency of a start, median, one at a time | 1,234 ms | 99.4 ms | 12.41 | 1.00 - 13.00 |
| starts a second, 64 at a time | 1,234 | 99.4 | 12.41 | 1.00 - 13.00 |

| timers | steps | by hand | ratio | quartiles |
|---|---|---|---|---|
| lateness, the latest | 1,234 ms | 99.4 ms | 12.41 | 1.00 - 13.00 |

| memory | steps | by hand | ratio | quartiles |
|---|---|---|---|---|
| Temporal server, for both, at rest, RSS | 80 MiB | | | |

| smaller cases | wall time | runs per second | worker CPU | events |
|---|---|---|---|---|
| `chain`: a chain of 30 steps | 12.41 | 12.41 | 12.41 | 12.41 (1,234 / 99.4) |"""
    )


def test_json_names_the_versions() -> None:
    report = {"chain": {"wall": Figure(2, 1, 2, 2, 2)}}
    shown = json.loads(as_json(report, {"temporalio": "1"}))
    assert shown["versions"] == {"temporalio": "1"}
    assert shown["cases"]["chain"]["wall"]["ratio"] == 2


@pytest.mark.server
@pytest.mark.timeout(250)
def test_a_burst_is_paced_by_us_and_by_hand(started: dict[str, subprocess.Popen[str]]) -> None:
    lines = printed(started["pacing"]).splitlines()[2:]
    assert [line[:44].rstrip() for line in lines] == [WAYS["steps"], WAYS["server"]]
    assert all(re.fullmatch(r"\s+\d+\s+[\d.]+%\s+[\d.]+\s+[\d.]+", line[44:]) for line in lines), lines
