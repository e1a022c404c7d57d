"""Waits for the image that docker/prove.sh runs, then asks for its health and the cards of a lumbar CT."""

from __future__ import annotations

import json
import sys
import time

from tests.bench.bodies import all_bodies
from tests.bench.connection import Connection, post
from tests.bench.measure import path_of, prefetch_keys

START_SECONDS = 120.0


def wait_until_live(port: int) -> None:
    """Polls /health/live; RuntimeError when it is not a 200 in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with Connection(port) as connection:
                if connection.get("/health/live")[0] == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers /health/live on port {port}")


def main(port: int) -> int:
    """0 when the hook was answered with cards."""
    wait_until_live(port)
    print("/health/live: 200")
    with Connection(port) as connection:
        body = next(each for each in all_bodies(prefetch_keys(connection)) if each.hook == "order-sign")
        status, answer = connection.exchange(post(path_of(body), body.first(1)))
    cards = json.loads(answer).get("cards", [])
    print(f"{path_of(body)}: {status}, {[card['source']['topic']['code'] for card in cards]}")
    return 0 if status == 200 and cards else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
