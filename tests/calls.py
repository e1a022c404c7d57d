"""Whole calls for tests: FHIR resources by the handful, a request around them, the service over ASGI."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI

from app.knowledge.load import Knowledge, load
from app.main import create_app
from app.settings import Settings
from tests.conformance.invariants import check_response

Json = dict[str, Any]
TODAY = date(2026, 11, 20)
SYSTEMS = {
    "snomed": "http://snomed.info/sct",
    "icd": "http://hl7.org/fhir/sid/icd-10-cm",
    "loinc": "http://loinc.org",
    "cpt": "http://www.ama-assn.org/go/cpt",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
}
SOURCES = {
    "conditions": "Condition",
    "medications": "MedicationRequest",
    "observations": "Observation",
    "procedures": "Procedure",
    "serviceRequests": "ServiceRequest",
    "allergies": "AllergyIntolerance",
    "encounters": "Encounter",
    "diagnosticReports": "DiagnosticReport",
    "imagingStudies": "ImagingStudy",
}
LOW_BACK_PAIN = ("snomed", "279039007")


def day(days_ago: int) -> str:
    """The ISO date so many days before today."""
    return (TODAY - timedelta(days=days_ago)).isoformat()


def concept(*codes: tuple[str, str], text: str = "") -> Json:
    """A CodeableConcept of (short system, code) pairs."""
    coding = [{"system": SYSTEMS[system], "code": code} for system, code in codes]
    return {**({"coding": coding} if coding else {}), **({"text": text} if text else {})}


def condition(
    *codes: tuple[str, str], days_ago: int | None = 10, status: str = "active", **more: Any
) -> Json:
    """A Condition whose onset lies so many days back."""
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "clinicalStatus": {"coding": [{"system": system, "code": status}]},
        "code": concept(*codes, text=more.pop("text", "")),
        **({"onsetDateTime": day(days_ago)} if days_ago is not None else {}),
        **more,
    }


def observation(loinc: str, value: float, unit: str, days_ago: int = 1, **more: Any) -> Json:
    """An Observation with a UCUM quantity."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": concept(("loinc", loinc)),
        "effectiveDateTime": day(days_ago),
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        **more,
    }


def procedure(*codes: tuple[str, str], days_ago: int = 10) -> Json:
    """A completed Procedure."""
    return {
        "resourceType": "Procedure",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "code": concept(*codes),
        "performedDateTime": day(days_ago),
    }


def prescription(rxcui: str, days_ago: int = 10, supply: int = 30, **more: Any) -> Json:
    """An active MedicationRequest with its days of supply."""
    return {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": concept(("rxnorm", rxcui)),
        "authoredOn": day(days_ago),
        "dispenseRequest": {"expectedSupplyDuration": {"value": supply, "unit": "days", "code": "d"}},
        **more,
    }


def study(cpt: str, *reasons: tuple[str, str], id: str = "s1", **more: Any) -> Json:
    """A draft ServiceRequest by its CPT number."""
    return {
        "resourceType": "ServiceRequest",
        "id": id,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": concept(("cpt", cpt)),
        **({"reasonCode": [concept(each) for each in reasons]} if reasons else {}),
        **more,
    }


def drug(rxcui: str, *reasons: tuple[str, str], id: str = "m1", **more: Any) -> Json:
    """A draft MedicationRequest by its RxNorm code."""
    return {
        "resourceType": "MedicationRequest",
        "id": id,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": concept(("rxnorm", rxcui)),
        **({"reasonCode": [concept(each) for each in reasons]} if reasons else {}),
        **more,
    }


def person(age: int = 45, gender: str = "female", **more: Any) -> Json:
    """A Patient of that age today."""
    birth = TODAY.replace(year=TODAY.year - age).isoformat()
    return {"resourceType": "Patient", "id": "p1", "gender": gender, "birthDate": birth, **more}


def searchset(resources: list[Json]) -> Json:
    """A search result."""
    entries = [{"resource": each, "search": {"mode": "match"}} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def prefetched(*resources: Json, patient: Json | None = None, without: tuple[str, ...] = ()) -> Json:
    """A complete prefetch that holds these resources; keys in `without` are not sent at all."""
    by_key = {
        key: searchset([each for each in resources if each["resourceType"] == source])
        for key, source in SOURCES.items()
    }
    sent = {"patient": patient or person(), **by_key}
    return {key: value for key, value in sent.items() if key not in without}


def request(hook: str, *drafts: Json, prefetch: Json | None = None, **context: Any) -> Json:
    """The body of a call; on order hooks with these drafts, all of them selected."""
    orders: Json = {}
    if hook != "patient-view":
        entries = [{"resource": draft} for draft in drafts]
        orders["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    if hook == "order-select":
        orders["selections"] = [f"{draft['resourceType']}/{draft['id']}" for draft in drafts]
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": "p1", "userId": "Practitioner/1", **orders, **context},
        **({"prefetch": prefetch} if prefetch is not None else {}),
    }


@cache
def content() -> Knowledge:
    """The cards of this repository."""
    return load(Settings().cards)


@cache
def service() -> FastAPI:
    """The real application with the real cards, on the day of these tests."""
    return create_app(Settings(today=TODAY), content())


async def ask(method: str, path: str, app: FastAPI | None = None, **options: Any) -> httpx.Response:
    """One request to the service."""
    transport = httpx.ASGITransport(app=app or service())
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.request(method, path, **options)


async def post(body: Json, hook: str | None = None) -> httpx.Response:
    """POST a body to the service of its hook."""
    return await ask("POST", f"/cds-services/low-back-pain-{hook or body['hook']}", json=body)


async def cards(hook: str, *drafts: Json, prefetch: Json | None = None, **context: Any) -> list[Json]:
    """The cards of a call that must succeed; the response is checked against the invariants."""
    answer = await post(request(hook, *drafts, prefetch=prefetch, **context))
    assert answer.status_code == 200, answer.text
    check_response(answer.json())
    found: list[Json] = answer.json()["cards"]
    return found


def topics(found: list[Json]) -> dict[str, str]:
    """Recommendation id → indicator."""
    return {card["source"]["topic"]["code"]: card["indicator"] for card in found}


def actions(card: Json) -> list[Json]:
    """Every action that a card offers."""
    return [action for each in card.get("suggestions", []) for action in each["actions"]]
