"""The Synthea records, and what is injected into them: back pain, an ordinary draft, a red flag."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from app.answering import Answered
from tests.calls import LOW_BACK_PAIN, concept
from tests.cards.drug_orders import taken
from tests.whole_records import SOURCES, Encoded, Json, encoded, put

FILE = Path(__file__).with_name("synthea-r4.ndjson.gz")
DEATH = ("deceasedDateTime", "deceasedBoolean")


@dataclass(frozen=True, slots=True)
class Patient:
    """One record. `number` is its place in the file, `today` the day after the last encounter.

    `person` is the Patient resource, `resources` are all others that the service asks for.
    """

    number: int
    id: str
    person: Json
    resources: tuple[Encoded, ...]
    today: date

    def day(self, days_ago: int) -> str:
        """The ISO date so many days before today."""
        return (self.today - timedelta(days=days_ago)).isoformat()


@dataclass(frozen=True, slots=True)
class Variant:
    """What is done to each record: pain of so many days (None: none), a draft by its name."""

    pain_days: int | None = None
    draft: str | None = None
    living: bool = True


VARIANTS = {
    "as it is": Variant(living=False),
    "pain for 10 days": Variant(10),
    "pain for 120 days": Variant(120),
    "pain for 10 days, MRI": Variant(10, "mri"),
    "pain for 120 days, MRI": Variant(120, "mri"),
    "pain for 10 days, oxycodone": Variant(10, "oxycodone"),
    "pain for 10 days, ibuprofen": Variant(10, "ibuprofen"),
    "pain for 120 days, gabapentin": Variant(120, "gabapentin"),
}
_DRUGS = {"oxycodone": "1049621", "ibuprofen": "197806", "gabapentin": "310431"}


@cache
def patients() -> tuple[Patient, ...]:
    """Every record of the file."""
    return tuple(_read())


def _read() -> Iterator[Patient]:
    with gzip.open(FILE, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            resources = tuple(entry["resource"] for entry in json.loads(line)["entry"])
            (person,) = (each for each in resources if each["resourceType"] == "Patient")
            asked = [each for each in resources if each["resourceType"] in SOURCES and each is not person]
            visits = [each["period"] for each in resources if each["resourceType"] == "Encounter"]
            last = max(each.get("end", each["start"])[:10] for each in visits)
            today = date.fromisoformat(last) + timedelta(days=1)
            yield Patient(number, person["id"], person, tuple(map(encoded, asked)), today)


def pain(patient: Patient, days: int) -> Json:
    """Non-specific low back pain that began so many days ago."""
    return {
        "resourceType": "Condition",
        "id": "injected-pain",
        "subject": {"reference": f"Patient/{patient.id}"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": concept(LOW_BACK_PAIN),
        "onsetDateTime": patient.day(days),
    }


def red_flag(patient: Patient) -> Json:
    """Urinary retention since two days."""
    return {
        **pain(patient, 2),
        "id": "injected-flag",
        "code": concept(("icd", "R33.9")),
    }


def draft(patient: Patient, name: str) -> Json:
    """An ordinary order for low back pain."""
    order = {
        "id": "draft",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient.id}"},
        "reasonCode": [concept(LOW_BACK_PAIN)],
    }
    if name == "mri":
        return {"resourceType": "ServiceRequest", **order, "code": concept(("cpt", "72148"))}
    product = concept(("rxnorm", _DRUGS[name]))
    course = taken(1, 3, days=3)
    return {"resourceType": "MedicationRequest", **order, "medicationCodeableConcept": product, **course}


def answered(patient: Patient, variant: Variant, *injected: Json) -> Answered:
    """The answer when the chart is opened, or when the draft is signed."""
    whole = {name: each for name, each in patient.person.items() if not variant.living or name not in DEATH}
    added = [pain(patient, variant.pain_days)] if variant.pain_days is not None else []
    drafts = [draft(patient, variant.draft)] if variant.draft else []
    return put(
        [whole, *patient.resources, *added, *injected],
        "order-sign" if drafts else "patient-view",
        *drafts,
        today=patient.today,
        patient_id=patient.id,
    )
