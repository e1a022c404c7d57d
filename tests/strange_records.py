"""Whole FHIR records of any kind, for properties: findings that matter, written well, oddly and brokenly.

A number makes a record: `world(7)` is always the same. Hypothesis only chooses the number; choosing every
part of a record costs more than answering the call, and keeps to dull records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
World = tuple[list[Json], str, list[Json]]
"""(resources, hook, drafts) of one call."""
TODAY = date(2026, 6, 1)
WHO = "p1"
SNOMED, ICD = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10-cm"
LOINC, CPT = "http://loinc.org", "http://www.ama-assn.org/go/cpt"
RXNORM, LOCAL = "http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:1.2.3.4"
SUBJECT = {"subject": {"reference": f"Patient/{WHO}"}}

PAIN = [
    (SNOMED, "279039007", "Low back pain"), (ICD, "M54.50", "Low back pain, unspecified"),
    (SNOMED, "278862001", "Acute low back pain"), (SNOMED, "278860009", "Chronic low back pain"),
    (ICD, "M54.31", "Sciatica, right side"), (ICD, "M54.9", "Dorsalgia"), (ICD, "M47.816", "Spondylosis"),
    (LOCAL, "BP1", "low back pain"), ("", "", "Lumbago"),
]  # fmt: skip
FINDINGS = [
    (ICD, "G83.4", "Cauda equina syndrome"), (ICD, "R33.9", "Retention of urine"),
    (ICD, "R15.9", "Incontinence"), ("", "", "saddle numbness"), (ICD, "M21.371", "Foot drop"),
    (ICD, "G95.20", "Cord compression"), (ICD, "R50.9", "Fever"), (ICD, "M46.46", "Discitis"),
    (SNOMED, "63627007", "Spinal epidural abscess"), (ICD, "R78.81", "Bacteraemia"),
    (ICD, "F11.20", "Opioid dependence"), (ICD, "Z99.2", "Dialysis"), (ICD, "C79.51", "Bone metastasis"),
    (ICD, "Z85.3", "History of breast cancer"), (ICD, "C50.911", "Breast cancer"),
    (ICD, "M80.08XA", "Fragility fracture"), (ICD, "S32.010A", "Fracture of L1"),
    (ICD, "S32.010D", "Fracture of L1"), (ICD, "M81.0", "Osteoporosis"), (ICD, "W01.0XXA", "Fall"),
    (ICD, "V43.52XA", "Car crash"), (ICD, "I71.30", "Ruptured aneurysm"),
    (SNOMED, "233985008", "Aortic aneurysm"), (ICD, "N40.1", "Prostate"), (ICD, "F03.90", "Dementia"),
    (ICD, "G35", "Multiple sclerosis"), (ICD, "R63.4", "Weight loss"), (ICD, "D64.9", "Anaemia"),
    (ICD, "J18.9", "Pneumonia"), (ICD, "B20", "HIV"), (ICD, "Z51.5", "Palliative care"),
    (SNOMED, "385763009", "Hospice care"), (ICD, "M48.062", "Neurogenic claudication"),
    (ICD, "Z33.1", "Pregnant"), (ICD, "K74.60", "Cirrhosis"), (ICD, "I50.9", "Heart failure"),
    (ICD, "F41.1", "Anxiety"), (ICD, "F32.1", "Depression"), (ICD, "G47.33", "Sleep apnoea"),
    (ICD, "Z79.891", "Long-term opioid"), (ICD, "Z79.52", "Long-term steroid"),
    (ICD, "N18.4", "Kidney disease"), (ICD, "K25.9", "Ulcer"), (ICD, "M45.9", "Spondylitis"),
    (ICD, "D57.1", "Sickle cell"), (ICD, "R45.851", "Suicidal ideation"), (ICD, "I10", "Hypertension"),
    (SNOMED, "429164009", "History of surgery"), (LOCAL, "X", "rule out cauda equina"),
    ("", "", "no saddle numbness"), ("", "", "Hypertension"),
]  # fmt: skip
MEASURED = [
    ("8310-5", [36.8, 38.0, 39.1], ["Cel", None]), ("1988-5", [3, 60], ["mg/L", None]),
    ("4537-7", [10, 80], ["mm/h"]), ("98979-8", [20, 75], ["mL/min/{1.73_m2}"]),
    ("29463-7", [60, 80], ["kg"]), ("718-7", [9, 14], ["g/dL"]), ("44261-6", [3, 15], ["{score}"]),
]  # fmt: skip
DRUGS = [
    "1049621", "1049504", "197696", "864706", "857002", "308048", "197591", "855332", "1364445", "198145",
    "197806", "198440", "310431", "828348", "309362", "243670", "351267", "7242", "617312",
]  # fmt: skip
DONE = [
    (SNOMED, "91251008"), (CPT, "72148"), (CPT, "72100"), (CPT, "72131"), (CPT, "64493"),
    (SNOMED, "427752004"), (SNOMED, "277762005"), (SNOMED, "11466000"), (SNOMED, "52734007"),
    (SNOMED, "444588006"),
]  # fmt: skip
ORDERED = ["72148", "72100", "72133", "72131", "64483", "64635", "20552", "97110"]
DATES = [0, 1, 5, 10, 14, 15, 20, 30, 41, 42, 60, 61, 90, 91, 120, 180, 181, 365, 400, 3000]
BROKEN: list[Any] = [None, "", [], {}, 5, "nonsense", [None], {"coding": "x"}, {"coding": [None]}]


def day(days_ago: int) -> str:
    """The ISO date so many days before today."""
    return (TODAY - timedelta(days=days_ago)).isoformat()


def dates(rng: Random) -> str | None:
    """A date as EHRs write it: whole, with a time, partial, missing, in the future, or no date."""
    text = day(rng.choice(DATES))
    odd = day(-rng.randint(1, 40))
    return rng.choice([*[text] * 6, f"{text}T10:00:00Z", text[:7], text[:4], None, odd, "last week"])


def coded(system: str, code: str, words: str) -> Json:
    """A CodeableConcept; without a system its words alone."""
    coding = [{"system": system, "code": code, "display": words}] if system else []
    return {**({"coding": coding} if coding else {}), "text": words}


def state(rng: Random, *words: str | None) -> Json | None:
    """A status as a concept, or none."""
    word = rng.choice(words)
    return None if word is None else {"coding": [{"code": word}]}


def damaged(rng: Random, resource: Json) -> Json:
    """The resource, now and then with an element that is missing or broken."""
    kept = {name: each for name, each in resource.items() if each is not None}
    if rng.random() < 0.05:
        name = rng.choice(sorted(kept.keys() - {"resourceType", "subject", "patient"}))
        kept[name] = rng.choice(BROKEN)
    if rng.random() < 0.03:
        kept["modifierExtension"] = [{"url": "urn:odd", "valueBoolean": True}]
    return kept


def condition(rng: Random) -> Json:
    """A problem or an encounter diagnosis."""
    resource = {
        "resourceType": "Condition",
        "id": rng.choice(["c1", "c2", "c3"]),
        **SUBJECT,
        "code": coded(*rng.choice(rng.choice([PAIN, FINDINGS, FINDINGS, FINDINGS]))),
        "clinicalStatus": state(rng, *["active"] * 6, "recurrence", "resolved", "unknown", None),
        "verificationStatus": state(
            rng, *[None] * 6, "confirmed", "provisional", "refuted", "entered-in-error"
        ),
        "category": rng.choice([None, None, [{"coding": [{"code": "encounter-diagnosis"}]}]]),
        "encounter": rng.choice([None, {"reference": "Encounter/e1"}]),
        "onsetDateTime": dates(rng),
        "recordedDate": dates(rng),
    }
    return damaged(rng, resource)


def observation(rng: Random) -> Json:
    """A measurement with a unit, or without."""
    code, values, units = rng.choice(MEASURED)
    unit = rng.choice(units)
    limits = [{"high": {"value": 5, "unit": "mg/L", "code": "mg/L"}}] if code == "1988-5" else None
    resource = {
        "resourceType": "Observation",
        "status": rng.choice(["final", "final", "final", "preliminary", "cancelled", "entered-in-error"]),
        **SUBJECT,
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": dates(rng),
        "valueQuantity": {"value": rng.choice(values), **({"unit": unit, "code": unit} if unit else {})},
        "referenceRange": rng.choice([None, limits]),
    }
    return damaged(rng, resource)


def dosage(times: int) -> Json:
    """One tablet, so many times a day."""
    return {
        "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
    }


def product(rng: Random) -> Json:
    """A drug by its RxNorm code."""
    return {"coding": [{"system": RXNORM, "code": rng.choice(DRUGS)}]}


def supply(days: int) -> Json:
    """So many days of supply."""
    return {"expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"}}


def medication(rng: Random) -> Json:
    """A prescription on record."""
    resource = {
        "resourceType": "MedicationRequest",
        "status": rng.choice(["active", "active", "active", "completed", "stopped", "entered-in-error"]),
        "intent": rng.choice(["order", "order", "order", "proposal"]),
        **SUBJECT,
        "medicationCodeableConcept": product(rng),
        "authoredOn": dates(rng),
        "dosageInstruction": rng.choice([[dosage(3)], [{"text": "as directed"}], None]),
        "dispenseRequest": rng.choice([supply(3), supply(30), supply(90), None]),
    }
    return damaged(rng, resource)


def event(rng: Random) -> Json:
    """A procedure, a study or a request."""
    system, code = rng.choice(DONE)
    kind, when = rng.choice(
        [
            ("Procedure", "performedDateTime"),
            ("DiagnosticReport", "effectiveDateTime"),
            ("ServiceRequest", "authoredOn"),
        ]
    )
    resource = {
        "resourceType": kind,
        "status": rng.choice(["completed", "completed", "completed", "active", "entered-in-error"]),
        "intent": "order" if kind == "ServiceRequest" else None,
        **SUBJECT,
        "code": {"coding": [{"system": system, "code": code}]},
        when: dates(rng),
    }
    return damaged(rng, resource)


def encounter(rng: Random, here: bool) -> Json:
    """The encounter in progress, or an earlier one."""
    resource = {
        "resourceType": "Encounter",
        "id": "e1" if here else "e0",
        "status": "in-progress" if here else "finished",
        "class": {"code": rng.choice(["AMB", "AMB", "AMB", "EMER", "IMP"])},
        **SUBJECT,
        "reasonCode": rng.choice([None, [coded(*rng.choice(rng.choice([PAIN, PAIN, FINDINGS])))]]),
        "diagnosis": rng.choice([None, [{"condition": {"reference": "Condition/c1"}}]]),
        "period": {"start": day(0 if here else rng.choice(DATES))},
    }
    return damaged(rng, resource)


ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "patient": {"reference": f"Patient/{WHO}"},
    "code": {"coding": [{"system": RXNORM, "code": "5640"}]},
}


def draft(rng: Random, position: int) -> Json:
    """A study, a procedure or a drug, with a reason or without."""
    reason = [coded(*rng.choice(rng.choice([PAIN, PAIN[:2], PAIN[:2], FINDINGS])))]
    order = {
        "id": f"d{position}",
        "status": "draft",
        "intent": "order",
        **SUBJECT,
        "reasonCode": rng.choice([reason, reason, reason, None]),
        "reasonReference": rng.choice([*[None] * 9, [{"reference": "Condition/c1"}]]),
        "priority": rng.choice([None, None, None, "stat"]),
        "note": rng.choice([*[None] * 9, [{"text": "r/o fracture"}]]),
        "category": rng.choice([*[None] * 9, [{"coding": [{"code": "inpatient"}]}]]),
    }
    order = {name: each for name, each in order.items() if each is not None}
    if rng.random() < 0.5:
        code = {"coding": [{"system": CPT, "code": rng.choice(ORDERED)}]}
        words = {"text": rng.choice(["strict bed rest", "triamcinolone injection", "MRI lumbar spine"])}
        return {"resourceType": "ServiceRequest", **order, "code": rng.choice([code, code, code, words])}
    held = {"dispenseRequest": supply(rng.choice([3, 10, 30]))}
    course = {
        "dosageInstruction": rng.choice([[dosage(1)], [dosage(3)], [dosage(8)], [{"text": "as directed"}]])
    }
    return {
        "resourceType": "MedicationRequest",
        **order,
        "medicationCodeableConcept": product(rng),
        **course,
        **held,
    }


def person(rng: Random) -> Json:
    """The patient, with or without age and sex."""
    born = rng.choice(["1981-05-14", "1981-05-14", "1990-01-01", "1950-02-03", "1930", "2012-07-01", None])
    return {
        "resourceType": "Patient",
        "id": WHO,
        **({"birthDate": born} if born else {}),
        "gender": rng.choice(["female", "male", "unknown"]),
    }


def pain(rng: Random) -> Json:
    """Back pain, well written."""
    return {
        "resourceType": "Condition",
        "id": "c0",
        **SUBJECT,
        "code": coded(*rng.choice(PAIN)),
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "onsetDateTime": day(rng.choice(DATES)),
    }


def some(rng: Random, make: Callable[[Random], Json]) -> Iterable[Json]:
    """Mostly none or one."""
    return [make(rng) for _ in range(rng.choice([0, 0, 1, 1, 2, 4]))]


def world(number: int) -> World:
    """(resources, hook, drafts) of one call."""
    rng = Random(number)
    hook = rng.choice(["patient-view", "order-sign", "order-sign", "order-sign"])
    drafts = [draft(rng, at) for at in range(rng.randint(1, 3))] if hook == "order-sign" else []
    visits = rng.choice([[], [True], [False], [True, False]])
    found = [
        person(rng),
        *([pain(rng)] if rng.random() < 0.8 else []),
        *some(rng, condition),
        *some(rng, observation),
        *some(rng, medication),
        *some(rng, event),
        *(encounter(rng, here) for here in visits),
        *([ALLERGY] if rng.random() < 0.1 else []),
    ]
    return found, hook, drafts


WORLDS = st.integers(0, 2**32).map(world)
"""Any of them; a failing one is printed as it is."""


def conditions(number: int) -> list[Json]:
    """One to four conditions."""
    rng = Random(number)
    return [condition(rng) for _ in range(rng.randint(1, 4))]
