"""Short ways to write the FHIR resources that a real record holds; every date counts back from TODAY."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.integration.servers import TODAY

Json = dict[str, Any]

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CPT = "http://www.ama-assn.org/go/cpt"
UCUM = "http://unitsofmeasure.org"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


def days_ago(days: int) -> str:
    """The FHIR date that many days before TODAY."""
    return (date.fromisoformat(TODAY) - timedelta(days=days)).isoformat()


def concept(text: str, *codings: tuple[str, str]) -> Json:
    """A CodeableConcept with these (system, code) pairs, each displayed as the text."""
    coding = [{"system": system, "code": code, "display": text} for system, code in codings]
    return {"coding": coding, "text": text}


def patient(key: str, gender: str, birth_date: str, family: str, given: str) -> Json:
    """A Patient as a registration desk records one."""
    return {
        "resourceType": "Patient",
        "id": key,
        "active": True,
        "identifier": [{"system": "urn:example:mrn", "value": f"MRN-{key}"}],
        "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": gender,
        "birthDate": birth_date,
    }


def condition(
    key: str, who: str, code: Json, *, days: int, status: str = "active", onset: bool = False
) -> Json:
    """A problem list entry recorded that many days ago, with its onset on the same day if asked for."""
    dated = {"onsetDateTime": days_ago(days)} if onset else {}
    return {
        "resourceType": "Condition",
        "id": key,
        "clinicalStatus": {"coding": [{"system": CLINICAL, "code": status}]},
        "verificationStatus": {"coding": [{"system": VERIFICATION, "code": "confirmed"}]},
        "category": [{"coding": [{"system": CATEGORY, "code": "problem-list-item"}]}],
        "code": code,
        "subject": {"reference": f"Patient/{who}"},
        "recordedDate": days_ago(days),
        **dated,
    }


def temperature(key: str, who: str, celsius: float, *, days: int) -> Json:
    """A body temperature measured that many days ago."""
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                    }
                ]
            }
        ],
        "code": concept("Body temperature", (LOINC, "8310-5")),
        "subject": {"reference": f"Patient/{who}"},
        "effectiveDateTime": f"{days_ago(days)}T09:30:00+00:00",
        "valueQuantity": {"value": celsius, "unit": "degrees C", "system": UCUM, "code": "Cel"},
    }


def medication(key: str, who: str, code: Json, *, status: str, days: int, **more: Any) -> Json:
    """A MedicationRequest authored that many days ago; more elements by their FHIR names."""
    return {
        "resourceType": "MedicationRequest",
        "id": key,
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": code,
        "subject": {"reference": f"Patient/{who}"},
        "authoredOn": days_ago(days),
        **more,
    }


def tablets(times_a_day: int, *, supply_days: int, each: int = 1) -> Json:
    """The dosage and dispense elements of a plain tablet regimen."""
    dose = {"value": each, "unit": "tablet", "system": UCUM, "code": "{tablet}"}
    return {
        "dosageInstruction": [
            {
                "text": f"{each} tablet {times_a_day} times a day",
                "timing": {"repeat": {"frequency": times_a_day, "period": 1, "periodUnit": "d"}},
                "route": concept("Oral route", (SNOMED, "26643006")),
                "doseAndRate": [{"doseQuantity": dose}],
            }
        ],
        "dispenseRequest": {
            "quantity": {"value": each * times_a_day * supply_days, "unit": "tablet"},
            "expectedSupplyDuration": {"value": supply_days, "unit": "days", "system": UCUM, "code": "d"},
        },
    }


def imaging_order(key: str, who: str, code: Json, *reasons: Json) -> Json:
    """A draft order for a study."""
    because = {"reasonCode": list(reasons)} if reasons else {}
    return {
        "resourceType": "ServiceRequest",
        "id": key,
        "status": "draft",
        "intent": "order",
        "category": [concept("Imaging", (SNOMED, "363679005"))],
        "code": code,
        "subject": {"reference": f"Patient/{who}"},
        "authoredOn": TODAY,
        **because,
    }


def draft_bundle(*orders: Json) -> Json:
    """The Bundle of unsigned orders that a hook's context carries."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": order} for order in orders],
    }
