"""The whole service with its journal: what a call and feedback leave behind, and that nothing else does."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.journal import export
from app.journal.report import Line, report
from app.journal.store import Row, Store, open_store
from app.knowledge.load import Knowledge, load
from app.main import create_app
from app.settings import Settings
from tests.calls import LOW_BACK_PAIN, TODAY, Json, condition, drug, person, prefetched, request, study

ENDLESS = 2**62
SECRET = "2026a:" + "s" * 32
SIGN = "/cds-services/low-back-pain-order-sign"
MOMENT = "2026-11-20T10:02:43.333Z"


@cache
def content() -> Knowledge:
    """The cards of this repository, loaded once."""
    return load(Settings().cards)


class Service:
    """A running service, its store, and what it logged."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.file = folder / "journal.sqlite"
        self.log = io.BytesIO()
        self.url = f"sqlite:///{self.file}"
        given = {"today": TODAY, "store_url": self.url, "journal_key": SECRET, **settings}
        self.settings = Settings.model_validate(given)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[httpx.AsyncClient]:
        """Started and stopped as a server would; after that all is written."""
        app = create_app(self.settings, content(), log_file=self.log)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
                yield client

    def rows(self, sql: str) -> list[Row]:
        """The rows of a query."""
        return self.read(lambda store: list(store.read(sql)))

    def lines(self) -> dict[str, Line]:
        """The report by recommendation."""
        return {
            each.recommendation: each for each in self.read(lambda store: report(store, 0, ENDLESS)).lines
        }

    def read(self, what: Callable[[Store], Any]) -> Any:
        """What an opened store tells."""
        store = open_store(self.url)
        store.open()
        try:
            return what(store)
        finally:
            store.close()


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A service with an empty store."""
    return Service(tmp_path)


def imaging(**changes: Any) -> Json:
    """An MRI signed for back pain of ten days: one card, and no reason to hold it back."""
    order = study("72148", LOW_BACK_PAIN)
    body = request("order-sign", order, prefetch=prefetched(condition(LOW_BACK_PAIN)))
    return {**body, **changes}


def told(card: str, outcome: str = "overridden", **changes: Any) -> Json:
    """The body of one report."""
    return {"feedback": [{"card": card, "outcome": outcome, "outcomeTimestamp": MOMENT, **changes}]}


async def first_card(client: httpx.AsyncClient, body: Json) -> Json:
    """The first card of a call."""
    answer = await client.post(SIGN, json=body)
    assert answer.status_code == 200, answer.text
    card: Json = answer.json()["cards"][0]
    return card


async def test_a_call_leaves_who_by_hash_what_was_decided_and_how_long_it_took(service: Service) -> None:
    async with service.running() as client:
        card = await first_card(client, imaging())
    ((id, client_id, hook, instance, patient, user, encounter, key, not_read, ms),) = service.rows(
        "SELECT id, client, hook, hook_instance, patient_hash, user_hash, encounter_hash, hash_key, not_read,"
        " stage_ms FROM hook_call"
    )
    lines = (json.loads(each) for each in service.log.getvalue().splitlines())
    (logged,) = (each for each in lines if each["event"] == "request")
    assert (id, client_id, hook, instance) == (
        logged["request_id"],
        logged["client"],
        "order-sign",
        "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    )
    assert (len(str(patient)), len(str(user)), encounter, key, not_read) == (32, 32, None, "2026a", "[]")
    assert json.loads(str(ms)).keys() == {"parse", "hydrate", "answer"}
    rows = list(csv.DictReader(io.StringIO(as_csv(service, export.decisions))))
    (shown,) = [each for each in rows if each["place"] == "shown"]
    assert shown["recommendation"] == card["source"]["topic"]["code"]
    assert (shown["outcome"], shown["indicator"], shown["order"]) == ("applies", card["indicator"], "0")
    assert shown["deciding"]
    assert {each["outcome"] for each in rows} >= {"applies", "does not apply"}
    assert all(each["deciding"] for each in rows if each["outcome"] == "does not apply")


def as_csv(service: Service, what: Callable[[Store, int, int], Any]) -> str:
    """An export as text."""
    text = io.StringIO()
    csv.writer(text).writerows(service.read(lambda store: list(what(store, 0, ENDLESS))))
    return text.getvalue()


async def test_the_card_and_its_suggestions_can_be_found_by_their_uuids(service: Service) -> None:
    async with service.running() as client:
        card = await first_card(client, imaging())
    ((uuid, name, indicator, suggestions),) = service.rows(
        "SELECT uuid, recommendation, indicator, suggestions FROM card"
    )
    assert (uuid, name, indicator) == (card["uuid"], card["source"]["topic"]["code"], card["indicator"])
    assert json.loads(str(suggestions)).keys() == {each["uuid"] for each in card["suggestions"]}


async def test_what_was_not_sent_is_named_by_source_with_a_reason_of_ours(service: Service) -> None:
    sent = prefetched(condition(LOW_BACK_PAIN), without=("observations",))
    async with service.running() as client:
        await first_card(client, imaging(prefetch=sent))
    ((not_read,),) = service.rows("SELECT not_read FROM hook_call")
    assert json.loads(str(not_read)) == [["Observation", "not sent"]]
    assert max(each.not_told.get("Observation", 0) for each in service.lines().values()) == 1


async def test_a_retry_yields_the_same_uuids_and_counts_once(service: Service) -> None:
    async with service.running() as client:
        first, again = await first_card(client, imaging()), await first_card(client, imaging())
        other = await first_card(client, imaging(hookInstance="7e2a3c52-9b1a-4f44-8d5b-0c8b2a1c7f10"))
    line = service.lines()[first["source"]["topic"]["code"]]
    assert first == again
    assert other["uuid"] != first["uuid"]
    assert {each["uuid"] for each in other["suggestions"]}.isdisjoint(
        each["uuid"] for each in first["suggestions"]
    )
    assert service.rows("SELECT count(*) FROM hook_call") == [(3,)]
    assert (line.decided, line.applied, line.cards) == (2, 2, 2)


async def test_calls_that_decide_the_same_share_their_list_of_decisions(service: Service) -> None:
    async with service.running() as client:
        for number in range(5):
            await first_card(client, imaging(hookInstance=str(number)))
    assert service.rows("SELECT count(*), count(DISTINCT decided) FROM hook_call") == [(5, 1)]
    assert service.rows("SELECT count(*) FROM decision_list") == [(1,)]


async def test_feedback_is_told_apart_by_outcome_and_reason(service: Service) -> None:
    lacking = {"reason": {"code": "red-flag-not-recorded"}}
    agreed = {"reason": {"code": "cds-not-applicable"}}
    async with service.running() as client:
        cards = [await first_card(client, imaging(hookInstance=f"{number}")) for number in range(4)]
        suggestion = cards[0]["suggestions"][0]["uuid"]
        for body in (
            told(cards[0]["uuid"], "accepted", acceptedSuggestions=[{"id": suggestion}]),
            told(cards[1]["uuid"], overrideReason=lacking),
            told(cards[2]["uuid"], overrideReasons=agreed),
            told(cards[3]["uuid"]),
        ):
            for _ in range(2):
                answer = await client.post(f"{SIGN}/feedback", json=body)
                assert (answer.status_code, answer.content) == (200, b"")
    line = service.lines()[cards[0]["source"]["topic"]["code"]]
    assert (line.cards, line.accepted, line.overridden, line.apart) == (4, 1, 3, 1)
    assert line.reasons == {"red-flag-not-recorded": 1, "does-not-apply": 1, "no reason given": 1}
    assert list(line.suggestions.values()) == [1]
    assert service.rows("SELECT count(*) FROM feedback") == [(4,)]


async def test_the_latest_report_on_a_card_counts(service: Service) -> None:
    later = "2026-11-20T10:05:00Z"
    async with service.running() as client:
        card = await first_card(client, imaging())
        await client.post(
            f"{SIGN}/feedback",
            json=told(card["uuid"], "accepted", outcomeTimestamp=later, acceptedSuggestions=[]),
        )
        await client.post(f"{SIGN}/feedback", json=told(card["uuid"]))
    line = service.lines()[card["source"]["topic"]["code"]]
    assert (line.accepted, line.overridden) == (1, 0)


async def test_feedback_on_cards_that_nobody_knows_is_kept_and_counts_for_none(service: Service) -> None:
    async with service.running() as client:
        for card in ("123456", "11111111-1111-4111-8111-111111111111"):
            assert (await client.post(f"{SIGN}/feedback", json=told(card))).status_code == 200
    assert service.lines() == {}
    rows = list(csv.DictReader(io.StringIO(as_csv(service, export.feedback))))
    assert [each["recommendation"] for each in rows] == ["", ""]
    assert "123456" not in as_csv(service, export.feedback)


async def test_the_journal_is_counted_for_prometheus(service: Service) -> None:
    async with service.running() as client:
        await client.post(f"{SIGN}/feedback", json=told("x"))
        metrics = (await client.get("/metrics")).text
    assert "plumbline_journal_rows_total 1.0" in metrics
    assert "plumbline_journal_dropped_total 0.0" in metrics


async def test_an_empty_batch_is_acknowledged(service: Service) -> None:
    async with service.running() as client:
        assert (await client.post(f"{SIGN}/feedback", json={"feedback": []})).status_code == 200


async def test_before_the_journal_runs_feedback_is_503_and_hooks_are_answered(tmp_path: Path) -> None:
    app = create_app(Service(tmp_path).settings, content(), log_file=io.BytesIO())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example") as client:
        assert (await client.post(f"{SIGN}/feedback", json=told("x"))).status_code == 503
        assert (await client.post(SIGN, json=imaging())).status_code == 200
        assert (await client.get("/health/ready")).json()["checks"]["store"] == "the journal is not running"


def marked() -> Json:
    """A call with a marker in every field that can say something of the patient."""
    subject = {"reference": "Patient/Marker8731-id"}
    order = {
        **drug("1049621", LOW_BACK_PAIN, id="Marker8731-order"),
        "subject": subject,
        "note": [{"text": "Marker8731 note"}],
    }
    order["medicationCodeableConcept"]["text"] = "Marker8731 drug"
    patient = person(
        id="Marker8731-id",
        birthDate="1931-08-07",
        name=[{"family": "Marker8731"}],
        identifier=[{"value": "Marker8731"}],
    )
    found = condition(LOW_BACK_PAIN, text="Marker8731 text", id="Marker8731-condition", subject=subject)
    odd = condition(("snomed", "87318731"), text="back pain Marker8731", subject=subject)
    sent = prefetched(found, odd, patient=patient)
    return {
        **request("order-sign", order, prefetch=sent),
        "hookInstance": "Marker8731-instance",
        "context": {
            **request("order-sign", order)["context"],
            "patientId": "Marker8731-id",
            "userId": "Practitioner/Marker8731",
            "encounterId": "Marker8731-encounter",
        },
        "fhirServer": "http://127.0.0.1:9/Marker8731",
        "fhirAuthorization": {"access_token": "Marker8731token"},
        "extension": {"x": "Marker8731"},
    }


def files(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    return {each.name: each.read_bytes() for each in folder.iterdir()}


async def test_nothing_of_the_patient_is_in_the_journal_its_exports_or_the_log(tmp_path: Path) -> None:
    service = Service(tmp_path)
    reason = {"code": "Marker8731", "system": "Marker8731", "display": "Marker8731 display"}
    async with service.running() as client:
        answer = await client.post(SIGN, json=marked())
        assert answer.status_code == 200, answer.text
        for card in ("Marker8731", answer.json()["cards"][0]["uuid"]):
            body = told(
                card,
                "accepted",
                acceptedSuggestions=[{"id": "Marker8731"}],
                overrideReason={"reason": reason, "userComment": "Marker8731 comment"},
                extension={"x": "Marker8731"},
            )
            body["feedback"] += told(card, overrideReasons={"reason": reason})["feedback"]
            assert (await client.post(f"{SIGN}/feedback", json=body)).status_code == 200
        on_disk = files(tmp_path)
    assert service.rows("SELECT count(*) FROM hook_call") == [(1,)]
    assert service.rows("SELECT count(*) FROM feedback") == [(4,)]
    texts = [as_csv(service, each).encode() for each in (export.decisions, export.cards, export.feedback)]
    sinks = [*on_disk.values(), service.file.read_bytes(), *texts, service.log.getvalue()]
    assert {"journal.sqlite", "journal.sqlite-wal"} <= on_disk.keys()
    for sink in sinks:
        for marker in (b"Marker8731", b"1931-08-07", b"87318731", b"279039007", b"1049621"):
            assert marker not in sink


async def test_words_are_kept_where_the_installation_wants_them(tmp_path: Path) -> None:
    service = Service(tmp_path, feedback_words=True)
    spoken = {"reason": {"display": "=Another reason"}, "userComment": "Told by phone"}
    async with service.running() as client:
        await client.post(f"{SIGN}/feedback", json=told("x", overrideReason=spoken))
    assert service.rows("SELECT reason, comment FROM feedback") == [
        ("unlisted: =Another reason", "Told by phone")
    ]


async def test_a_text_that_a_spreadsheet_would_run_is_marked(tmp_path: Path) -> None:
    service = Service(tmp_path, feedback_words=True)
    async with service.running() as client:
        await client.post(f"{SIGN}/feedback", json=told("x", overrideReason={"userComment": "=1+1"}))
    assert "'=1+1" in as_csv(service, export.feedback)


async def test_the_same_patient_has_the_same_hash_under_one_key_and_client_only(tmp_path: Path) -> None:
    hashes = []
    for key in (SECRET, SECRET, "2026b:" + "t" * 32, None):
        folder = tmp_path / str(len(hashes))
        folder.mkdir()
        service = Service(folder, journal_key=key)
        async with service.running() as client:
            await first_card(client, imaging())
        hashes += service.rows("SELECT patient_hash, hash_key FROM hook_call")
    (same, _), (again, _), (rotated, name), (drawn, drawn_name) = hashes
    assert same == again
    assert len({same, rotated, drawn}) == 3
    assert (name, str(drawn_name).startswith("drawn-")) == ("2026b", True)
