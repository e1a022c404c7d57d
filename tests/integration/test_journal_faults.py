"""What happens to journal and feedback when processes die, disks fill, and databases go."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml

from app.journal.store import open_store
from tests.content import write
from tests.integration.postgres import Server
from tests.integration.servers import Running, service
from tests.tokens import BASE, ISSUER, claims, head, jwks, signed

pytestmark = pytest.mark.integration
VIEW = "/cds-services/thumb-view"
ROUNDS = 8
HOOK_SECONDS = 1.0
"""A hook call of a few milliseconds, on a busy machine; a store that hangs is waited for twice as long."""


@pytest.fixture
def cards(tmp_path: Path) -> str:
    """A small content, which loads fast."""
    return str(write(tmp_path / "cards"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store: a file, or the database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.sqlite"
    server: Server = request.getfixturevalue("database")
    return server.url


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        reason = "no file system can be mounted here: needs root"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def feedback(*cards: str) -> dict[str, object]:
    """Reports on cards."""
    moment = "2026-11-20T10:02:43.333Z"
    return {
        "feedback": [{"card": each, "outcome": "overridden", "outcomeTimestamp": moment} for each in cards]
    }


def view(instance: str) -> dict[str, object]:
    """A chart is opened."""
    return {
        "hook": "patient-view",
        "hookInstance": instance,
        "context": {"patientId": "p1", "userId": "Practitioner/1"},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "p1"}, "conditions": None},
    }


def client(server: Running, auth: Callable[[httpx.Request], httpx.Request] | None = None) -> httpx.Client:
    """A client of a running service."""
    return httpx.Client(base_url=server.url, timeout=60, auth=auth)


def with_token(request: httpx.Request) -> httpx.Request:
    """The request with a new token for its address."""
    now, audience = int(time.time()), f"{BASE}{request.url.path}"
    token = signed(head(), claims(aud=audience, jti=str(uuid4()), iat=now, exp=now + 60))
    request.headers["authorization"] = f"Bearer {token}"
    return request


def stored(url: str, sql: str) -> list[str]:
    """The first column of a query."""
    store = open_store(url)
    store.open()
    try:
        return [str(row[0]) for row in store.read(sql)]
    finally:
        store.close()


def cards_told(url: str) -> list[str]:
    """The card of every report that is stored."""
    return stored(url, "SELECT card FROM feedback")


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Asks again until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)


def store_is(http: httpx.Client) -> str:
    """What readiness says of the store; the service is ready whatever it is."""
    answer = http.get("/health/ready")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["checks"]["store"])


def hooks_keep_their_speed(http: httpx.Client) -> None:
    """Hook calls are answered at once."""
    times = []
    for _ in range(30):
        started = time.perf_counter()
        assert http.post(VIEW, json=view(str(uuid4()))).status_code == 200
        times.append(time.perf_counter() - started)
    assert statistics.median(times) < HOOK_SECONDS


def refused(http: httpx.Client) -> bool:
    """Whether feedback is turned away, to come back later."""
    answer = http.post(f"{VIEW}/feedback", json=feedback(str(uuid4())))
    if answer.status_code == 200:
        return False
    assert (answer.status_code, answer.json()["resourceType"]) == (503, "OperationOutcome")
    assert int(answer.headers["retry-after"]) > 0
    return True


def killed_under_load(cards: str, url: str, least: int) -> list[str]:
    """One life of the service under the feedback of four clients; all that it acknowledged.

    It ends by kill -9 in the very moment in which an acknowledgement arrives, after so many others.
    """
    acknowledged: list[str] = []

    def post(server: Running) -> None:
        with client(server) as http:
            while True:
                card = str(uuid4())
                try:
                    answer = http.post(f"{VIEW}/feedback", json=feedback(card))
                except httpx.HTTPError:
                    return
                if answer.status_code == 200:
                    acknowledged.append(card)
                    if len(acknowledged) >= least:
                        os.kill(server.pid, signal.SIGKILL)

    with service(cards=cards, store_url=url) as server:
        threads = [threading.Thread(target=post, args=(server,)) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
    return acknowledged


def test_no_acknowledged_report_is_lost_when_the_service_is_killed(cards: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/journal.sqlite"
    acknowledged = [
        card for number in range(ROUNDS) for card in killed_under_load(cards, url, 20 + 15 * number)
    ]
    assert len(acknowledged) >= 20 * ROUNDS
    assert set(acknowledged) <= set(cards_told(url))


def test_no_acknowledged_report_is_lost_with_a_database_either(cards: str, database: Server) -> None:
    acknowledged = [card for _ in range(2) for card in killed_under_load(cards, database.url, 50)]
    assert set(acknowledged) <= set(cards_told(database.url))


def test_stopping_writes_every_call_that_was_answered(cards: str, url: str) -> None:
    instances = [str(uuid4()) for _ in range(60)]
    with service(cards=cards, store_url=url) as server, client(server) as http:
        for each in instances:
            assert http.post(VIEW, json=view(each)).status_code == 200
    assert set(instances) <= set(stored(url, "SELECT hook_instance FROM hook_call"))


def test_a_full_disk_costs_feedback_only_and_is_over_when_there_is_room(cards: str, small_disk: Path) -> None:
    url = f"sqlite:///{small_disk}/journal.sqlite"
    ballast = small_disk / "ballast"
    with service(cards=cards, store_url=url) as server, client(server) as http:
        until(lambda: store_is(http) == "ok")
        room = os.statvfs(small_disk)
        ballast.write_bytes(b"0" * (room.f_bavail * room.f_bsize))
        until(lambda: refused(http))
        assert store_is(http) == "the disk is full"
        hooks_keep_their_speed(http)
        ballast.unlink()
        until(lambda: not refused(http))
        assert store_is(http) == "ok"


def test_a_disk_that_can_only_be_read_costs_feedback_only(cards: str, small_disk: Path) -> None:
    url = f"sqlite:///{small_disk}/folder/journal.sqlite"
    remount(small_disk, "ro")
    with service(cards=cards, store_url=url) as server, client(server) as http:
        until(lambda: refused(http))
        assert store_is(http) == "the file cannot be used (Read-only file system)"
        hooks_keep_their_speed(http)
        remount(small_disk, "rw")
        until(lambda: not refused(http))


def remount(folder: Path, how: str) -> None:
    """Mount a file system another way; Linux does not make one read-only under a file open for writing."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


def test_a_file_that_was_removed_is_noticed_and_made_anew(cards: str, tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    with service(cards=cards, store_url=f"sqlite:///{file}") as server, client(server) as http:
        until(lambda: not refused(http))
        for each in tmp_path.glob("journal.sqlite*"):
            each.unlink()
        card = str(uuid4())
        assert http.post(f"{VIEW}/feedback", json=feedback(card)).status_code == 200
    assert cards_told(f"sqlite:///{file}") == [card]


def test_a_store_that_is_missing_at_the_start_costs_feedback_only(cards: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    url = f"sqlite:///{tmp_path}/file/journal.sqlite"
    with service(cards=cards, store_url=url) as server, client(server) as http:
        until(lambda: refused(http))
        assert store_is(http).startswith("the file cannot be used")
        hooks_keep_their_speed(http)
        (tmp_path / "file").unlink()
        until(lambda: not refused(http))


def test_a_database_that_is_gone_costs_feedback_only_and_comes_back(cards: str, database: Server) -> None:
    with service(cards=cards, store_url=database.url) as server, client(server) as http:
        until(lambda: not refused(http))
        database.stop()
        try:
            until(lambda: refused(http))
            assert store_is(http) == "the database cannot be reached"
            hooks_keep_their_speed(http)
        finally:
            database.start()
        instance = str(uuid4())
        http.post(VIEW, json=view(instance))
        until(lambda: not refused(http))
        assert store_is(http) == "ok"
        until(lambda: instance in stored(database.url, "SELECT hook_instance FROM hook_call"))


def test_a_database_that_hangs_never_holds_up_a_hook(cards: str, database: Server) -> None:
    with service(cards=cards, store_url=database.url) as server, client(server) as http:
        until(lambda: not refused(http))
        with database.locked("feedback"), ThreadPoolExecutor() as pool:
            waiting = pool.submit(refused, http)
            hooks_keep_their_speed(http)
            assert waiting.result(60)
        until(lambda: not refused(http))


def test_a_database_that_hangs_never_holds_up_a_hook_with_a_token(
    cards: str, database: Server, tmp_path: Path
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(yaml.safe_dump({"clients": {"ehr": {"trust": {"iss": ISSUER, "jwks": jwks("ES384")}}}}))
    strict = {"mode": "production", "today": "", "public_url": BASE, "site_file": str(site)}
    strict["deadline_ms"] = "2000"  # the store is waited for longer, and no call may be
    with service(cards=cards, store_url=database.url, **strict) as server, client(server, with_token) as http:
        until(lambda: not refused(http))
        with database.locked("remembered"):
            hooks_keep_their_speed(http)
        until(lambda: not refused(http))


def test_two_instances_on_one_database_keep_each_report_and_each_card_once(
    cards: str, database: Server
) -> None:
    told, instance = [str(uuid4()) for _ in range(40)], str(uuid4())
    with (
        service(cards=cards, store_url=database.url) as one,
        service(cards=cards, store_url=database.url) as other,
        client(one) as first,
        client(other) as second,
        ThreadPoolExecutor(8) as pool,
    ):
        posts = [
            pool.submit(http.post, f"{VIEW}/feedback", json=feedback(*told[number : number + 5]))
            for number in range(0, 40, 5)
            for http in (first, second, second, first)
        ]
        assert {each.result().status_code for each in posts} == {200}
        for http in (first, second):
            assert http.post(VIEW, json=view(instance)).status_code == 200
    kept = cards_told(database.url)
    assert [kept.count(each) for each in told] == [1] * 40
    calls = stored(database.url, f"SELECT id FROM hook_call WHERE hook_instance = '{instance}'")
    shown = stored(database.url, f"SELECT uuid FROM card WHERE call IN ('{calls[0]}', '{calls[1]}')")
    assert (len(calls), len(shown)) == (2, len(set(shown)))
