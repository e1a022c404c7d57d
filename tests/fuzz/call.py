"""A hook call from its bytes to its cards, under atheris: refused by us, or answered as specified."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["app.protocol", "app.record", "app.facts", "app.render", "app.suggest"]
):
    from app.answering import answer
    from app.clients import Client
    from app.errors import Failure, Internal
    from app.main import listing
    from app.protocol.request import parse
    from app.protocol.response import encode
    from app.record.prefetch import material, sort

from tests.calls import (
    LOW_BACK_PAIN,
    TODAY,
    Json,
    concept,
    condition,
    content,
    day,
    drug,
    observation,
    person,
    prefetched,
    prescription,
    procedure,
    request,
    study,
)
from tests.conformance.invariants import check_response
from tests.fuzz.trees import mutated

ROOT = Path(__file__).parents[2]
CLIENT = Client("fuzz")
DAYS = {"value": 7, "unit": "d", "code": "d", "system": "http://unitsofmeasure.org"}
BY_HOOK = {each.service.hook: each for each in listing(content(), CLIENT).endpoints.values()}


def long_record() -> Json:
    """A call with a resource of every type that is read, in the forms that take the most reading."""
    dose = {
        "text": "1 tablet every 6 hours as needed",
        "timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h", "boundsDuration": DAYS}},
        "asNeededBoolean": True,
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
    }
    subject = {"reference": "Patient/p1"}
    record = prefetched(
        condition(LOW_BACK_PAIN, id="c1"),
        condition(("icd", "R33.9"), days_ago=2, text="urinary retention"),
        observation("8310-5", 39, "Cel", interpretation=[{"coding": [{"code": "H"}]}]),
        observation("1988-5", 40, "mg/L", referenceRange=[{"high": {"value": 5, "unit": "mg/L"}}]),
        prescription("1049621", dosageInstruction=[dose]),
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": subject,
            "medicationReference": {"reference": "#m"},
            "contained": [{"resourceType": "Medication", "id": "m", "code": concept(("rxnorm", "197321"))}],
            "authoredOn": day(20),
            "dosageInstruction": [dose],
        },
        procedure(("snomed", "387731002"), days_ago=30),
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": subject,
            "reasonCode": [concept(LOW_BACK_PAIN)],
            "period": {"start": day(9), "end": day(9)},
            "diagnosis": [{"condition": {"reference": "Condition/c1"}}],
        },
        {
            "resourceType": "AllergyIntolerance",
            "patient": subject,
            "code": concept(("rxnorm", "5640")),
            "clinicalStatus": {"coding": [{"code": "active"}]},
        },
        {**study("72148", LOW_BACK_PAIN), "status": "completed", "authoredOn": day(100)},
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "subject": subject,
            "code": concept(("cpt", "72148")),
            "effectiveDateTime": day(100),
        },
        patient=person(age=71),
    )
    orders = (study("72133", LOW_BACK_PAIN), drug("1049621", LOW_BACK_PAIN, dosageInstruction=[dose]))
    return request("order-sign", *orders, prefetch=record, encounterId="e1")


def seeds() -> list[bytes]:
    """Bodies of real calls: those of the public sandbox, the examples of the contract, and a long record."""
    captured = [
        json.loads(file.read_text(encoding="utf-8")) for file in (ROOT / "tests" / "requests").rglob("*.json")
    ]
    examples = (ROOT / "openapi" / "examples").glob("*-request.json")
    bodies = [each["body"] for each in captured if "hook" in each.get("body", {})]
    bodies += [json.loads(file.read_text(encoding="utf-8"))["value"] for file in examples]
    return [json.dumps(each).encode() for each in (*bodies, long_record())]


def one(data: bytes) -> None:
    """Anything but an answer as specified or a refusal of ours is a finding."""
    try:
        request = parse(data)
        endpoint = BY_HOOK.get(request.hook)
        if endpoint is None:
            return
        found = material(endpoint.queries, sort(request.prefetch, endpoint.queries))
        answered = answer(content(), CLIENT, endpoint.service, request, found, TODAY)
    except Failure as failure:
        if isinstance(failure, Internal):
            raise
        return
    check_response(json.loads(encode(answered.response)))


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """JSON by its tree three times of four, by its bytes otherwise."""
    return (mutated(data, most, seed) if seed % 4 else None) or atheris.Mutate(data, most)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one, custom_mutator=mutate)
    atheris.Fuzz()
