"""Two instances behind nginx on one PostgreSQL: what is lost when one is killed, and what is not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner

from app.cli import main
from app.journal.store import open_store
from tests.integration.instances import ISSUER, KID, Behind, behind_nginx, feedback, nginx
from tests.integration.nginx import configuration
from tests.integration.postgres import Server
from tests.integration.servers import free_port
from tests.integration.tls import authority

pytestmark = pytest.mark.integration
CALLERS = 4
VIEW = "/cds-services/low-back-pain-patient-view"


@pytest.fixture(scope="module")
def behind(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """Two instances that live as long as this module's tests."""
    with behind_nginx(database.url, tmp_path_factory.mktemp("behind")) as running:
        yield running


@pytest.fixture
def doomed(database: Server, tmp_path: Path) -> Iterator[Behind]:
    """Two instances of its own, for a test that kills them."""
    with behind_nginx(database.url, tmp_path) as running:
        yield running


def hook_call() -> dict[str, object]:
    """A call of a patient without a record."""
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1980-01-01"}
    context = {"patientId": "p1", "userId": "Practitioner/1"}
    prefetch = {"patient": patient}
    return {"hook": "patient-view", "hookInstance": str(uuid4()), "context": context, "prefetch": prefetch}


@dataclass
class Load:
    """What callers saw: statuses of hooks, and of feedback by card."""

    behind: Behind
    over: threading.Event = field(default_factory=threading.Event)
    hooks: list[int] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def call(self) -> None:
        """Calls and sends feedback in turn, until it is over."""
        with self.behind.client() as client:
            while not self.over.is_set():
                self.hooks.append(self.behind.post(client, VIEW, hook_call()).status_code)
                card = str(uuid4())
                status = self.behind.post(client, f"{VIEW}/feedback", feedback(card)).status_code
                (self.acknowledged if status == 200 else self.refused).append(card)

    def until(self, calls: int) -> None:
        """Returns when so many more calls were answered."""
        wanted = len(self.hooks) + calls
        for _ in range(3000):
            if len(self.hooks) >= wanted:
                return
            self.over.wait(0.01)
        raise RuntimeError(f"{len(self.hooks)} calls, {wanted} wanted")


def stored(database: Server, cards: list[str]) -> dict[str, int]:
    """How many rows there are for each card."""
    store = open_store(database.url)
    store.open()
    rows = store.read("SELECT card, COUNT(*) FROM feedback GROUP BY card", ())
    found = {str(card): int(str(number)) for card, number in rows}
    store.close()
    return {card: found.get(card, 0) for card in cards}


def test_a_token_is_good_once_whichever_instance_it_reaches(behind: Behind) -> None:
    url = f"{behind.url}{VIEW}"
    with behind.client() as client:
        token = behind.sign(url)
        assert behind.post(client, VIEW, hook_call(), token).status_code == 200
        straight = [
            httpx.post(f"{each.url}{VIEW}", json=hook_call(), headers={"Authorization": f"Bearer {token}"})
            for each in behind.instances
        ]
    assert [each.status_code for each in straight] == [401, 401]


def test_feedback_that_is_sent_again_to_the_other_instance_is_kept_once(
    behind: Behind, database: Server
) -> None:
    card = str(uuid4())
    statuses = []
    for each in behind.instances:
        token = behind.sign(f"{behind.url}{VIEW}/feedback")
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{each.url}{VIEW}/feedback", json=feedback(card), headers=headers)
        statuses.append(answer.status_code)
    assert (statuses, stored(database, [card])) == ([200, 200], {card: 1})


def test_outside_sees_advice_and_life_but_neither_numbers_nor_readiness(behind: Behind) -> None:
    with behind.client() as client:
        statuses = {
            path: client.get(f"{behind.url}{path}").status_code
            for path in ("/health/live", "/health/ready", "/metrics", "/cds-services", "/")
        }
    assert statuses == {
        "/health/live": 200,
        "/health/ready": 404,
        "/metrics": 404,
        "/cds-services": 401,
        "/": 404,
    }


def test_the_doctor_finds_nothing_in_the_way(behind: Behind) -> None:
    options = ["--key", str(behind.folder / "key.json"), "--kid", KID, "--issuer", ISSUER]
    done = CliRunner().invoke(
        main, ["doctor", behind.url, *options, "--authority", str(behind.authority.file)]
    )
    assert done.exit_code == 0, done.stdout
    assert "a caller without a token is turned away" in done.stdout
    assert "TLSv1.3" in done.stdout


def test_with_mutual_tls_nobody_calls_without_a_certificate(behind: Behind, tmp_path: Path) -> None:
    ours, port = authority(tmp_path), free_port()
    server, known = ours.issue("localhost"), ours.issue("ehr.example")
    stranger = authority(tmp_path / "elsewhere").issue("ehr.example")
    addresses = [each.url.removeprefix("http://") for each in behind.instances]
    secrets = (server.certificate, server.key, ours.file)
    file = configuration(tmp_path, secrets, addresses, port=port, mutual="on")
    with nginx(file, port, ours.trusting(known)):
        statuses = {
            name: httpx.get(f"https://localhost:{port}/health/live", verify=ours.trusting(holder)).status_code
            for name, holder in (("nobody", None), ("stranger", stranger), ("known", known))
        }
    assert statuses == {"nobody": 400, "stranger": 400, "known": 200}


def test_killing_one_instance_loses_what_was_in_flight_on_it_and_nothing_else(
    doomed: Behind, database: Server
) -> None:
    load = Load(doomed)
    with ThreadPoolExecutor(CALLERS) as callers:
        waiting = [callers.submit(load.call) for _ in range(CALLERS)]
        try:
            load.until(40)
            before = len(load.hooks)
            doomed.kill(0)
            load.until(120)
        finally:
            load.over.set()
        for each in waiting:
            each.result(30)
    assert set(load.hooks[:before]) == {200}
    lost = [status for status in load.hooks if status != 200]
    assert set(lost) <= {503}, lost
    assert len(lost) + len(load.refused) <= CALLERS
    assert set(load.hooks[-60:]) == {200}
    assert set(stored(database, load.acknowledged).values()) == {1}
    assert max(stored(database, load.refused).values(), default=0) <= 1
    doomed.kill(1)
    with doomed.client() as client:
        answer = doomed.post(client, VIEW, hook_call())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["resourceType"] == "OperationOutcome"
