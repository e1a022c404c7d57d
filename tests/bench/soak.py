"""Mixed load for minutes: memory, file handles and latency must not grow."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.bench.bodies import Body, all_bodies, more_bodies
from tests.bench.connection import Connection, post
from tests.bench.measure import Series, path_of, prefetch_keys
from tests.bench.servers import Server, service

SAMPLES = 20
"""The time is cut into so many parts; the first quarter of them warms up."""
SHARES = {"1 KB": 40, "20 KB": 30, "20 KB view": 10, "20 KB select": 10, "100 KB": 6, "500 KB": 3, "3 MB": 1}
"""Of a hundred requests, how many are of each body."""
MORE_MEMORY, MORE_TIME, MORE_FILES = 1.10, 2.0, 4
"""How much more the last quarter may need than the second one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One part of the time: resident MB and file handles at its end, p99 in ms of the 20 KB requests."""

    memory: float
    files: float
    p99: float


def soak(minutes: float) -> list[str]:
    """What grew, in a sentence each. Every third request repeats a patient, one in fifty is refused."""
    with service() as server:
        with Connection(server.port) as connection:
            keys = prefetch_keys(connection)
        load = _load([*all_bodies(keys), *more_bodies(keys)])
        samples = [_sample(server, load, minutes * 60 / SAMPLES) for _ in range(SAMPLES)]
    quarter = SAMPLES // 4
    before, after = _middle(samples[quarter : 2 * quarter]), _middle(samples[-quarter:])
    for label, each in (("second quarter", before), ("last quarter", after)):
        print(f"{label}: {each.memory:.0f} MB, {each.files:.0f} files, p99 {each.p99:.1f} ms at 20 KB")
    grown = {
        "memory": after.memory > before.memory * MORE_MEMORY,
        "file handles": after.files > before.files + MORE_FILES,
        "latency": after.p99 > before.p99 * MORE_TIME,
    }
    return [f"{name} grew" for name, worse in grown.items() if worse]


def _load(bodies: list[Body]) -> Iterator[tuple[str, bytes]]:
    """The name of each body with its request, for ever; the same ones in every run."""
    pick, numbers = random.Random(1), count(1)
    weights = [SHARES[each.name] for each in bodies]
    while True:
        body, number = pick.choices(bodies, weights)[0], next(numbers)
        kind = number % 50
        sent = body.repeated(number) if number % 3 == 0 else body.first(number)
        yield body.name if kind else "refused", post(path_of(body), sent if kind else b"{}")


def _sample(server: Server, load: Iterator[tuple[str, bytes]], seconds: float) -> Sample:
    until, waited = time.monotonic() + seconds, Series()
    with Connection(server.port) as connection:
        while time.monotonic() < until or not waited.latency_ms:
            name, request = next(load)
            started = time.perf_counter()
            status, _ = connection.exchange(request)
            if status != (400 if name == "refused" else 200):
                raise ValueError(f"{name} was answered {status}")
            if name == "20 KB":
                waited.latency_ms.append((time.perf_counter() - started) * 1000)
        files = len(list(Path(f"/proc/{server.pid}/fd").iterdir()))
        return Sample(server.memory_mb(), files, waited.percentile(0.99))


def _middle(samples: list[Sample]) -> Sample:
    """The median of each."""
    return Sample(
        *(sorted(getattr(each, name) for each in samples)[len(samples) // 2] for name in Sample.__slots__)
    )
