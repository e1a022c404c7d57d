"""`python -m tests.bench [--check | --write]`: measure, print, and compare with or replace the baseline."""

from __future__ import annotations

import argparse
import sys

from tests.bench import report
from tests.bench.measure import Result, measure
from tests.bench.servers import can_measure


def check(result: Result) -> list[str]:
    """What is worse than committed; measured once more before it is believed, since the machine is shared."""
    baseline = report.committed_ratios()
    found = report.faults(result, baseline)
    if not (found and baseline):
        return found
    print("worse than committed: measuring once more")
    again = measure()
    report.print_table(again)
    report.write(report.LATEST, again)
    return report.faults(again, baseline)


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
    if chosen.write:
        report.write(report.BASELINE, result)
    worse = check(result) if chosen.check else []
    print("\n".join(worse))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
