"""`python -m tests.bench [--check | --write | --peers | --soak MINUTES]`: measure, print, compare, commit."""

from __future__ import annotations

import argparse
import sys

from tests.bench import latency, process, report, tokens
from tests.bench.measure import Result, measure, measure_all
from tests.bench.peers.measured import compare
from tests.bench.servers import can_measure
from tests.bench.soak import soak

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


def everything() -> None:
    """All that is measured of the service alone, into the file of the latest run."""
    result = measure_all()
    report.print_table(result)
    print("\n".join(report.above_mark(result)))
    parts = {
        "Small requests beside large records": latency.beside_large,
        "Tokens": tokens.tokens,
        "Start": process.start,
        "Memory": process.memory,
        "Two workers": process.two_workers,
        "Recommendations that a call does not touch": process.untouched_content,
    }
    more: dict[str, object] = {"rows": report.rows(result), "memory_mb": result.memory_mb}
    for title, measured in parts.items():
        found = more[title] = measured()
        report.print_lines(title, found)
    report.write(report.LATEST, result, **more)


def held(writing: bool) -> int:
    """The committed ratios: compared with, or replaced."""
    result = measure()
    report.print_table(result)
    report.write(report.LATEST, result)
    if writing:
        report.write(report.BASELINE, result)
    worse = [] if writing else check(result)
    print("\n".join(worse))
    return 1 if worse else 0


def peers() -> None:
    """The same requests to other services."""
    for line in compare():
        report.print_lines(str(line.pop("body")), line)


def main() -> int:
    """0 when all is well, 1 when something is worse or grows, 2 where nothing can be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="fail when a ratio is a quarter worse")
    choice.add_argument("--write", action="store_true", help="make this run the baseline")
    choice.add_argument("--peers", action="store_true", help="the same requests to other services")
    choice.add_argument("--soak", type=float, metavar="MINUTES", help="mixed load; fail when anything grows")
    chosen = parser.parse_args()
    if not can_measure():
        print("needs Linux with /proc/<pid>/schedstat", file=sys.stderr)
        return 2
    if chosen.soak:
        grown = soak(chosen.soak)
        print("\n".join(grown) or "nothing grew")
        return 1 if grown else 0
    if chosen.check or chosen.write:
        return held(chosen.write)
    peers() if chosen.peers else everything()
    return 0


if __name__ == "__main__":
    sys.exit(main())
