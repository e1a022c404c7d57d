"""The patients that the FHIR server is seeded with: one record for each story, written as EHRs write them."""

from __future__ import annotations

import gzip
import json

from tests.integration.fhir import (
    ICD10CM,
    RXNORM,
    SNOMED,
    Json,
    concept,
    condition,
    medication,
    patient,
    tablets,
    temperature,
)
from tests.integration.servers import HERE

ACUTE_BACK_PAIN = concept("Acute low back pain", (SNOMED, "278862001"), (ICD10CM, "M54.50"))
LOW_BACK_PAIN = concept("Low back pain", (SNOMED, "279039007"))
URINARY_RETENTION = concept("Retention of urine, unspecified", (ICD10CM, "R33.9"))
BREAST_CANCER = concept("Malignant neoplasm of breast", (SNOMED, "254837009"))
BREAST_CANCER_HISTORY = concept("Personal history of malignant neoplasm of breast", (ICD10CM, "Z85.3"))
OSTEOPOROSIS = concept("Osteoporosis", (SNOMED, "64859006"))
FALL = concept("Fall on same level from slipping, tripping and stumbling", (ICD10CM, "W01.0XXA"))
OSTEOMYELITIS = concept(
    "Osteomyelitis of vertebra, lumbar region", (ICD10CM, "M46.26"), (SNOMED, "203241002")
)
FOOT_DROP = concept("Foot drop, right foot", (ICD10CM, "M21.371"))
HYPERTENSION = concept("Essential hypertension", (ICD10CM, "I10"))
ALPRAZOLAM = concept("Alprazolam 0.5 MG Oral Tablet", (RXNORM, "308048"))


def back_pain(who: str, *, days: int) -> Json:
    """Acute low back pain that began and was recorded that many days ago."""
    return condition(f"{who}-pain", who, ACUTE_BACK_PAIN, days=days, onset=True)


def acute_pain() -> list[Json]:
    """45 years old, ten days of low back pain, nothing else."""
    who = "acute"
    return [patient(who, "female", "1981-05-14", "Hoffman", "Dana"), back_pain(who, days=10)]


def urinary_retention() -> list[Json]:
    """Low back pain, and since two days urinary retention."""
    who = "retention"
    return [
        patient(who, "female", "1979-02-03", "Okafor", "Ngozi"),
        back_pain(who, days=12),
        condition("retention-new", who, URINARY_RETENTION, days=2, onset=True),
    ]


def fever() -> list[Json]:
    """Low back pain, and 38.6 degrees yesterday."""
    who = "fever"
    return [
        patient(who, "male", "1971-09-30", "Lindqvist", "Per"),
        back_pain(who, days=9),
        temperature("fever-old", who, 36.8, days=200),
        temperature("fever-now", who, 38.6, days=1),
    ]


def past_cancer() -> list[Json]:
    """Breast cancer years ago, in remission; new low back pain."""
    who = "cancer"
    return [
        patient(who, "female", "1964-03-21", "Moreau", "Claire"),
        condition("cancer-diagnosis", who, BREAST_CANCER, days=2200, status="remission"),
        condition("cancer-history", who, BREAST_CANCER_HISTORY, days=1500),
        back_pain(who, days=14),
    ]


def fall_with_osteoporosis() -> list[Json]:
    """78 years old, osteoporosis, a fall five days ago, pain since."""
    who = "fall"
    return [
        patient(who, "female", "1948-01-17", "Ferrari", "Lucia"),
        condition("fall-bones", who, OSTEOPOROSIS, days=3000),
        condition("fall-event", who, FALL, days=5, onset=True),
        back_pain(who, days=5),
    ]


def vertebral_osteomyelitis() -> list[Json]:
    """Vertebral osteomyelitis on the problem list since three days."""
    who = "osteomyelitis"
    return [
        patient(who, "male", "1958-12-01", "Novak", "Petr"),
        back_pain(who, days=20),
        condition("osteomyelitis-new", who, OSTEOMYELITIS, days=3, onset=True),
    ]


def foot_drop() -> list[Json]:
    """Low back pain, and since three days a foot drop."""
    who = "footdrop"
    return [
        patient(who, "male", "1984-07-08", "Tanaka", "Ren"),
        back_pain(who, days=15),
        condition("footdrop-new", who, FOOT_DROP, days=3, onset=True),
    ]


def on_alprazolam() -> list[Json]:
    """Low back pain in a patient who takes alprazolam."""
    who = "alprazolam"
    return [
        patient(who, "female", "1988-11-11", "Schmidt", "Eva"),
        back_pain(who, days=8),
        medication("alprazolam-now", who, ALPRAZOLAM, status="active", days=12, **tablets(2, supply_days=30)),
    ]


def alprazolam_by_reference() -> list[Json]:
    """Low back pain; the request for alprazolam only refers to its Medication, as many EHRs write it."""
    who = "referred"
    request = medication("referred-now", who, {}, status="active", days=12, **tablets(2, supply_days=30))
    del request["medicationCodeableConcept"]
    return [
        patient(who, "female", "1990-02-15", "Haddad", "Rima"),
        back_pain(who, days=8),
        request | {"medicationReference": {"reference": "Medication/alprazolam"}},
        {"resourceType": "Medication", "id": "alprazolam", "code": ALPRAZOLAM},
    ]


def no_back_pain() -> list[Json]:
    """Hypertension and nothing that concerns us."""
    who = "healthy"
    return [
        patient(who, "male", "1975-04-25", "Silva", "Joao"),
        condition("healthy-pressure", who, HYPERTENSION, days=900),
    ]


def many_problems() -> list[Json]:
    """Sixty problems; the urinary retention stands on the last page that the server gives."""
    who = "pages"
    others = [condition(f"pages-{n}", who, HYPERTENSION, days=400 + n) for n in range(58)]
    return [
        patient(who, "female", "1980-08-08", "Larsen", "Ida"),
        *others,
        back_pain(who, days=6),
        condition("pages-last", who, URINARY_RETENTION, days=2, onset=True),
    ]


def sandbox_patient() -> list[Json]:
    """The patient of the requests that were captured from the CDS Hooks sandbox."""
    return [
        patient("lbp1", "female", "1980-01-01", "Test", "Lena"),
        condition("c1", "lbp1", LOW_BACK_PAIN, days=10, onset=True),
    ]


def synthea() -> list[Json]:
    """Two whole Synthea records without back pain, as noise and as patients who must get no card."""
    with gzip.open(HERE / "synthea.ndjson.gz", "rt", encoding="utf-8") as lines:
        return [entry["resource"] for line in lines for entry in json.loads(line)["entry"]]


def everyone() -> list[Json]:
    """All records together."""
    records = (
        acute_pain,
        urinary_retention,
        fever,
        past_cancer,
        fall_with_osteoporosis,
        vertebral_osteomyelitis,
        foot_drop,
        on_alprazolam,
        alprazolam_by_reference,
        no_back_pain,
        many_problems,
        sandbox_patient,
        synthea,
    )
    return [resource for record in records for resource in record()]
