"""The short way for plain encounters and observations gives what the long way gives."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.record.readers import quick
from app.record.reading import Scope, read_collection
from tests.record.samples import LOINC, PATIENT_ID, SNOMED, TODAY, WATCH

ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
    "subject": {"reference": f"Patient/{PATIENT_ID}"},
    "type": [{"coding": [{"system": SNOMED, "code": "185349003"}]}],
    "reasonCode": [{"coding": [{"system": SNOMED, "code": "279039007"}], "text": "low back pain"}],
    "diagnosis": [{"condition": {"reference": "Condition/c1"}}],
    "period": {"start": "2026-11-01T08:00:00+00:00", "end": "2026-11-01T09:00:00+00:00"},
}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "8310-5"}]},
    "subject": {"reference": f"Patient/{PATIENT_ID}"},
    "effectiveDateTime": "2026-11-19T07:00:00Z",
    "valueQuantity": {"value": 38.2, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"},
    "interpretation": [{"coding": [{"code": "H"}]}],
    "referenceRange": [{"low": {"value": 36, "unit": "Cel"}, "high": {"value": 37.5, "unit": "Cel"}}],
}
USUAL = [
    ENCOUNTER,
    {
        key: value
        for key, value in ENCOUNTER.items()
        if key not in ("type", "reasonCode", "diagnosis", "period")
    },
    OBSERVATION,
    {**OBSERVATION, "valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/L"}},
    {key: value for key, value in OBSERVATION.items() if key not in ("interpretation", "referenceRange")},
]
UNUSUAL = [
    {**ENCOUNTER, "subject": {"reference": "Patient/somebody-else"}},
    {**ENCOUNTER, "status": "cancelled"},
    {**ENCOUNTER, "class": {"coding": [{"code": "EMER"}]}},
    {**ENCOUNTER, "diagnosis": [{"condition": {"reference": "Condition/c1", "display": "low back pain"}}]},
    {**ENCOUNTER, "modifierExtension": [{"url": "x"}]},
    {**ENCOUNTER, "reasonCode": [{}]},
    {**OBSERVATION, "status": "entered-in-error"},
    {**OBSERVATION, "component": [{"code": {"text": "body temperature"}}]},
    {**OBSERVATION, "referenceRange": [{"type": {"text": "therapeutic"}, "high": {"value": 1}}]},
    {**OBSERVATION, "valueQuantity": {"value": "38.2"}},
    {**OBSERVATION, "dataAbsentReason": {"text": "unknown"}},
    {**OBSERVATION, "valueCodeableConcept": {"text": "active"}},
    {**OBSERVATION, "valueString": "active"},
    {**OBSERVATION, "valueBoolean": True},
]


def read(resource: dict[str, Any], *, filtering: bool) -> tuple[Any, ...]:
    scope = Scope(WATCH, PATIENT_ID, TODAY, filtering=filtering)
    found = read_collection(resource["resourceType"], [msgspec.json.encode(resource)], (), scope)
    return found.items, found.gaps


@pytest.mark.parametrize("resource", USUAL + UNUSUAL)
def test_both_ways_lead_to_the_same(resource: dict[str, Any]) -> None:
    assert read(resource, filtering=True) == read(resource, filtering=False)


@pytest.mark.parametrize("resource", USUAL)
def test_the_usual_form_goes_the_short_way(resource: dict[str, Any]) -> None:
    scope = Scope(WATCH, PATIENT_ID, TODAY)
    assert quick.QUICK[resource["resourceType"]](msgspec.json.encode(resource), scope) is not None


@pytest.mark.parametrize("resource", UNUSUAL)
def test_anything_else_goes_the_long_way(resource: dict[str, Any]) -> None:
    scope = Scope(WATCH, PATIENT_ID, TODAY)
    assert quick.QUICK[resource["resourceType"]](msgspec.json.encode(resource), scope) is None
