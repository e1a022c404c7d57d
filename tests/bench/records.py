"""Realistic FHIR resources, most of which concern us not at all; the same ones in every run.

Every resource holds PATIENT_MARK where the patient's number stands, so that a fresh patient is one
replacement away.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

from tests.integration import servers

Json = dict[str, Any]

TODAY = date.fromisoformat(servers.TODAY)
PATIENT_MARK = "PPPPPPPP"
WHO = f"pt-{PATIENT_MARK}"

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
CPT = "http://www.ama-assn.org/go/cpt"
UCUM = "http://unitsofmeasure.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"

Code = tuple[str, str, str]

PROBLEMS: tuple[Code, ...] = (
    (SNOMED, "59621000", "Essential hypertension"),
    (SNOMED, "444814009", "Viral sinusitis"),
    (SNOMED, "195662009", "Acute viral pharyngitis"),
    (SNOMED, "162864005", "Body mass index 30+ - obesity"),
    (SNOMED, "55822004", "Hyperlipidemia"),
    (SNOMED, "40055000", "Chronic sinusitis"),
    (SNOMED, "10509002", "Acute bronchitis"),
    (SNOMED, "65363002", "Otitis media"),
    (ICD10CM, "E11.9", "Type 2 diabetes mellitus without complications"),
    (ICD10CM, "J30.2", "Other seasonal allergic rhinitis"),
    (ICD10CM, "L20.9", "Atopic dermatitis, unspecified"),
    (ICD10CM, "M25.561", "Pain in right knee"),
)
DRUGS: tuple[Code, ...] = (
    (RXNORM, "314076", "lisinopril 10 MG Oral Tablet"),
    (RXNORM, "860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet"),
    (RXNORM, "312961", "Simvastatin 20 MG Oral Tablet"),
    (RXNORM, "308136", "amLODIPine 2.5 MG Oral Tablet"),
    (RXNORM, "665078", "Loratadine 5 MG Chewable Tablet"),
    (RXNORM, "562251", "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet"),
    (RXNORM, "310798", "Hydrochlorothiazide 25 MG Oral Tablet"),
    (RXNORM, "310965", "Ibuprofen 200 MG Oral Tablet"),
)
MEASUREMENTS: tuple[tuple[Code, str, float], ...] = (
    ((LOINC, "8302-2", "Body Height"), "cm", 171.0),
    ((LOINC, "29463-7", "Body Weight"), "kg", 82.0),
    ((LOINC, "39156-5", "Body Mass Index"), "kg/m2", 28.0),
    ((LOINC, "8310-5", "Body temperature"), "Cel", 36.8),
    ((LOINC, "2339-0", "Glucose"), "mg/dL", 96.0),
    ((LOINC, "6299-2", "Urea Nitrogen"), "mg/dL", 12.0),
    ((LOINC, "38483-4", "Creatinine"), "mg/dL", 0.9),
    ((LOINC, "2947-0", "Sodium"), "mmol/L", 140.0),
    ((LOINC, "6298-4", "Potassium"), "mmol/L", 4.2),
    ((LOINC, "2093-3", "Total Cholesterol"), "mg/dL", 188.0),
    ((LOINC, "718-7", "Hemoglobin"), "g/dL", 14.1),
    ((LOINC, "1988-5", "C reactive protein"), "mg/L", 2.0),
)
PROCEDURES: tuple[Code, ...] = (
    (SNOMED, "428191000124101", "Documentation of current medications"),
    (SNOMED, "117015009", "Throat culture"),
    (SNOMED, "127783003", "Spirometry"),
    (SNOMED, "73761001", "Colonoscopy"),
    (SNOMED, "430193006", "Medication reconciliation"),
    (SNOMED, "274474001", "Bone immobilization"),
)
VISITS: tuple[Code, ...] = (
    (SNOMED, "185345009", "Encounter for symptom"),
    (SNOMED, "162673000", "General examination of patient"),
    (SNOMED, "185349003", "Encounter for check up"),
)
REQUESTS: tuple[Code, ...] = (
    (SNOMED, "306206005", "Referral to service"),
    (LOINC, "24323-8", "Comprehensive metabolic panel"),
)
# In the order in which EHR records hold them: mostly observations and visits.
MIX = [
    "Observation",
    "Encounter",
    "Observation",
    "Condition",
    "Observation",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "Observation",
    "Encounter",
    "Observation",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "Condition",
    "Encounter",
    "Observation",
    "ServiceRequest",
    "Observation",
    "Encounter",
]


def days_ago(days: int) -> str:
    """The date that many days before TODAY."""
    return (TODAY - timedelta(days=days)).isoformat()


def period(days: int) -> Json:
    """Half an hour on the morning of that day."""
    return {"start": f"{days_ago(days)}T08:00:00+00:00", "end": f"{days_ago(days)}T08:30:00+00:00"}


def concept(code: Code) -> Json:
    """A CodeableConcept with one coding."""
    system, value, text = code
    return {"coding": [{"system": system, "code": value, "display": text}], "text": text}


def common(kind: str, number: int, days: int) -> Json:
    """The elements that a server adds to every resource."""
    stamp = f"{days_ago(days)}T08:15:30.123+00:00"
    return {
        "resourceType": kind,
        "id": f"{kind.lower()}-{PATIENT_MARK}-{number}",
        "meta": {"versionId": "1", "lastUpdated": stamp, "source": "#k2Vb7oRZl9"},
    }


def subject() -> Json:
    """The reference to the patient."""
    return {"reference": f"Patient/{WHO}", "display": "Avery Example"}


def condition(number: int, days: int, pick: random.Random) -> Json:
    """A problem, mostly resolved."""
    return problem(number, days, pick.choice(PROBLEMS), pick.choice(("resolved", "resolved", "active")))


def problem(number: int, days: int, code: Code, status: str) -> Json:
    """A problem list entry with its onset."""
    return {
        **common("Condition", number, days),
        "clinicalStatus": concept((f"{TERMINOLOGY}/condition-clinical", status, status)),
        "verificationStatus": concept((f"{TERMINOLOGY}/condition-ver-status", "confirmed", "Confirmed")),
        "category": [
            concept((f"{TERMINOLOGY}/condition-category", "problem-list-item", "Problem List Item"))
        ],
        "code": concept(code),
        "subject": subject(),
        "encounter": {"reference": f"Encounter/encounter-{PATIENT_MARK}-{number + 1}"},
        "onsetDateTime": days_ago(days),
        "recordedDate": days_ago(days),
    }


def medication_request(number: int, days: int, pick: random.Random) -> Json:
    """A prescription with a plain regimen, mostly an old one."""
    dose = {"value": 1, "unit": "tablet", "system": UCUM, "code": "{tablet}"}
    repeat = {"frequency": pick.choice((1, 2, 3)), "period": 1, "periodUnit": "d"}
    return {
        **common("MedicationRequest", number, days),
        "status": pick.choice(("stopped", "completed", "active")),
        "intent": "order",
        "medicationCodeableConcept": concept(pick.choice(DRUGS)),
        "subject": subject(),
        "authoredOn": f"{days_ago(days)}T09:00:00+00:00",
        "requester": {"reference": "Practitioner/practitioner-17", "display": "Dr. Rowan Example"},
        "dosageInstruction": [
            {"sequence": 1, "timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": dose}]}
        ],
        "dispenseRequest": {
            "expectedSupplyDuration": {"value": 30, "unit": "days", "system": UCUM, "code": "d"}
        },
    }


def observation(number: int, days: int, pick: random.Random) -> Json:
    """A vital sign or a laboratory value within its reference range."""
    code, unit, value = pick.choice(MEASUREMENTS)
    measured = round(value * pick.uniform(0.97, 1.01), 1)
    return {
        **common("Observation", number, days),
        "status": "final",
        "category": [concept((f"{TERMINOLOGY}/observation-category", "laboratory", "Laboratory"))],
        "code": concept(code),
        "subject": subject(),
        "effectiveDateTime": f"{days_ago(days)}T08:15:30+00:00",
        "issued": f"{days_ago(days)}T10:15:30.123+00:00",
        "valueQuantity": {"value": measured, "unit": unit, "system": UCUM, "code": unit},
    }


def procedure(number: int, days: int, pick: random.Random) -> Json:
    """A completed procedure."""
    return {
        **common("Procedure", number, days),
        "status": "completed",
        "code": concept(pick.choice(PROCEDURES)),
        "subject": subject(),
        "performedPeriod": period(days),
    }


def encounter(number: int, days: int, pick: random.Random) -> Json:
    """A finished visit."""
    return {
        **common("Encounter", number, days),
        "status": "finished",
        "class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": "AMB", "display": "ambulatory"},
        "type": [concept(pick.choice(VISITS))],
        "subject": subject(),
        "period": period(days),
        "serviceProvider": {"reference": "Organization/organization-3", "display": "Example Clinic"},
    }


def service_request(number: int, days: int, pick: random.Random) -> Json:
    """An old order."""
    return {
        **common("ServiceRequest", number, days),
        "status": "completed",
        "intent": "order",
        "code": concept(pick.choice(REQUESTS)),
        "subject": subject(),
        "authoredOn": days_ago(days),
    }


MAKERS: Mapping[str, Callable[[int, int, random.Random], Json]] = {
    "Condition": condition,
    "MedicationRequest": medication_request,
    "Observation": observation,
    "Procedure": procedure,
    "Encounter": encounter,
    "ServiceRequest": service_request,
}


def patient() -> Json:
    """An adult without anything special."""
    return {
        "resourceType": "Patient",
        "id": WHO,
        "identifier": [{"system": "urn:example:mrn", "value": f"MRN-{PATIENT_MARK}"}],
        "name": [{"use": "official", "family": "Example", "given": ["Avery"]}],
        "gender": "male",
        "birthDate": "1983-04-02",
    }


def relevant() -> list[Json]:
    """What makes the cards: acute low back pain on the problem list."""
    return [problem(1, 12, (SNOMED, "278862001", "Acute low back pain"), "active")]


def others(pick: random.Random) -> Iterator[Json]:
    """The rest of a long record, oldest entries last."""
    for number in count(2):
        kind = MIX[number % len(MIX)]
        yield MAKERS[kind](number, 20 + 9 * number, pick)
