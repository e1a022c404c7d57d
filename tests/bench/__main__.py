"""`python -m tests.bench [--check | --write]`: measure, print, and compare with or replace the baseline."""

from __future__ import annotations

import argparse
import sys

from tests.bench import report
from tests.bench.measure import Result, measure
from tests.bench.servers import can_measure

RUNS = 3


def check(result: Result) -> list[str]:
    """What is worse than committed; measured again before it is believed, since the machine is shared."""
    baseline = report.committed_ratios()
    lowest = report.ratios(result)
    for _ in range(RUNS - 1):
        if not (baseline and report.faults(lowest, baseline)):
            break
        print("worse than committed: measuring once more")
        again = measure()
        report.print_table(again)
        report.write(report.LATEST, again)
        lowest = report.better(lowest, report.ratios(again))
    return report.faults(lowest, baseline)


def main() -> int:
    """0 when all is well, 1 when --check found something worse, 2 where nothing can be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="fail when a ratio is a quarter worse")
    choice.add_argument("--write", action="store_true", help="make this run the baseline")
    chosen = parser.parse_args()
    if not can_measure():
        print("needs Linux with /proc/<pid>/schedstat", file=sys.stderr)
        return 2
    result = measure()
    report.print_table(result)
    report.write(report.LATEST, result)
    print("\n".join(report.above_mark(result)))
    if chosen.write:
        report.write(report.BASELINE, result)
    worse = check(result) if chosen.check else []
    print("\n".join(worse))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
