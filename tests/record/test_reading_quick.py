"""The short way for plain entries gives what the long way gives."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.record import fhir_models
from app.record.readers.quick import short_way
from app.record.readers.resources import CONDITION as CONDITION_SHAPE
from app.record.readers.sent import SENT, Reference, opened
from app.record.reading import KINDS, Scope, read_collection
from tests.record.samples import ICD, LOINC, PATIENT_ID, RXNORM, SNOMED, TODAY, WATCH, without

SUBJECT = {"reference": f"Patient/{PATIENT_ID}"}
ENCOUNTER = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
    "subject": SUBJECT,
    "type": [{"coding": [{"system": SNOMED, "code": "185349003"}]}],
    "reasonCode": [{"coding": [{"system": SNOMED, "code": "279039007"}], "text": "low back pain"}],
    "diagnosis": [{"condition": {"reference": "Condition/c1"}}],
    "period": {"start": "2026-11-01T08:00:00+00:00", "end": "2026-11-01T09:00:00+00:00"},
}
INSIDE = {"resourceType": "Condition", "code": {"coding": [{"system": SNOMED, "code": "279039007"}]}}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "8310-5"}]},
    "subject": SUBJECT,
    "effectiveDateTime": "2026-11-19T07:00:00Z",
    "valueQuantity": {"value": 38.2, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"},
    "interpretation": [{"coding": [{"code": "H"}]}],
    "referenceRange": [{"low": {"value": 36, "unit": "Cel"}, "high": {"value": 37.5, "unit": "Cel"}}],
}
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "verificationStatus": {"coding": [{"code": "provisional", "display": "Provisional"}]},
    "category": [{"coding": [{"code": "problem-list-item"}]}],
    "severity": {"coding": [{"system": SNOMED, "code": "24484000", "display": "Severe (severity modifier)"}]},
    "code": {"coding": [{"system": ICD, "code": "M54.5"}]},
    "subject": SUBJECT,
    "encounter": {"reference": "Encounter/e1"},
    "onsetDateTime": "2026-11",
    "recordedDate": "2026-11-10",
    "abatementDateTime": "2026-11-12",
}
PRESCRIPTION = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "status": "active",
    "intent": "order",
    "category": [{"text": "outpatient"}],
    "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "310965"}]},
    "subject": SUBJECT,
    "authoredOn": "2026-10-01T09:00:00+00:00",
    "reasonCode": [{"coding": [{"system": SNOMED, "code": "279039007"}]}],
    "dosageInstruction": [
        {
            "timing": {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}},
            "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
        }
    ],
    "dispenseRequest": {"numberOfRepeatsAllowed": 2, "expectedSupplyDuration": {"value": 30, "unit": "d"}},
}


WITHHELD = {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "masked"}
USUAL = [
    ENCOUNTER,
    without(ENCOUNTER, "type", "reasonCode", "diagnosis", "period"),
    {**ENCOUNTER, "status": "in-progress"},
    {**ENCOUNTER, "status": "arrived", "period": {"start": "2026-11-01T08:00"}},
    {**ENCOUNTER, "status": "in-progress", "period": {"start": "2026-11-01"}},
    {**ENCOUNTER, "class": {"coding": [{"code": "EMER"}]}},
    {**ENCOUNTER, "reasonCode": [{}]},
    OBSERVATION,
    {**OBSERVATION, "effectiveDateTime": "2026-11-19"},
    {**OBSERVATION, "effectiveDateTime": " 2026-11-19T07:00"},
    {**OBSERVATION, "effectiveDateTime": "2026-11-19T07:00+02:00"},
    {**OBSERVATION, "effectiveDateTime": "2026-11-19T25:61:00Z"},
    {**OBSERVATION, "valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/L"}},
    {**OBSERVATION, "valueQuantity": {"value": "38.2"}},
    {**OBSERVATION, "referenceRange": [{"type": {"text": "therapeutic"}, "high": {"value": 1}}]},
    without(OBSERVATION, "interpretation", "referenceRange"),
    CONDITION,
    without(
        CONDITION, "encounter", "onsetDateTime", "recordedDate", "abatementDateTime", "severity", "category"
    ),
    {**CONDITION, "severity": None, "abatementDateTime": "2027-01-01"},
    {**CONDITION, "abatementDateTime": "2026-10-01"},
    {**CONDITION, "abatementDateTime": "2026-11-20"},
    {**without(CONDITION, "clinicalStatus"), "abatementDateTime": "2026-11-20"},
    {**CONDITION, "clinicalStatus": "active"},
    {**CONDITION, "onsetDateTime": "1900-01-01", "recordedDate": "0001-01-01"},
    PRESCRIPTION,
    {**PRESCRIPTION, "authoredOn": "1900-01-01"},
    without(PRESCRIPTION, "category", "authoredOn", "dispenseRequest", "reasonCode", "dosageInstruction"),
    {**PRESCRIPTION, "dosageInstruction": {"text": "as told"}},
    {**CONDITION, "code": {"coding": [WITHHELD], "text": "low back pain"}},
    {**CONDITION, "clinicalStatus": {"coding": [WITHHELD]}, "severity": {"coding": [WITHHELD]}},
    {**OBSERVATION, "interpretation": [{"coding": [WITHHELD]}]},
    {**ENCOUNTER, "reasonCode": [{"coding": [WITHHELD]}], "type": [{"coding": [WITHHELD]}]},
    {**PRESCRIPTION, "reasonCode": [{"coding": [WITHHELD]}]},
]
UNUSUAL = [
    {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": SUBJECT,
        "code": {"text": "drug allergy"},
        "reaction": [{"substance": {"text": "ibuprofen"}}],
    },
    {**ENCOUNTER, "subject": {"reference": "Patient/somebody-else"}},
    {**ENCOUNTER, "status": "cancelled"},
    {**ENCOUNTER, "diagnosis": [{"condition": {"reference": "Condition/c1", "display": "low back pain"}}]},
    {**ENCOUNTER, "diagnosis": [{"condition": {"reference": "#c"}}], "contained": [{**INSIDE, "id": "c"}]},
    {**ENCOUNTER, "diagnosis": [{"condition": {"reference": "#c"}}]},
    {**ENCOUNTER, "modifierExtension": [{"url": "x"}]},
    {**ENCOUNTER, "patient": SUBJECT},
    {**ENCOUNTER, "reasonCode": [{"text": "low back pain" + " " * 3000}]},
    {**OBSERVATION, "status": "entered-in-error"},
    {**OBSERVATION, "component": [{"code": {"text": "body temperature"}}]},
    {**OBSERVATION, "valueQuantity": {"value": "warm"}, "valueInteger": 38},
    {**OBSERVATION, "effectiveDateTime": "2027-01-01", "issued": "2026-11-19T07:00:00Z"},
    {**OBSERVATION, "effectiveDateTime": 2026},
    {**OBSERVATION, "dataAbsentReason": {"text": "unknown"}},
    {**OBSERVATION, "valueCodeableConcept": {"text": "active"}},
    {**OBSERVATION, "valueString": "active"},
    {**OBSERVATION, "valueBoolean": True},
    {**CONDITION, "verificationStatus": {"coding": [{"code": "refuted"}]}},
    {**CONDITION, "code": {"coding": [WITHHELD]}},
    {**CONDITION, "code": {"coding": [WITHHELD], "text": "Unknown"}},
    {**CONDITION, "code": {"coding": [{"code": "M54.5"}]}},
    {**OBSERVATION, "code": {"coding": [WITHHELD]}},
    {**PRESCRIPTION, "medicationCodeableConcept": {"coding": [WITHHELD]}},
    {**PRESCRIPTION, "status": "Active"},
    {**ENCOUNTER, "status": "In-Progress"},
    {**CONDITION, "verificationStatus": {"text": "Entered in error"}},
    {**CONDITION, "onsetDateTime": "then"},
    {**CONDITION, "onsetPeriod": {"start": "2026-11-01"}},
    {**CONDITION, "abatementDateTime": "", "abatementBoolean": True},
    {**CONDITION, "abatementString": "last year"},
    {**CONDITION, "severity": {"text": 5, "coding": [{"code": "a  b"}]}},
    {**CONDITION, "encounter": {"reference": "urn:uuid:7f0c2a44"}},
    {**CONDITION, "modifierExtension": [{"url": "x"}]},
    {**CONDITION, "assertedDate": "2026-11-01"},
    {**PRESCRIPTION, "status": "draft"},
    {**PRESCRIPTION, "status": "entered-in-error"},
    {**PRESCRIPTION, "intent": "proposal"},
    {**PRESCRIPTION, "doNotPerform": True},
    {**PRESCRIPTION, "authoredOn": "then"},
    {**PRESCRIPTION, "subject": {"reference": f"https://ehr.example.org/Patient/{PATIENT_ID}"}},
    {**PRESCRIPTION, "medicationReference": {"reference": "#m"}},
    {
        **PRESCRIPTION,
        "medicationCodeableConcept": {"text": "see reference"},
        "medicationReference": {"display": "ibuprofen"},
    },
    {**PRESCRIPTION, "reasonReference": [{"display": "low back pain"}]},
    {**PRESCRIPTION, "priorPrescription": {"reference": "MedicationRequest/m0"}},
    {**PRESCRIPTION, "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": "x", "unit": 5}}]}]},
    {**PRESCRIPTION, "dispenseRequest": {"numberOfRepeatsAllowed": -1}},
]


def read(resource: dict[str, Any], *, filtering: bool) -> tuple[Any, ...]:
    scope = Scope(WATCH, PATIENT_ID, TODAY, filtering=filtering)
    found = read_collection(resource["resourceType"], [msgspec.json.encode(resource)], (), scope)
    return found.items, found.gaps, scope.tally


def ahead(resource: dict[str, Any]) -> Any:
    """What the short way says of a resource; None where it has nothing to say."""
    kind = KINDS[resource["resourceType"]]
    entry = opened(kind.source, msgspec.json.encode(resource))
    return entry and short_way(kind, entry, Scope(WATCH, PATIENT_ID, TODAY))


@pytest.mark.parametrize("resource", USUAL + UNUSUAL)
def test_both_ways_lead_to_the_same(resource: dict[str, Any]) -> None:
    for _ in range(2):  # what is remembered of the first time, too
        assert read(resource, filtering=True) == read(resource, filtering=False)


@pytest.mark.parametrize("resource", USUAL)
def test_the_usual_form_goes_the_short_way(resource: dict[str, Any]) -> None:
    assert ahead(resource)


@pytest.mark.parametrize("resource", UNUSUAL)
def test_anything_else_goes_the_long_way(resource: dict[str, Any]) -> None:
    assert ahead(resource) is None


@pytest.mark.parametrize("source", sorted(SENT))
def test_every_element_that_the_long_way_reads_is_kept(source: str) -> None:
    kind = KINDS[source]
    kept = {each.encode_name for each in msgspec.structs.fields(SENT[source])}
    assert {*kind.shape, *kind.renames, "patient"} <= kept


def test_no_more_is_validated_than_allowed() -> None:
    scope = Scope(WATCH, PATIENT_ID, TODAY)
    scope.tally.validations_left = 1

    found = read_collection("Condition", [msgspec.json.encode(CONDITION)] * 2, (), scope)

    assert [gap.why for gap in found.gaps] == ["1 Condition not read: the record is too long"]
    assert len(found.items) == 1


def test_what_was_accepted_is_forgotten_before_there_is_too_much_of_it() -> None:
    scope = Scope(WATCH, PATIENT_ID, TODAY)
    scope.tally.validations_left = 2 * fhir_models.MOST_KNOWN
    severities = [b'{"text":"%d"}' % number for number in range(fhir_models.MOST_KNOWN + 1)]
    subject = msgspec.convert(SUBJECT, Reference)

    for severity in (*severities, b'{"text":"' + b"x" * fhir_models.LONG + b'"}'):
        assert fhir_models.passes(
            "Condition", CONDITION_SHAPE, {"subject": subject, "severity": severity}, scope.tally
        )

    assert 0 < len(fhir_models.KNOWN) < fhir_models.MOST_KNOWN
    assert max(len(said) for _, _, said in fhir_models.KNOWN) <= fhir_models.LONG
