"""What reading does with entries that cannot be used: each is a gap of its own, and sinks no other."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from app.record.fhir_models import accepted
from app.record.readers.references import about, target
from app.record.readers.scope import Loss, Lost
from app.record.reading import KINDS, read_collection, read_patient
from app.record.values import Concept, Gap, Patient
from tests.record.samples import (
    SNOMED,
    collection,
    concept,
    condition,
    medication_request,
    one,
    raw,
    scope,
    tally,
    why,
)

BROKEN = [
    b"",
    b"{",
    b"nonsense",
    b'{"resourceType": "Condition", "id": "\xff"}',
    b"[" * 9000 + b"]" * 9000,
    b'{"resourceType": "Condition", "code": {"text": "low back pain"}, "onsetAge": {"value": 1e999}}',
    b'{"resourceType": "Condition", "code": {"text": "low back pain", "coding": 1e999}}',
    b"null",
    b"5",
    b'"Condition"',
    b"[]",
    b"{}",
    b'{"resourceType": 5}',
    b'{"id": "no-type"}',
]


@pytest.mark.parametrize("source", sorted(KINDS))
@pytest.mark.parametrize("entry", BROKEN)
def test_an_entry_that_is_broken_is_a_gap(source: str, entry: bytes) -> None:
    within = scope()

    read = read_collection(source, [entry], (), within)

    assert read.items == ()
    assert [gap.source for gap in read.gaps] == [source]
    assert read.gaps[0].why.endswith("could not be read")
    assert within.tally.faults == {}


def test_one_bad_entry_does_not_sink_the_others() -> None:
    raws = [b"{", raw(condition(id="a")), b"5", raw(condition(id="b"))]

    read = read_collection("Condition", raws, (), scope())

    assert [each.link for each in read.items] == ["Condition/a", "Condition/b"]
    assert read.gaps == (Gap("Condition", "2 Conditions could not be read"),)


def test_gaps_that_are_known_already_stay() -> None:
    known = Gap("Condition", "refused (403)", date(2026, 1, 1))

    read = read_collection("Condition", [b"{"], (known,), scope())

    assert read.gaps == (known, Gap("Condition", "1 Condition could not be read"))


def test_other_types_among_the_entries_are_not_missed() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}

    assert why("Condition", outcome, medication_request()) == []


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p1"},
        {"reference": "https://ehr.example/fhir/Patient/p1"},
        {"reference": "Patient/p1/_history/4"},
        {"reference": "urn:uuid:p1"},
        {"reference": "p1"},
        {"reference": "#contained"},
        {"reference": "Patient?identifier=5"},
        {"display": "Somebody"},
        {"identifier": {"value": "5"}},
        "Patient/p1",
        [{"reference": "Patient/p1"}],
        None,
    ],
)
@pytest.mark.parametrize("filtering", [True, False])
def test_a_subject_is_the_patient_in_every_form_of_reference(subject: Any, filtering: bool) -> None:
    assert one("Condition", condition(subject=subject), within=scope(filtering=filtering))


@pytest.mark.parametrize(
    "reference",
    ["Patient/p2", "https://ehr.example/fhir/Patient/p2", "Group/p1", "urn:uuid:p2", "Patient/P1"],
)
@pytest.mark.parametrize("code", ["279039007", "44054006"])
def test_a_resource_of_another_patient_is_never_used_and_said(reference: str, code: str) -> None:
    other = condition(subject={"reference": reference}, code=concept(SNOMED, code))

    assert why("Condition", other) == ["1 resource belongs to another patient"]
    assert why("Condition", other, other) == ["2 resources belong to another patient"]


def test_a_reference_without_sense_points_nowhere() -> None:
    assert target("/") is None
    assert target(5.5) is None
    assert about(5, "p1")


def test_a_record_that_is_too_long_is_read_in_part_and_said() -> None:
    within = scope()
    within.tally.validations_left = 2
    conditions = [condition(id=str(number)) for number in range(5)]

    read = collection("Condition", *conditions, within=within)

    assert len(read.items) == 2
    assert read.gaps == (Gap("Condition", "3 Conditions not read: the record is too long"),)


def test_irrelevant_entries_do_not_use_up_the_validations() -> None:
    within = scope()
    within.tally.validations_left = 1
    others = [condition(code=concept(SNOMED, "44054006"))] * 5

    assert len(collection("Condition", *others, condition(), within=within).items) == 1


def test_a_fault_of_the_matching_is_a_gap_and_counted() -> None:
    class Faulty:
        def match(self, codings: Any, text: str) -> Concept:
            raise ZeroDivisionError

    within = scope(watch=Faulty())

    assert why("Condition", condition(), within=within) == ["1 Condition could not be read"]
    assert within.tally.faults == {"ZeroDivisionError": 1}


def test_entries_are_not_changed() -> None:
    sent = raw(condition(category={"text": "x"}, onsetDateTime="never"))
    before = bytes(sent)

    read_collection("Condition", [sent], (), scope())

    assert bytes(sent) == before


def test_the_model_names_what_is_wrong_until_it_accepts_the_rest() -> None:
    counts = tally()
    resource = {
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": "then",
        "category": [{"coding": [{"code": "a  b", "display": "kept"}]}, {"text": 5}],
        "note": [{"time": "2026"}],
    }

    assert accepted("Condition", resource, counts) == {
        "subject": {"reference": "Patient/p1"},
        "category": [{"coding": [{"display": "kept"}]}],
    }
    assert (counts.mended, counts.unvalidated) == (1, 0)


def test_what_was_accepted_once_is_taken_again_and_what_was_refused_is_refused_again() -> None:
    counts = tally()
    status = {"coding": [{"code": "active"}]}
    subject = {"reference": "Patient/p1"}

    for _ in range(2):
        sent = {"subject": subject, "clinicalStatus": status, "severity": {"text": 5}}

        assert accepted("Condition", sent, counts) == {"subject": subject, "clinicalStatus": status}

    assert (counts.mended, counts.unvalidated) == (2, 0)


def test_what_cannot_be_mended_is_used_and_counted() -> None:
    counts = tally()

    assert accepted("Condition", {"onsetDateTime": "then"}, counts) == {}
    assert (counts.mended, counts.unvalidated) == (0, 1)


def test_no_more_is_validated_than_allowed() -> None:
    counts = tally()
    counts.validations_left = 0

    with pytest.raises(Lost) as lost:
        accepted("Condition", {}, counts)

    assert lost.value.loss is Loss.TOO_LONG


def _patient(**changes: Any) -> msgspec.Raw:
    base = {"resourceType": "Patient", "id": "p1", "birthDate": "1970-05-01", "gender": "female"}
    return raw(base | changes)


def test_a_patient_is_read() -> None:
    patient, gaps = read_patient(_patient(), scope())

    assert (patient.sex, patient.deceased, gaps) == ("female", False, ())
    assert patient.birth is not None
    assert patient.birth.text == "1970-05-01"


@pytest.mark.parametrize(
    ("element", "value", "deceased"),
    [
        ("deceasedBoolean", True, True),
        ("deceasedBoolean", False, False),
        ("deceasedBoolean", "true", True),
        ("deceasedDateTime", "2026", True),
        ("deceasedDateTime", "2026-11-20T08:00:00Z", True),
        ("deceasedDateTime", "", False),
    ],
)
def test_a_deceased_patient_is_known(element: str, value: Any, deceased: bool) -> None:
    patient, gaps = read_patient(_patient(**{element: value}), scope())

    assert (patient.deceased, gaps) == (deceased, ())


@pytest.mark.parametrize("day", ["9999-12-31", "2027", "0001-01-01T00:00:00", "1900-01-01", "1969-12-31"])
def test_a_day_that_has_not_come_or_lies_before_birth_is_no_death(day: str) -> None:
    patient, gaps = read_patient(_patient(deceasedDateTime=day), scope(birth=None))

    assert (patient.deceased, gaps) == (False, ())


def test_who_is_said_to_live_is_not_silenced_by_a_day_beside_it() -> None:
    both = _patient(deceasedBoolean=False, deceasedDateTime="2026-11-01")

    assert not read_patient(both, scope())[0].deceased


@pytest.mark.parametrize("death", [{"deceasedDateTime": "in spring"}, {"deceasedBoolean": "perhaps"}])
def test_a_death_that_cannot_be_read_is_a_gap_and_no_death(death: dict[str, Any]) -> None:
    patient, gaps = read_patient(_patient(**death), scope())

    assert (patient.deceased, patient.sex) == (False, "female")
    assert gaps == (Gap("Patient", "date of death could not be read"),)


def test_a_patient_that_a_modifier_changes_cannot_be_read() -> None:
    modified = _patient(modifierExtension=[{"url": "http://x", "valueBoolean": True}])

    assert read_patient(modified, scope()) == (Patient(), (Gap("Patient", "1 Patient could not be read"),))


@pytest.mark.parametrize("value", ["unknown", "", None, 5])
def test_a_sex_that_is_not_said_is_not_recorded(value: Any) -> None:
    assert read_patient(_patient(gender=value), scope())[0].sex is None


def test_a_birth_date_may_be_partial_but_not_to_come() -> None:
    partial = read_patient(_patient(birthDate="1970"), scope())[0].birth

    assert partial is not None
    assert partial.latest == date(1970, 12, 31)
    assert read_patient(_patient(birthDate="2030-01-01"), scope())[0].birth is None
    assert read_patient(_patient(birthDate="1900-01-01"), scope(birth=None))[0].birth is None


def test_another_patient_is_never_used() -> None:
    patient, gaps = read_patient(_patient(id="p2"), scope())

    assert patient == Patient()
    assert gaps == (Gap("Patient", "1 resource belongs to another patient"),)


@pytest.mark.parametrize("sent", [b"{", b"5", b'{"resourceType": "Condition"}'])
def test_a_patient_that_cannot_be_read_is_a_gap(sent: bytes) -> None:
    assert read_patient(sent, scope()) == (Patient(), (Gap("Patient", "1 Patient could not be read"),))


def test_no_patient_is_for_the_caller_to_explain() -> None:
    assert read_patient(None, scope()) == (Patient(), ())
