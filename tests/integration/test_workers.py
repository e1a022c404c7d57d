"""A service in several processes: one port, what was loaded shared, one that dies replaced."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
import yaml

from tests.bench.bodies import Body, all_bodies
from tests.bench.connection import Connection, post
from tests.bench.measure import path_of, prefetch_keys
from tests.bench.servers import Server, service, workers
from tests.content import change, write
from tests.integration.servers import DEADLINE_MS
from tests.tokens import BASE, ISSUER, claims, head, jwks, signed

pytestmark = pytest.mark.integration
SECONDS = 60.0
PATIENT_VIEW = "low-back-pain-patient-view"
CALL = {
    "hook": "patient-view",
    "hookInstance": "1",
    "context": {"patientId": "1", "userId": "Practitioner/1"},
    "prefetch": {"patient": {"resourceType": "Patient", "id": "1"}},
}


def of_two(**settings: str) -> AbstractContextManager[Server]:
    """A service with two workers, on a machine that may be busy."""
    return service(workers="2", deadline_ms=DEADLINE_MS, **settings)


@pytest.fixture
def parent() -> Iterator[Server]:
    with of_two() as running:
        yield running


def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def body(port: int) -> Body:
    """A call that has cards."""
    with Connection(port) as connection:
        return next(each for each in all_bodies(prefetch_keys(connection)) if each.name == "20 KB")


def cards(port: int, call: Body) -> int:
    """How many cards a call to this port gets."""
    with Connection(port) as connection:
        _, answer = connection.exchange(post(path_of(call), call.first(1)))
    return len(json.loads(answer)["cards"])


def get(port: int, path: str) -> tuple[int, str]:
    with Connection(port) as connection:
        status, answer = connection.get(path)
    return status, answer.decode()


def digest(port: int) -> str:
    """Of the content that a worker serves."""
    return str(json.loads(get(port, "/health/ready")[1])["digest"])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_each_worker_answers_and_the_port_is_one(parent: Server) -> None:
    call = body(parent.port)
    assert cards(parent.port, call) == cards(parent.port + 1, call) == cards(parent.port + 2, call) > 0


def test_numbers_are_told_of_one_worker_each_and_not_on_the_shared_port(parent: Server) -> None:
    call, one, other = body(parent.port), parent.port + 1, parent.port + 2
    cards(one, call)
    counted = 'plumbline_requests_total{service="low-back-pain-order-sign",status="200"} 1.0'
    assert counted in get(one, "/metrics")[1]
    assert counted not in get(other, "/metrics")[1]
    assert get(parent.port, "/metrics")[0] == 404


def test_a_token_that_one_worker_took_is_not_taken_by_another(tmp_path: Path) -> None:
    now, site = int(time.time()), tmp_path / "site.yaml"
    site.write_text(yaml.safe_dump({"clients": {"ehr": {"trust": {"iss": ISSUER, "jwks": jwks("ES384")}}}}))
    strict = {"mode": "production", "today": "", "public_url": BASE, "site_file": str(site)}
    with of_two(**strict) as parent:
        token = signed(head(), claims(aud=f"{BASE}/cds-services/{PATIENT_VIEW}", iat=now, exp=now + 60))
        answered = []
        for each in workers(parent):
            url = f"http://127.0.0.1:{each.port}/cds-services/{PATIENT_VIEW}"
            answered.append(httpx.post(url, json=CALL, headers={"authorization": f"Bearer {token}"}))
    assert [each.status_code for each in answered] == [200, 401]


def test_one_that_is_killed_is_replaced_while_the_other_answers(parent: Server) -> None:
    call, (first, other) = body(parent.port), workers(parent)
    os.kill(first.pid, signal.SIGKILL)
    assert cards(other.port, call) > 0
    until(lambda: len(workers(parent)) == 2 and first.pid not in {each.pid for each in workers(parent)})
    assert cards(first.port, call) > 0


def test_each_worker_takes_a_change_of_the_content_and_so_does_one_that_comes_later(tmp_path: Path) -> None:
    cards = write(tmp_path / "cards")
    with of_two(cards=str(cards)) as parent:
        first, other = workers(parent)
        before = digest(first.port)
        change(cards, "services.yaml", 'content_version: "1"', 'content_version: "2"')
        until(lambda: before not in (digest(first.port), digest(other.port)))
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: len(workers(parent)) == 2 and digest(first.port) == digest(other.port))


def test_being_asked_to_end_each_answers_what_it_has_and_no_port_stays_bound(parent: Server) -> None:
    call, both = body(parent.port), workers(parent)
    request = post(path_of(call), call.first(1), "expect: 100-continue\r\n")
    open_calls = [socket.create_connection(("127.0.0.1", each.port), SECONDS) for each in both]
    for each in open_calls:
        each.sendall(request[:-100])
        assert each.recv(1024).startswith(b"HTTP/1.1 100")  # it is in the hands of its worker
    os.kill(parent.pid, signal.SIGTERM)
    until(lambda: not any(listens(each.port) for each in (parent, *both)))
    for each in open_calls:
        each.sendall(request[-100:])
        with each:
            assert each.recv(1024).startswith(b"HTTP/1.1 200")
    until(lambda: not Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text())


def test_workers_whose_parent_is_killed_let_go_of_the_port(parent: Server) -> None:
    both = workers(parent)
    os.kill(parent.pid, signal.SIGKILL)
    until(lambda: not any(listens(each.port) for each in (parent, *both)))


def test_a_port_that_is_taken_stops_the_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        several = of_two(port=str(taken.getsockname()[1] - 1))
        with pytest.raises(RuntimeError, match="Address already in use"):
            several.__enter__()
