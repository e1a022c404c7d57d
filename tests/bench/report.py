"""The table, the file of the latest run, and the comparison with the committed ratios."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.measure import Result

HERE = Path(__file__).parent
BASELINE = HERE / "baseline.json"
LATEST = HERE.parents[1] / ".bench" / "latest.json"
WORSE = 1.25

Ratios = dict[str, dict[str, float]]


def ratios(result: Result) -> Ratios:
    """Ratio by size and mode, two decimals."""
    found: Ratios = {}
    for row in result.rows:
        found.setdefault(row.size, {})[row.mode] = round(row.ratio, 2)
    return found


def print_table(result: Result) -> None:
    """One line for each size and mode."""
    table = Table(title="CPU a request; the floor decodes the body and answers fixed bytes")
    headings = (
        "body",
        "mode",
        "bytes",
        "floor µs",
        "service µs",
        "ratio",
        "msgspec",
        "p50 ms",
        "p99 ms",
        "floor p99",
    )
    for heading in headings:
        table.add_column(heading, justify="left" if heading in ("body", "mode") else "right")
    for row in result.rows:
        other = f"{row.ratio_msgspec:.2f}" if row.ratio_msgspec else ""
        costs = (f"{row.floor_us:.0f}", f"{row.service_us:.0f}", f"{row.ratio:.2f}", other)
        times = (f"{row.p50_ms:.2f}", f"{row.p99_ms:.2f}", f"{row.floor_p99_ms:.2f}")
        table.add_row(row.size, row.mode, str(row.bytes), *costs, *times)
    memory = ", ".join(f"{name} {used:.0f} MB" for name, used in result.memory_mb.items())
    console = Console(width=110)
    console.print(table)
    console.print(f"resident memory: {memory}; Python {platform.python_version()}", highlight=False)


def write(path: Path, result: Result, **more: object) -> None:
    """The ratios, what they were measured with, and whatever else was measured in the run."""
    path.parent.mkdir(exist_ok=True)
    content = {"python": platform.python_version(), "ratios": ratios(result), **more}
    path.write_text(json.dumps(content, indent=2) + "\n")


def rows(result: Result) -> list[dict[str, object]]:
    """Every number of the table."""
    return [asdict(each) for each in result.rows]


def print_lines(title: str, lines: Mapping[str, object]) -> None:
    """One measurement and what came of it."""
    console = Console(width=110)
    console.print(f"\n[bold]{title}[/bold]")
    for name, value in lines.items():
        console.print(f"  {name}: {value:.2f}" if isinstance(value, float) else f"  {name}: {value}")


def above_mark(result: Result) -> list[str]:
    """Every ratio above its mark, in a sentence each."""
    return [
        f"{size} {mode}: {ratio:.2f} times the floor, above the mark of {most:g}"
        for size, modes in ratios(result).items()
        for mode, ratio in modes.items()
        if (most := mark(size, mode)) is not None and ratio > most
    ]


def mark(size: str, mode: str) -> float | None:
    """How often the floor's CPU a call may cost; None where nobody set a mark."""
    if mode == "repeated" and size == "1 KB":
        return 2.0
    return {"first": 3.0, "repeated": 1.0}.get(mode)


def faults(measured: Ratios, baseline: Ratios) -> list[str]:
    """Every ratio a quarter worse than the committed one, in a sentence each."""
    found: list[str] = []
    for size, modes in measured.items():
        for mode, ratio in modes.items():
            committed = baseline.get(size, {}).get(mode)
            if committed is None:
                found.append(f"{size} {mode}: nothing is committed to compare with")
            elif ratio > committed * WORSE:
                found.append(f"{size} {mode}: {ratio:.2f} times the floor; committed is {committed:.2f}")
    return found


def better(one: Ratios, other: Ratios) -> Ratios:
    """The lower ratio of two runs: what else the machine does only ever adds to it."""
    return {
        size: {mode: min(ratio, other[size][mode]) for mode, ratio in modes.items()}
        for size, modes in one.items()
    }


def committed_ratios() -> Ratios:
    """The ratios of baseline.json; empty when there is none yet."""
    if not BASELINE.exists():
        return {}
    loaded: Ratios = json.loads(BASELINE.read_text())["ratios"]
    return loaded
