"""Codes that say why there is no code, and codes of which nobody can tell what they mean."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.record.samples import (
    ICD,
    LOINC,
    RXNORM,
    SNOMED,
    collection,
    concept,
    condition,
    encounter,
    medication_request,
    observation,
    one,
    procedure,
    service_request,
    why,
)

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
MASKED = {"coding": [{"system": ABSENT, "code": "masked", "display": "Masked"}]}
NOTHING_SAID = [
    MASKED,
    {"coding": [{"system": ABSENT, "code": "error"}]},
    {"coding": [{"system": "http://hl7.org/fhir/data-absent-reason", "code": "unknown"}], "text": "Unknown"},
    {"coding": [{"system": NULL, "code": "MSK"}]},
    {"coding": [{"system": NULL, "code": "OTH", "display": "other"}], "text": "Other"},
    {"coding": [{"system": "http://hl7.org/fhir/v3/NullFlavor", "code": "UNK"}], "text": "UNK"},
    {"coding": [{"system": "urn:oid:2.16.840.1.113883.5.1008", "code": "NI"}]},
    {"coding": [{"system": f"{NULL}|2018-08-12", "code": "ASKU"}]},
    {"coding": [{"code": "G83.4"}]},
    {"coding": [{"code": "masked", "display": "Masked"}]},
    {"text": "REDACTED"},
]


@pytest.mark.parametrize("code", NOTHING_SAID)
def test_a_condition_whose_code_is_withheld_is_unreadable_and_not_something_else(
    code: dict[str, Any],
) -> None:
    assert why("Condition", condition(code=code)) == ["1 Condition could not be read"]


@pytest.mark.parametrize("code", NOTHING_SAID)
def test_a_medication_whose_code_is_withheld_is_unreadable(code: dict[str, Any]) -> None:
    request = medication_request(medicationCodeableConcept=code)
    assert why("MedicationRequest", request) == ["1 MedicationRequest could not be read"]


@pytest.mark.parametrize("code", NOTHING_SAID)
def test_an_allergy_whose_code_is_withheld_is_unreadable_unless_a_reaction_names_the_substance(
    code: dict[str, Any],
) -> None:
    allergy = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p1"}, "code": code}
    assert why("AllergyIntolerance", allergy) == ["1 AllergyIntolerance could not be read"]
    named = {**allergy, "reaction": [{"substance": concept(RXNORM, "5640")}]}
    assert one("AllergyIntolerance", named).concept.coded == {"pain_relief"}


@pytest.mark.parametrize(
    ("code", "sets"),
    [
        ({"coding": [*MASKED["coding"], {"system": ICD, "code": "M54.5"}]}, {"back_pain"}),
        ({"coding": [{"system": NULL, "code": "OTH"}], "text": "Cauda equina syndrome"}, {"cauda_equina"}),
        ({"coding": [{"code": "77", "display": "low back pain"}]}, {"back_pain"}),
        ({"coding": [{"code": "77"}], "text": "low back pain"}, {"back_pain"}),
    ],
)
def test_another_code_or_words_beside_a_withheld_code_are_heard(code: dict[str, Any], sets: set[str]) -> None:
    assert one("Condition", condition(code=code)).concept.sets == sets


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": NULL, "code": "OTH"}], "text": "Migraine"},
        {"coding": [{"code": "77"}], "text": "Migraine"},
        {"text": "Other"},
        {"coding": [{"system": "urn:oid:1.2.3.4.5", "code": "77"}]},
    ],
)
def test_what_is_said_to_be_something_else_is_no_gap(code: dict[str, Any]) -> None:
    assert why("Condition", condition(code=code)) == []


def _since(source: str, *resources: dict[str, Any]) -> list[date | None]:
    return [gap.complete_since for gap in collection(source, *resources).gaps]


@pytest.mark.parametrize(
    ("source", "resource"),
    [
        ("Observation", observation(code=MASKED, effectiveDateTime="2020-05-01")),
        ("Procedure", procedure(code=MASKED, performedDateTime="2020-05-01")),
        ("ServiceRequest", service_request(code=MASKED, authoredOn="2020-05-01")),
        ("MedicationRequest", medication_request(medicationCodeableConcept=MASKED, authoredOn="2020-05-01")),
    ],
)
def test_what_is_withheld_of_a_day_leaves_nothing_open_after_that_day(
    source: str, resource: dict[str, Any]
) -> None:
    assert _since(source, resource) == [date(2020, 5, 2)]


def test_the_latest_of_what_is_withheld_counts_and_one_without_a_day_leaves_all_open() -> None:
    old = observation(code=MASKED, effectiveDateTime="2020-05-01")
    later = observation(code=MASKED, effectiveDateTime="2021-05")
    undated = {**observation(code=MASKED), "effectiveDateTime": None}
    assert _since("Observation", later, old) == [date(2021, 6, 1)]
    assert _since("Observation", old, undated) == _since("Observation", undated, old) == [None]


def test_what_is_broken_leaves_all_open_whatever_was_withheld() -> None:
    old = observation(code=MASKED, effectiveDateTime="2020-05-01")
    broken = observation(modifierExtension=[{"url": "x"}])
    assert _since("Observation", old, broken) == _since("Observation", broken, old) == [None]


def test_a_problem_that_is_withheld_stays_open_however_old_it_is() -> None:
    assert _since("Condition", condition(code=MASKED, recordedDate="2010-05-01")) == [None]


def test_a_reference_is_followed_where_the_code_beside_it_is_withheld() -> None:
    request = medication_request(
        medicationCodeableConcept=MASKED,
        contained=[{"resourceType": "Medication", "id": "m", "code": concept(RXNORM, "5640")}],
        medicationReference={"reference": "#m"},
    )
    assert one("MedicationRequest", request).concept.coded == {"pain_relief"}


@pytest.mark.parametrize("source", ["Procedure", "ServiceRequest"])
def test_a_body_site_does_not_stand_for_a_withheld_code(source: str) -> None:
    make = {"Procedure": procedure, "ServiceRequest": service_request}[source]
    assert why(source, make(code=MASKED, bodySite=[{"text": "Lumbar spine"}])) == [
        f"1 {source} could not be read"
    ]


def test_components_are_read_where_the_code_of_their_observation_is_withheld() -> None:
    part = {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 120, "unit": "mm[Hg]"}}
    assert one("Observation", observation(code=MASKED, component=[part])).concept.coded == {"systolic"}


def test_an_answer_that_says_why_there_is_none_is_no_answer() -> None:
    unknown = {"coding": [{"system": NULL, "code": "UNK", "display": "unknown"}]}
    asked = observation(code=concept(LOINC, "2106-3"), valueCodeableConcept=unknown)
    assert one("Observation", {**asked, "valueQuantity": None}).answer is None


def test_a_type_or_reason_of_an_encounter_that_is_withheld_is_left_out_without_a_gap() -> None:
    read = collection("Encounter", encounter(type=[MASKED], reasonCode=[MASKED]))
    assert (read.items[0].types, read.items[0].reasons, read.gaps) == ((), (), ())


def test_a_state_that_is_withheld_is_not_recorded() -> None:
    found = one("Condition", condition(clinicalStatus=MASKED, code=concept(SNOMED, "279039007")))
    assert found.clinical_status is None
