"""Conditions and allergies in the forms in which servers send them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.record.samples import (
    ICD,
    LOCAL,
    SNOMED,
    TODAY,
    collection,
    concept,
    condition,
    one,
    scope,
    why,
    without,
)


def test_a_problem_is_read_with_its_dates_and_link() -> None:
    found = one("Condition", condition(category=[concept("http://x", "problem-list-item")]))

    assert found.concept.coded == {"back_pain"}
    assert (found.clinical_status, found.category, found.suspected) == ("active", "problem", False)
    assert found.onset.text == "2026-10-01"
    assert found.recorded.text == "2026-10-05"
    assert found.link == "Condition/x1"


def test_values_are_found_by_value_set_and_several_sources_of_one_set_stay_apart() -> None:
    read = collection("Condition", condition(id="a"), condition(id="b"))

    assert [each.link for each in read.within(["back_pain"])] == ["Condition/a", "Condition/b"]
    assert read.within(["cauda_equina"]) == ()


@pytest.mark.parametrize("status", ["entered-in-error", "refuted"])
def test_what_was_an_error_or_refuted_is_left_out_without_a_gap(status: str) -> None:
    assert why("Condition", condition(verificationStatus=concept("http://x", status))) == []


def test_an_error_is_left_out_even_when_its_code_cannot_be_read() -> None:
    wrong = condition(verificationStatus=concept("http://x", "entered-in-error"), code=5)

    assert why("Condition", wrong) == []


@pytest.mark.parametrize("status", ["provisional", "differential", "unconfirmed"])
def test_an_unsure_diagnosis_is_suspected(status: str) -> None:
    assert one("Condition", condition(verificationStatus=concept("http://x", status))).suspected


def test_a_status_as_a_bare_code_of_earlier_releases_is_read() -> None:
    found = one("Condition", condition(clinicalStatus="Resolved", verificationStatus="provisional"))

    assert (found.clinical_status, found.suspected) == ("resolved", True)


def test_a_status_with_words_only_is_read() -> None:
    assert one("Condition", condition(clinicalStatus={"text": "Active"})).clinical_status == "active"


def test_no_status_stays_absent() -> None:
    assert one("Condition", without(condition(), "clinicalStatus")).clinical_status is None


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        (concept("http://x", "encounter-diagnosis"), "encounter"),
        ([concept("http://x", "encounter-diagnosis"), concept("http://x", "problem-list-item")], "problem"),
        ([{"text": "Problem List Item"}], "problem"),
        ([concept("http://x", "health-concern")], None),
        ("encounter-diagnosis", "encounter"),
        ([], None),
    ],
)
def test_the_category_may_be_an_object_or_a_list(category: Any, expected: str | None) -> None:
    assert one("Condition", condition(category=category)).category == expected


def test_the_encounter_is_known_by_its_id() -> None:
    found = one("Condition", condition(encounter={"reference": "http://ehr/fhir/Encounter/e7/_history/2"}))

    assert found.encounter == "e7"


def test_a_bare_reference_is_read() -> None:
    found = one("Condition", condition(encounter="Encounter/e7", subject="Patient/p1"))

    assert found.encounter == "e7"


def test_the_start_of_a_period_is_the_onset() -> None:
    found = one("Condition", without(condition(onsetPeriod={"start": "2026-09"}), "onsetDateTime"))

    assert (found.onset.earliest, found.onset.latest) == (date(2026, 9, 1), date(2026, 9, 30))


def test_an_onset_as_an_age_counts_from_birth() -> None:
    aged = without(condition(onsetAge={"value": 45, "unit": "years", "code": "a"}), "onsetDateTime")

    assert one("Condition", aged).onset.earliest == date(2015, 5, 1)
    assert one("Condition", aged, within=scope(birth=None)).onset is None


def test_dates_of_the_future_count_as_not_recorded() -> None:
    found = one("Condition", condition(onsetDateTime="2031-01-01", recordedDate="2031-01-01"))

    assert (found.onset, found.recorded) == (None, None)


@pytest.mark.parametrize("day", ["0001-01-01", "1841-01-01", "1900-01-01", "1969"])
def test_dates_before_birth_count_as_not_recorded_so_that_the_other_one_counts(day: str) -> None:
    assert one("Condition", condition(onsetDateTime=day)).onset is None
    assert one("Condition", condition(onsetDateTime=day)).recorded.text == "2026-10-05"
    assert one("Condition", condition(recordedDate=day)).recorded is None
    assert not one("Condition", condition(abatementDateTime=day)).abated


def test_a_time_without_zone_or_seconds_keeps_its_day() -> None:
    found = one("Condition", condition(onsetDateTime="2026-10-01T08:15", recordedDate="2026-10-05T08:15:00"))

    assert (found.onset.text, found.recorded.text) == ("2026-10-01", "2026-10-05")


def test_a_date_that_is_none_is_left_out_and_counted() -> None:
    within = scope()
    found = one("Condition", condition(onsetDateTime="last spring"), within=within)

    assert found.onset is None
    assert found.recorded.text == "2026-10-05"
    assert (within.tally.mended, within.tally.unvalidated) == (1, 0)


@pytest.mark.parametrize(
    ("element", "value", "abated"),
    [
        ("abatementDateTime", "2026-11-01", True),
        ("abatementDateTime", "2030-01-01", False),
        ("abatementPeriod", {"start": "2026-10-01", "end": "2026-11-01"}, True),
        ("abatementPeriod", {"start": "2026-10-01"}, False),
        ("abatementPeriod", {"start": "2026-10-01", "end": "2026-12-01"}, False),
        ("abatementDateTime", "2026-11-19", True),
        ("abatementAge", {"value": 56, "unit": "a"}, False),
    ],
)
def test_an_end_that_has_come_ends_the_condition(element: str, value: Any, abated: bool) -> None:
    assert one("Condition", condition(**{element: value})).abated is abated


@pytest.mark.parametrize(
    "end",
    [
        {"abatementString": "ongoing"},
        {"abatementBoolean": True},
        {"abatementRange": {"low": {"value": 1}}},
        {"abatementAge": {"value": 60, "unit": "a"}},
        {"abatementDateTime": "2026-09-30"},
        {"abatementPeriod": {"end": "2026-08"}},
        {"abatementAge": {"value": 50, "unit": "a"}},
        {"abatementDateTime": "2026-11-20"},
        {"abatementDateTime": "2026"},
    ],
)
@pytest.mark.parametrize("status", ["active", "recurrence", "relapse"])
def test_what_is_said_to_be_active_is_not_over_by_an_end_undated_impossible_or_not_behind_it(
    status: str, end: dict[str, Any]
) -> None:
    assert not one("Condition", condition(clinicalStatus={"coding": [{"code": status}]}, **end)).abated


@pytest.mark.parametrize(
    ("end", "abated"),
    [
        ({"abatementString": "in autumn"}, True),
        ({"abatementBoolean": True}, True),
        ({"abatementBoolean": False}, False),
        ({"abatementDateTime": "2026-11-20"}, True),
        ({"abatementDateTime": "2026-09-30"}, False),
        ({"abatementAge": {"value": 60, "unit": "a"}}, False),
        ({"abatementAge": {"value": 56, "unit": "a"}}, True),
    ],
)
def test_without_a_status_an_end_is_believed_unless_it_is_to_come_or_before_the_onset(
    end: dict[str, Any], abated: bool
) -> None:
    assert one("Condition", without(condition(**end), "clinicalStatus")).abated is abated


def test_an_age_without_a_birth_date_is_an_end_without_a_date() -> None:
    aged = condition(abatementAge={"value": 50, "unit": "a"})

    assert not one("Condition", aged, within=scope(birth=None)).abated
    assert one("Condition", without(aged, "clinicalStatus"), within=scope(birth=None)).abated


def test_an_age_that_lies_behind_ends_what_began_before_it() -> None:
    old = condition(onsetDateTime="2015-05-01", recordedDate="2015-05-01")

    assert one("Condition", old | {"abatementAge": {"value": 50, "unit": "a"}}).abated


def test_a_severity_is_one_word() -> None:
    severity = {"coding": [{"system": SNOMED, "code": "24484000", "display": "Severe (severity modifier)"}]}

    assert one("Condition", condition(severity=severity)).severity == "severe"


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": SNOMED, "code": 279039007}]},
        {"coding": {"system": SNOMED, "code": "279039007"}},
        [{"coding": [{"system": SNOMED, "code": "279039007"}]}],
        [{"coding": [{"system": LOCAL, "code": "1"}]}, {"coding": [{"system": SNOMED, "code": "279039007"}]}],
        {"coding": [None, {}, {"system": "", "code": " "}, {"system": SNOMED, "code": " 279039007 "}]},
        {"coding": [], "text": "Low back pain"},
        {"coding": [{"system": LOCAL, "code": "1", "display": "Low back pain"}]},
        {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.90", "code": "M545"}], "text": ""},
        {"coding": [{"system": ICD, "code": "M54.50"}]},
    ],
)
def test_a_code_is_found_in_every_form(code: Any) -> None:
    assert one("Condition", condition(code=code)).concept.sets == {"back_pain"}


def test_a_condition_in_no_value_set_is_irrelevant_and_not_a_gap() -> None:
    within = scope()

    assert why("Condition", condition(code=concept(SNOMED, "44054006")), within=within) == []
    assert within.tally.irrelevant == 1


def test_foreign_systems_are_counted_with_and_without_a_look_ahead() -> None:
    for filtering in (True, False):
        within = scope(filtering=filtering)
        foreign = condition(code=concept(LOCAL, "77"))

        assert collection("Condition", foreign, foreign, within=within).items == ()
        assert within.tally.foreign == {LOCAL: 2}


@pytest.mark.parametrize(
    "code",
    [None, {}, [], "", {"coding": []}, {"coding": [{}]}, {"coding": [{"system": SNOMED}]}, "back pain", 5],
)
def test_a_condition_whose_code_cannot_be_read_is_a_gap(code: Any) -> None:
    assert why("Condition", condition(code=code)) == ["1 Condition could not be read"]


def test_a_condition_without_a_code_but_with_a_note_is_a_gap() -> None:
    noted = without(condition(note=[{"text": "low back pain"}]), "code")

    assert why("Condition", noted) == ["1 Condition could not be read"]


def test_a_missing_subject_does_not_lose_the_diagnosis() -> None:
    within = scope()

    assert one("Condition", without(condition(), "subject"), within=within).concept.coded == {"back_pain"}
    assert within.tally.unvalidated == 1


def test_fields_that_vendors_add_are_ignored() -> None:
    within = scope()

    assert one("Condition", condition(vendorThing={"a": 1}, extension=[{"x": 1}]), within=within)
    assert (within.tally.unvalidated, within.tally.mended) == (0, 0)


def test_two_values_where_one_is_allowed_do_not_lose_the_diagnosis() -> None:
    within = scope()
    found = one("Condition", condition(onsetPeriod={"start": "2026-09-01"}), within=within)

    assert found.onset.text == "2026-10-01"
    assert within.tally.unvalidated == 1


def test_a_modifier_that_is_not_understood_makes_a_relevant_resource_unreadable() -> None:
    modified = condition(modifierExtension=[{"url": "http://x", "valueBoolean": True}])

    assert why("Condition", modified) == ["1 Condition could not be read"]
    assert why("Condition", modified | {"code": concept(SNOMED, "44054006")}) == []


def test_words_of_doubt_make_a_finding_suspected() -> None:
    assert one("Condition", condition(code={"text": "rule out cauda equina"})).suspected


def test_elements_of_earlier_releases_are_read_under_their_new_names() -> None:
    old = without(condition(dateRecorded="2026-10-05", patient={"reference": "Patient/p1"}), "recordedDate")

    assert one("Condition", without(old, "subject")).recorded.text == "2026-10-05"


def _allergy(**changes: Any) -> dict[str, Any]:
    base = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": concept("http://www.nlm.nih.gov/research/umls/rxnorm", "5640"),
        "recordedDate": TODAY.isoformat(),
    }
    return base | changes


def test_an_allergy_is_read() -> None:
    found = one("AllergyIntolerance", _allergy(clinicalStatus=concept("http://x", "active")))

    assert found.concept.coded == {"pain_relief"}
    assert (found.clinical_status, found.suspected, found.link) == (
        "active",
        False,
        "AllergyIntolerance/a1",
    )


def test_an_allergy_without_code_is_known_by_the_substance_of_its_reaction() -> None:
    reacted = without(_allergy(reaction=[{"substance": {"text": "Ibuprofen"}}]), "code")

    assert one("AllergyIntolerance", reacted).concept.worded == {"pain_relief"}


def test_an_allergy_to_a_class_is_known_by_every_substance_that_a_reaction_was_to() -> None:
    reactions = [{"substance": {"text": each}} for each in ("peanut", "Ibuprofen", "laminectomy clips")]
    found = one("AllergyIntolerance", _allergy(code={"text": "Drug allergy"}, reaction=reactions)).concept

    assert (found.worded, found.display) == ({"pain_relief", "spine_surgery"}, "Ibuprofen")


def test_what_an_allergy_is_coded_as_stays_beside_the_substances() -> None:
    found = one(
        "AllergyIntolerance", _allergy(reaction=[{"substance": {"text": "laminectomy clips"}}])
    ).concept

    assert (found.coded, found.worded) == ({"pain_relief"}, {"spine_surgery"})


@pytest.mark.parametrize(
    ("status", "clinical", "suspected"),
    [("active", "active", False), ("unconfirmed", None, True), ("resolved", "resolved", False)],
)
def test_an_allergy_of_an_earlier_release_has_one_status(
    status: str, clinical: str | None, suspected: bool
) -> None:
    found = one("AllergyIntolerance", _allergy(status=status, substance=_allergy()["code"]))

    assert (found.clinical_status, found.suspected) == (clinical, suspected)


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_refuted_allergy_is_left_out(status: str) -> None:
    assert why("AllergyIntolerance", _allergy(verificationStatus=concept("http://x", status))) == []
    assert why("AllergyIntolerance", _allergy(status=status)) == []
