"""A small set of watched codes and resources of the usual form, for the tests of reading."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from app.knowledge.codes import CodeIndex
from app.knowledge.value_set import ValueSet
from app.knowledge.words import Cues
from app.record.dates import when
from app.record.reading import Scope, Tally, read_collection
from app.record.record import Collection

TODAY = date(2026, 11, 20)
PATIENT_ID = "p1"
SNOMED, ICD, LOINC, CPT, RXNORM = (
    "http://snomed.info/sct",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://loinc.org",
    "http://www.ama-assn.org/go/cpt",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
)
LOCAL = "urn:oid:1.2.3.4.5"


def _set(codes: dict[str, dict[str, str]], *words: str) -> ValueSet:
    return ValueSet(title="t", purpose="p", version="1", sources=("s",), codes=codes, words=words)


WATCH = CodeIndex(
    {
        "back_pain": _set(
            {"SNOMED CT": {"279039007": "low back pain"}, "ICD-10-CM": {"M54.5": "low back pain"}},
            "low back pain",
        ),
        "cauda_equina": _set({"SNOMED CT": {"192970008": "cauda equina syndrome"}}, "cauda equina"),
        "pain_relief": _set(
            {"RxNorm": {"5640": "ibuprofen", "310965": "ibuprofen 200 mg tablet"}}, "ibuprofen"
        ),
        "spine_mri": _set({"CPT": {"72148": "lumbar spine MRI"}}, "mri lumbar", "mr lumbar"),
        "physical_therapy": _set({"SNOMED CT": {"91251008": "physical therapy"}}, "physical therap*"),
        "spine_surgery": _set({"SNOMED CT": {"387731002": "laminectomy"}}, "laminectomy"),
        "temperature": _set({"LOINC": {"8310-5": "body temperature"}}, "body temperature"),
        "systolic": _set({"LOINC": {"8480-6": "systolic blood pressure"}}),
        "pregnancy_test": _set({"LOINC": {"2106-3": "pregnancy test"}}),
        "positive": _set({"SNOMED CT": {"10828004": "positive"}}, "positive", "yes"),
        "visit": _set({"SNOMED CT": {"185349003": "check-up"}}),
    },
    Cues(
        negating=("no", "without"),
        doubting=("rule out", "r / o"),
        ending=("but", ",", ";", "."),
        reach=40,
    ),
)


def scope(**changes: Any) -> Scope:
    """A call about p1 on a fixed day; born in 1970."""
    return Scope(
        **{"watch": WATCH, "patient_id": PATIENT_ID, "today": TODAY, "birth": when("1970-05-01")} | changes
    )


def raw(value: Any) -> msgspec.Raw:
    """As it comes: undecoded."""
    return msgspec.Raw(msgspec.json.encode(value))


def collection(source: str, *resources: Any, within: Scope | None = None) -> Collection:
    """The values that are read from these resources."""
    return read_collection(source, [raw(each) for each in resources], (), within or scope())


def one(source: str, resource: Any, within: Scope | None = None) -> Any:
    """The one value that is read from a resource, without anything lost."""
    read = collection(source, resource, within=within)
    assert read.gaps == ()
    assert len(read.items) == 1
    return read.items[0]


def why(source: str, *resources: Any, within: Scope | None = None) -> list[str]:
    """What is said about resources that could not be used."""
    read = collection(source, *resources, within=within)
    assert read.items == ()
    return [gap.why for gap in read.gaps]


def concept(system: str, code: str, text: str | None = None) -> dict[str, Any]:
    """A CodeableConcept with one coding."""
    coded = {"coding": [{"system": system, "code": code}]}
    return coded | ({"text": text} if text else {})


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    """The resource less these elements."""
    return {name: each for name, each in resource.items() if name not in names}


def _resource(kind: str, elements: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    base = {"resourceType": kind, "id": "x1", "subject": {"reference": f"Patient/{PATIENT_ID}"}}
    return base | elements | changes


def condition(**changes: Any) -> dict[str, Any]:
    """An active problem."""
    return _resource(
        "Condition",
        {
            "clinicalStatus": concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
            "verificationStatus": concept(
                "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed"
            ),
            "code": concept(SNOMED, "279039007"),
            "onsetDateTime": "2026-10-01",
            "recordedDate": "2026-10-05",
        },
        changes,
    )


def medication_request(**changes: Any) -> dict[str, Any]:
    """An active prescription."""
    return _resource(
        "MedicationRequest",
        {
            "status": "active",
            "intent": "order",
            "medicationCodeableConcept": concept(RXNORM, "5640"),
            "authoredOn": "2026-11-01",
        },
        changes,
    )


def service_request(**changes: Any) -> dict[str, Any]:
    """An active request."""
    return _resource(
        "ServiceRequest",
        {
            "status": "active",
            "intent": "order",
            "code": concept(CPT, "72148"),
            "authoredOn": "2026-11-01",
        },
        changes,
    )


def procedure(**changes: Any) -> dict[str, Any]:
    """A completed procedure."""
    return _resource(
        "Procedure",
        {
            "status": "completed",
            "code": concept(SNOMED, "387731002"),
            "performedDateTime": "2026-09-01",
        },
        changes,
    )


def observation(**changes: Any) -> dict[str, Any]:
    """A final measurement."""
    return _resource(
        "Observation",
        {
            "status": "final",
            "code": concept(LOINC, "8310-5"),
            "effectiveDateTime": "2026-11-19",
            "valueQuantity": {
                "value": 38.4,
                "unit": "°C",
                "system": "http://unitsofmeasure.org",
                "code": "Cel",
            },
        },
        changes,
    )


def encounter(**changes: Any) -> dict[str, Any]:
    """A visit in progress."""
    return _resource(
        "Encounter",
        {
            "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "period": {"start": "2026-11-20T08:00:00Z"},
        },
        changes,
    )


def tally() -> Tally:
    """Fresh counts."""
    return Tally()
