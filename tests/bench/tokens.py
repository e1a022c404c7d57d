"""What it costs a call that its caller proves who it is, beside the signature that has to be verified."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import yaml

from tests.bench.bodies import Body, build
from tests.bench.connection import Connection, post
from tests.bench.measure import TELLS_WITHIN, path_of, prefetch_keys
from tests.bench.servers import Server, service
from tests.tokens import ALGORITHMS, BASE, ISSUER, claims, head, jwks, private, segment, signed

ALWAYS = ("ES384", "RS384")
"""The algorithms that every client may use."""
ROUNDS = 10
CALLS = 150


def tokens() -> dict[str, float]:
    """CPU µs of the same 1 KB call with and without a token, and of verifying its signature alone."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="plumbline-site-") as folder:
        site = Path(folder) / "site.yaml"
        site.write_text(
            yaml.safe_dump({"clients": {"ehr": {"trust": {"iss": ISSUER, "jwks": jwks(*ALWAYS)}}}})
        )
        caller = {"mode": "production", "allow_anonymous": "true", "public_url": BASE, "today": ""}
        with service(site_file=str(site), **caller) as server:
            with Connection(server.port) as connection:
                body = build("1 KB", "patient-view", prefetch_keys(connection)["patient-view"], 0)
            numbers = count(1)
            for name in ALWAYS:
                plain, proven = [], []
                for _ in range(ROUNDS):
                    plain.append(_round(server, body, numbers, ""))
                    proven.append(_round(server, body, numbers, name))
                found |= _compared(name, min(plain), min(proven))
    return found


def _compared(name: str, plain: float, proven: float) -> dict[str, float]:
    signature = _signature(name)
    added = proven - plain
    return {f"{name} added µs": added, f"{name} signature µs": signature, f"{name} ratio": added / signature}


def _round(server: Server, body: Body, numbers: Iterator[int], name: str) -> float:
    """CPU µs a call, every one of them with a token of its own where the algorithm has a name."""
    path = path_of(body)
    requests = [post(path, body.repeated(number), _bearer(path, name)) for number in _some(numbers)]
    with Connection(server.port) as connection:
        spent = -server.cpu_ns()
        for request in requests:
            status, answer = connection.exchange(request)
            if status != 200:
                raise ValueError(f"{name or 'no token'}: {status} {answer[:300]!r}")
        time.sleep(TELLS_WITHIN)
        return (spent + server.cpu_ns()) / len(requests) / 1000


def _some(numbers: Iterator[int]) -> list[int]:
    return [next(numbers) for _ in range(CALLS)]


_used = count(1)


def _bearer(path: str, name: str) -> str:
    """The header of a token that nobody used before."""
    if not name:
        return ""
    now = int(time.time())
    said = claims(aud=f"{BASE}{path}", iat=now, exp=now + 300, jti=f"bench-{next(_used)}")
    return f"authorization: Bearer {signed(head(name), said, name)}\r\n"


def _signature(name: str) -> float:
    """CPU µs of verifying one signature, in the quietest of some rounds."""
    text = f"{segment(head(name))}.{segment(claims())}".encode()
    key, algorithm = private(name), ALGORITHMS[name]
    signature, public = algorithm.sign(text, key), key.public_key()
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(CALLS):
            if not algorithm.verify(text, public, signature):
                raise ValueError("a signature that is right is not taken for it")
        rounds.append((time.process_time() - begun) / CALLS * 1e6)
    return min(rounds)
