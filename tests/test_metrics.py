"""What Prometheus reads after real calls: right numbers, labels of our own, nothing of the patient."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message, Receive, Scope, Send

from app.logs import Afterwards, Line, RequestLog, line
from app.main import create_app
from app.metrics import BOUNDS, Metrics, Times
from app.settings import Settings
from tests.calls import (
    LOW_BACK_PAIN,
    TODAY,
    concept,
    condition,
    drug,
    prefetched,
    prescription,
    request,
    study,
)
from tests.test_main import content

MARK = "Marker8731"
BACK_PAIN = condition(LOW_BACK_PAIN, id="lbp")
CT = study("72133", LOW_BACK_PAIN)


@dataclass
class Service:
    """A service of its own, with its numbers at zero."""

    settings: Settings = field(default_factory=lambda: Settings(today=TODAY))
    fhir: Any = lambda _: httpx.Response(403)

    def __post_init__(self) -> None:
        self.app: FastAPI = create_app(
            self.settings, content(), transport=httpx.MockTransport(self.fhir), log_file=io.BytesIO()
        )

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cds.example") as client:
            return await client.request(method, path, **options)

    async def call(self, body: dict[str, Any]) -> httpx.Response:
        return await self.ask("POST", f"/cds-services/low-back-pain-{body['hook']}", json=body)

    async def text(self) -> str:
        return (await self.ask("GET", "/metrics")).text

    async def numbers(self, name: str) -> dict[tuple[str, ...], float]:
        """The samples of one metric by the values of their labels, in the order of the labels' names."""
        families = text_string_to_metric_families(await self.text())
        samples = [each for family in families for each in family.samples if each.name == name]
        return {tuple(value for _, value in sorted(each.labels.items())): each.value for each in samples}


async def test_requests_are_counted_by_service_and_status() -> None:
    service = Service()
    await service.call(request("patient-view", prefetch=prefetched()))
    await service.call(request("patient-view", prefetch=prefetched()))
    await service.call({"hook": "order-sign"})
    await service.ask("GET", "/no-such-path")
    found = await service.numbers("plumbline_requests_total")
    assert found["low-back-pain-patient-view", "200"] == 2
    assert found["low-back-pain-order-sign", "400"] == 1
    assert found["", "404"] == 1
    assert await service.numbers("plumbline_failures_total") == {("BadRequest",): 1, ("UnknownService",): 1}


async def test_decisions_are_counted_by_outcome_and_what_never_applied_is_zero() -> None:
    service = Service()
    await service.call(request("patient-view", prefetch=prefetched(BACK_PAIN)))
    found = await service.numbers("plumbline_decisions_total")
    assert found["applies", "stepped-care"] == 1
    assert found["does not apply", "stepped-care"] == 0
    assert found["applies", "suspect-cauda-equina"] == 0
    assert found["does not apply", "suspect-cauda-equina"] == 1
    assert found["does not apply", "avoid-early-imaging"] == 0  # this hook does not ask for it


async def test_a_recommendation_about_an_order_is_decided_once_for_each_order() -> None:
    service = Service()
    body = request("order-sign", CT, study("71250", id="s2"), prefetch=prefetched(BACK_PAIN))
    await service.call(body)
    found = await service.numbers("plumbline_decisions_total")
    outcomes = ("applies", "cannot tell", "does not apply")
    assert sum(found[outcome, "avoid-early-imaging"] for outcome in outcomes) == 2
    assert found["applies", "avoid-early-imaging"] == 1


async def test_what_did_not_apply_stays_counted_when_the_content_changes() -> None:
    metrics = Metrics(content())
    metrics._calls["patient-view"] = 3
    before = metrics.all_decisions()
    metrics.serves(content())
    assert metrics.all_decisions() == before
    assert before["stepped-care", "does not apply"] == 3


async def test_cards_are_counted_by_recommendation_and_indicator() -> None:
    service = Service()
    await service.call(request("order-sign", CT, prefetch=prefetched(BACK_PAIN)))
    found = await service.numbers("plumbline_cards_total")
    assert found["warning", "avoid-early-imaging"] == 1
    assert found["critical", "suspect-cauda-equina"] == 0


async def test_what_could_not_be_told_is_counted_by_source_and_reason() -> None:
    service = Service()
    await service.call(request("order-sign", CT, prefetch=prefetched(without=("conditions",))))
    assert (await service.numbers("plumbline_cannot_tell_total"))["not sent", "Condition"] >= 1
    assert await service.numbers("plumbline_unread_total") == {("not sent", "Condition"): 1}


async def test_prefetch_and_fetches_are_counted_by_key_and_result() -> None:
    service = Service()
    body = request("patient-view", prefetch=prefetched(without=("conditions",)))
    await service.call(body | {"fhirServer": "http://ehr.example/fhir"})
    found = await service.numbers("plumbline_prefetch_total")
    assert (found["conditions", "absent"], found["patient", "sent"], found["medications", "empty"]) == (
        1,
        1,
        1,
    )
    assert await service.numbers("plumbline_fetches_total") == {("refused",): 1}


async def test_a_query_that_was_fetched_counts_as_absent_and_fetched() -> None:
    bundle = {"resourceType": "Bundle", "type": "searchset"}
    service = Service(fhir=lambda _: httpx.Response(200, json=bundle))
    body = request("patient-view", prefetch=prefetched(without=("conditions",)))
    await service.call(body | {"fhirServer": "http://ehr.example/fhir"})
    assert (await service.numbers("plumbline_prefetch_total"))["conditions", "absent"] == 1
    assert await service.numbers("plumbline_fetches_total") == {("fetched",): 1}


async def test_hook_calls_are_timed_by_stage_and_nothing_else_is() -> None:
    service = Service()
    await service.call(request("patient-view", prefetch=prefetched()))
    await service.ask("GET", "/health/live")
    found = await service.numbers("plumbline_stage_seconds_count")
    assert found == {("parse",): 1, ("hydrate",): 1, ("answer",): 1, ("total",): 1}
    assert (await service.numbers("plumbline_stage_seconds_sum"))["total",] > 0


def test_a_time_on_a_bound_belongs_below_it_and_a_long_one_to_the_last() -> None:
    times = Times()
    for seconds in (BOUNDS[0], BOUNDS[-1] + 1):
        times.add(seconds)
    assert times.buckets()[0] == (str(BOUNDS[0]), 1)
    assert times.buckets()[-2:] == [(str(BOUNDS[-1]), 1), ("+Inf", 2)]


async def test_the_content_and_the_checks_are_named() -> None:
    service = Service()
    assert await service.numbers("plumbline_content_info") == {(content().digest, content().version): 1}
    assert b'plumbline_ready{check="store"} 0.0' in Metrics(content()).exposition({"store": "gone"})
    assert b'plumbline_ready{check="store"} 1.0' in Metrics(content()).exposition({"store": ""})


async def test_codes_of_unlisted_systems_are_counted_under_a_few_names() -> None:
    systems = (
        "urn:oid:1.2.840.114350.1.13.0.1",
        "http://hl7.org/fhir/sid/icd-9-cm",
        f"http://{MARK}.example",
    )
    diagnoses = [
        {**BACK_PAIN, "code": {"coding": [{"system": system, "code": "724.2"}]}} for system in systems
    ]
    service = Service()
    await service.call(request("patient-view", prefetch=prefetched(*diagnoses)))
    found = await service.numbers("plumbline_unmapped_codes_total")
    assert found == {("Epic",): 1, ("ICD-9",): 1, ("other",): 1}


def marked(value: Any) -> Any:
    """The value with the mark in every string that a patient's data could stand in."""
    if isinstance(value, dict):
        return {key: each if key == "resourceType" else marked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each) for each in value]
    return f"{value}{MARK}" if isinstance(value, str) else value


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
async def test_no_label_holds_what_was_sent(hook: str) -> None:
    tablets = drug("1049621", id="m1")
    tablets["medicationCodeableConcept"]["text"] = MARK
    odd = {**prescription("1049621"), "dosageInstruction": [{"text": MARK}]}
    odd["medicationCodeableConcept"] = concept(("rxnorm", "1049621"), text=MARK)
    service = Service(fhir=lambda _: httpx.Response(200, text=MARK))
    prefetch = prefetched(BACK_PAIN, odd, marked(BACK_PAIN), marked(odd), without=("observations",))
    body = request(hook, tablets, marked(CT), prefetch=prefetch | {MARK: MARK})
    body |= {"fhirServer": f"http://{MARK}.example", "hookInstance": MARK, "extension": {MARK: MARK}}
    assert (await service.call(body)).status_code in (200, 400)
    await service.call(request(hook, tablets, prefetch=prefetch))
    await service.ask("GET", f"/{MARK}")
    await service.ask("POST", f"/cds-services/{MARK}", json=body)
    text = await service.text()
    assert MARK.lower() not in text.lower()
    assert "279039007" not in text
    assert "1049621" not in text


async def test_however_many_hostile_values_come_the_labels_stay_few() -> None:
    service = Service()
    await service.text()  # which is itself a request
    lengths = []
    for round_ in range(3):
        for number in range(20):
            system = f"http://{round_}-{number}.example"
            odd = {**BACK_PAIN, "code": {"coding": [{"system": system, "code": f"{number}"}]}}
            body = request("patient-view", prefetch=prefetched(odd) | {f"k{round_}{number}": 1})
            await service.call(body)
            await service.ask("POST", f"/cds-services/{round_}-{number}", json=body)
        lengths.append(len([line for line in (await service.text()).splitlines() if line[0] != "#"]))
    assert lengths[0] == lengths[1] == lengths[2]


async def test_stages_are_told_to_the_browser_in_development_only() -> None:
    body = request("patient-view", prefetch=prefetched())
    told = (await Service().call(body)).headers["server-timing"]
    assert [part.partition(";dur=")[0] for part in told.split(", ")] == ["parse", "hydrate", "answer"]


async def test_stages_are_told_to_nobody_where_nobody_asked_for_them() -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        line(scope).lap("parse")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    for timed in (False, True):
        logged = RequestLog(app, Afterwards(io.BytesIO()), timed=timed)
        await logged({"type": "http", "method": "GET"}, receive, send)
    named = [{name for name, _ in message["headers"]} for message in sent]
    assert named == [{b"x-request-id"}, {b"x-request-id", b"server-timing"}]


def test_a_failure_without_a_service_is_counted_and_not_timed() -> None:
    metrics = Metrics(content())
    entry = Line()
    entry.note(failure="TooLarge")
    metrics.request(entry, 413, 0.1)
    assert metrics.failures == {"TooLarge": 1}
    assert metrics.times == {}


def test_callers_that_were_turned_away_are_counted_by_reason() -> None:
    metrics = Metrics(content())
    entry = Line()
    entry.note(failure="Unauthorised", reason="signature")
    metrics.request(entry, 401, 0.1)
    assert b'plumbline_unauthorised_total{reason="signature"} 1.0' in metrics.exposition({})
