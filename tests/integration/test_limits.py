"""The real service under requests made to hurt: each refused quickly, with memory that hardly moves."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.calls import prefetched, request
from tests.integration.servers import Running, service

pytestmark = pytest.mark.integration

MOST_GROWTH_MB = 200
QUICKLY = 5.0
PATH = "/cds-services/low-back-pain-patient-view"


@pytest.fixture(scope="module")
def fresh() -> Iterator[Running]:
    """A service of its own, so that nobody else's memory is measured."""
    with service() as server:
        yield server


def peak_mb(server: Running) -> float:
    """The most memory that the process ever had."""
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def head(*more: str) -> bytes:
    """The head of a hook call."""
    return "\r\n".join(
        [f"POST {PATH} HTTP/1.1", "host: a", "content-type: application/json", *more, "", ""]
    ).encode()


def exchange(server: Running, parts: Iterator[bytes]) -> tuple[int, int]:
    """Send until the service stops it: the status that it answered, and how many bytes it took."""
    with socket.create_connection(("127.0.0.1", server.port), QUICKLY) as connection:
        sent = 0
        try:
            for part in parts:
                connection.sendall(part)
                sent += len(part)
        except OSError:
            pass  # it stopped listening
        answer = b""
        try:
            while b"\r\n" not in answer:
                answer += connection.recv(4096) or b"HTTP/1.1 000 gone\r\n"
        except OSError:
            answer = answer or b"HTTP/1.1 000 gone\r\n"
        return int(answer.split()[1]), sent


def whole(body: bytes, *headers: str) -> Iterator[bytes]:
    """A body with its length."""
    yield head(f"content-length: {len(body)}", *headers)
    yield body


def chunked(total: int) -> Iterator[bytes]:
    """A body without an announced length, made while it is sent."""
    yield head("transfer-encoding: chunked")
    part = b"x" * 65536
    for _ in range(total // len(part)):
        yield b"%x\r\n%s\r\n" % (len(part), part)


def announced(total: int) -> Iterator[bytes]:
    """A body with an announced length, made while it is sent."""
    yield head(f"content-length: {total}")
    part = b"x" * 65536
    for _ in range(total // len(part)):
        yield part


def around(inside: str) -> bytes:
    """A call of which one prefetched value is this text."""
    call = request("patient-view", prefetch=prefetched())
    call["prefetch"]["conditions"] = "HERE"
    return json.dumps(call).replace('"HERE"', inside).encode()


TEN_GB = 10 * 1024**3
BOMB = gzip.compress(b" " * 200 * 1024**2)
HOSTILE = {
    "ten gigabytes, announced": (lambda: announced(TEN_GB), 413),
    "ten gigabytes, in chunks": (lambda: chunked(TEN_GB), 413),
    "a gzip bomb": (lambda: whole(BOMB, "content-encoding: gzip"), 415),
    "nested a hundred thousand times": (lambda: whole(around("[" * 100_000 + "]" * 100_000)), 400),
    "objects nested a hundred thousand times": (
        lambda: whole(around('{"a":' * 100_000 + "1" + "}" * 100_000)),
        400,
    ),
    "a million entries": (
        lambda: whole(around('{"resourceType":"Bundle","entry":[' + ",".join(["{}"] * 1_000_000) + "]}")),
        413,
    ),
    "three hundred thousand entries": (
        lambda: whole(around('{"resourceType":"Bundle","entry":[' + ",".join(["{}"] * 300_000) + "]}")),
        413,
    ),
    "a string of nine megabytes": (lambda: whole(around('"' + "x" * 9_000_000 + '"')), 413),
    "headers of a megabyte": (
        lambda: iter([head(*[f"x-{number}: {'y' * 1000}" for number in range(1000)])]),
        431,
    ),
    "one header of a megabyte": (lambda: iter([head("x: " + "y" * 1_000_000)]), 431),
    "a line of a megabyte": (lambda: iter([b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n"]), 431),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_quickly_with_memory_that_hardly_moves(fresh: Running, name: str) -> None:
    parts, status = HOSTILE[name]
    prepared = parts()
    before, started = peak_mb(fresh), time.monotonic()
    answered, sent = exchange(fresh, prepared)
    took = time.monotonic() - started
    grew = peak_mb(fresh) - before
    print(f"{name}: {answered} after {took * 1000:.0f} ms and {sent / 1e6:.1f} MB, +{grew:.0f} MB")
    assert answered == status
    assert sent < 100_000_000
    assert took < QUICKLY
    assert grew < MOST_GROWTH_MB


def test_slow_clients_keep_nobody_from_being_answered(fresh: Running) -> None:
    body = json.dumps(request("patient-view", prefetch=prefetched())).encode()
    with ExitStack() as slow:
        for beginning in (
            b"",
            b"POST /cds",
            head("content-length: 100"),
            head("content-length: 100") + b"{",
        ) * 75:
            connection = socket.create_connection(("127.0.0.1", fresh.port), QUICKLY)
            slow.enter_context(connection)
            connection.sendall(beginning)
        statuses = [exchange(fresh, whole(body))[0] for _ in range(20)]
    assert set(statuses) == {200}


def test_it_answers_as_before_after_all_of_them(fresh: Running) -> None:
    body = json.dumps(request("patient-view", prefetch=prefetched())).encode()
    assert exchange(fresh, whole(body))[0] == 200
