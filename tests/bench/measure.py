"""Rounds of requests against both servers in turn, so that a busy machine slows both alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from tests.bench.bodies import Body, all_bodies, more_bodies
from tests.bench.connection import Connection, post
from tests.bench.servers import Server, floor, service

ROUNDS = 15
WARM_UP = 30
# Requests a round: at most so many, at least FEWEST, and fewer for a slow service, to end in time.
COUNTS = {
    "1 KB": 1000,
    "20 KB": 400,
    "20 KB view": 400,
    "20 KB select": 400,
    "100 KB": 120,
    "500 KB": 40,
    "3 MB": 10,
}
FEWEST = 3
TELLS_WITHIN = 0.35
"""Seconds in which the service has told log, metrics and journal of a request: part of what it costs."""
ROUND_SECONDS = 0.15
MODES = ("first", "repeated")
ALL_MODES = (*MODES, "redrafted")


@dataclass(slots=True)
class Series:
    """What one server, size and mode cost: CPU a request in each round, time of each request."""

    cpu_us: list[float] = field(default_factory=list)
    latency_ms: list[float] = field(default_factory=list)

    def cpu(self) -> float:
        """CPU microseconds a request in the quietest round: what else the machine does only ever adds."""
        return min(self.cpu_us)

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the requests stayed under."""
        ordered = sorted(self.latency_ms)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a size in one mode."""

    size: str
    mode: str
    bytes: int
    floor_us: float
    service_us: float
    ratio: float
    p50_ms: float
    p99_ms: float
    floor_p99_ms: float
    ratio_msgspec: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """A whole run: the rows and the resident memory of each server at the end."""

    rows: tuple[Row, ...]
    memory_mb: dict[str, float]


def send_round(server: Server, path: str, bodies: Iterator[bytes], requests: int, series: Series) -> None:
    """Sends that many requests and adds what they cost, all that follows from them included.

    ValueError when one is not answered with 200.
    """
    prepared = [post(path, next(bodies)) for _ in range(requests)]
    # A connection for each round: servers close one that was idle while the other server was measured.
    with Connection(server.port) as connection:
        spent = -server.cpu_ns()
        for request in prepared:
            started = time.perf_counter()
            status, _ = connection.exchange(request)
            series.latency_ms.append((time.perf_counter() - started) * 1000)
            if status != 200:
                raise ValueError(f"{server.name} answered {status} at {path}")
        if server.name == "service":
            time.sleep(TELLS_WITHIN)
        series.cpu_us.append((spent + server.cpu_ns()) / requests / 1000)


def prefetch_keys(connection: Connection) -> dict[str, dict[str, str]]:
    """For each hook its prefetch keys and the resource type that each asks for, from discovery."""
    status, body = connection.get("/cds-services")
    if status != 200:
        raise ValueError(f"discovery answered {status}")
    return {
        entry["hook"]: {
            key: query.split("?")[0].split("/")[0] for key, query in entry.get("prefetch", {}).items()
        }
        for entry in json.loads(body)["services"]
    }


def check_answer(server: Server, body: Body) -> None:
    """ValueError when a body with a record in it gives no card: then the run would measure nothing."""
    with Connection(server.port) as connection:
        status, answer = connection.exchange(post(path_of(body), body.first(0)))
    cards = json.loads(answer).get("cards") if status == 200 else None
    if cards is None or (not cards and body.hook != "patient-view"):
        raise ValueError(f"{body.name}: expected cards, got {status} {answer[:300]!r}")


def path_of(body: Body) -> str:
    """The service that answers the body's hook."""
    return f"/cds-services/low-back-pain-{body.hook}"


def numbered(make: Callable[[int], bytes], numbers: Iterator[int]) -> Iterator[bytes]:
    """A body for each number; a number is never used twice in a run."""
    return (make(number) for number in numbers)


def measure_body(
    servers: Mapping[str, Server], body: Body, numbers: Iterator[int], modes: tuple[str, ...] = MODES
) -> list[Row]:
    """Warm-up, then ROUNDS rounds of the floors and the modes of the service in turn."""
    path = path_of(body)
    feeds = {
        name: (server, numbered(body.first, numbers)) for name, server in servers.items() if name != "service"
    }
    feeds |= {mode: (servers["service"], numbered(getattr(body, mode), numbers)) for mode in modes}
    series = {name: Series() for name in feeds}
    for name, (server, feed) in feeds.items():
        send_round(server, path, feed, min(WARM_UP, COUNTS[body.name]), series[name])
    requests = requests_a_round(body, series["first"])
    series = {name: Series() for name in feeds}
    for _ in range(ROUNDS):
        for name, (server, feed) in feeds.items():
            send_round(server, path, feed, requests, series[name])
    return [row(body, mode, series) for mode in modes]


def requests_a_round(body: Body, warm_up: Series) -> int:
    """How many requests of this size fit in a round, the same number for every server and mode."""
    fitting = int(ROUND_SECONDS * 1000 / warm_up.percentile(0.50))
    return min(COUNTS[body.name], max(FEWEST, fitting))


def row(body: Body, mode: str, series: Mapping[str, Series]) -> Row:
    """The line of the table for a mode."""
    own = series[mode]
    others = {name: each for name, each in series.items() if name.startswith("floor")}
    return Row(
        size=body.name,
        mode=mode,
        bytes=len(body.template),
        floor_us=others["floor"].cpu(),
        service_us=own.cpu(),
        ratio=ratio(own, others["floor"]),
        p50_ms=own.percentile(0.50),
        p99_ms=own.percentile(0.99),
        floor_p99_ms=others["floor"].percentile(0.99),
        ratio_msgspec=ratio(own, others["floor msgspec"]) if "floor msgspec" in others else None,
    )


def ratio(own: Series, floor: Series) -> float:
    """CPU of one over CPU of the other, each in its quietest round."""
    return own.cpu() / floor.cpu()


def measure() -> Result:
    """The committed sizes and modes: starts both servers, measures, stops them."""
    with floor() as below, service() as above:
        return _measured({"floor": below, "service": above}, all_bodies, MODES)


def measure_all() -> Result:
    """Every size, hook and mode, beside both floors."""
    with floor() as below, floor("with_msgspec") as other, service() as above:
        servers = {"floor": below, "floor msgspec": other, "service": above}
        return _measured(servers, lambda keys: [*all_bodies(keys), *more_bodies(keys)], ALL_MODES)


def _measured(
    servers: Mapping[str, Server],
    bodies: Callable[[Mapping[str, Mapping[str, str]]], list[Body]],
    modes: tuple[str, ...],
) -> Result:
    with Connection(servers["service"].port) as connection:
        keys = prefetch_keys(connection)
    numbers = count(1)
    rows: list[Row] = []
    for body in bodies(keys):
        check_answer(servers["service"], body)
        drafted = modes if body.hook != "patient-view" else tuple(each for each in modes if each in MODES)
        rows += measure_body(servers, body, numbers, drafted)
    return Result(tuple(rows), {name: server.memory_mb() for name, server in servers.items()})
