"""How long small requests wait while another client posts large records to the same worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from multiprocessing import Event, Process, Value
from typing import Any

from tests.bench.bodies import Body, build
from tests.bench.connection import Connection, post
from tests.bench.measure import Series, path_of, prefetch_keys
from tests.bench.servers import Server, floor, service

SMALL = 300
ROUNDS = 6
BESIDE = {"3 MB": (3_000_000, 0.25), "500 KB": (500_000, 0.5)}
"""What another client posts: its size in bytes, and the mark: the share of the floor's p99."""


def beside_large() -> dict[str, object]:
    """p50 and p99 in ms of small requests to the floor and to the service, beside records of each size."""
    with floor() as below, service() as own:
        with Connection(own.port) as connection:
            keys = prefetch_keys(connection)
        numbers = count(1)
        small = build("1 KB", "patient-view", keys["patient-view"], 0)
        found: dict[str, object] = {}
        for name, (size, mark) in BESIDE.items():
            large = build(name, "order-sign", keys["order-sign"], size)
            found |= {
                f"{name}: {what}": each for what, each in _beside(below, own, small, large, numbers).items()
            }
            found[f"{name}: mark"] = mark
    return found


def _beside(below: Server, own: Server, small: Body, large: Body, numbers: Iterator[int]) -> dict[str, float]:
    """The waiting of small requests beside one kind of large ones; every one of these is a new patient."""
    rounds: dict[str, list[Series]] = {"floor": [], "service": []}
    posted = {"floor": 0, "service": 0}
    for _ in range(ROUNDS):
        for name, server in (("floor", below), ("service", own)):
            waited = Series()
            posted[name] += _round(server, small, large, numbers, waited)
            rounds[name].append(waited)
    found = {
        f"{name} {label}": min(each.percentile(share) for each in waited)
        for name, waited in rounds.items()
        for label, share in (("p50 ms", 0.50), ("p99 ms", 0.99))
    }
    ratio = found["service p99 ms"] / found["floor p99 ms"]
    records = {f"{name} records posted meanwhile": float(each) for name, each in posted.items()}
    return {**found, **records, "p99 over the floor's": ratio}


def _round(server: Server, small: Body, large: Body, numbers: Iterator[int], waited: Series) -> int:
    """SMALL small requests, one after the other, beside large ones; how many large ones were answered."""
    answered, stopping = Value("i", 0), Event()
    pouring = Process(target=_pour, args=(server.port, large, next(numbers), answered, stopping))
    pouring.start()
    try:
        with Connection(server.port) as connection:
            for _ in range(SMALL):
                request = post(path_of(small), small.first(next(numbers)))
                started = time.perf_counter()
                connection.exchange(request)
                waited.latency_ms.append((time.perf_counter() - started) * 1000)
                time.sleep(0.002)
    finally:
        stopping.set()
        pouring.join()
    return int(answered.value)


def _pour(port: int, large: Body, begin: int, answered: Any, stopping: Any) -> None:
    """Large records of ever new patients, one after the other, from a process of its own."""
    numbers = count(begin * 100_000)
    with Connection(port) as connection:
        while not stopping.is_set():
            connection.exchange(post(path_of(large), large.first(next(numbers))))
            answered.value += 1
