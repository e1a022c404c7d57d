"""The patient: age in completed years, sex, death, and which hook is calling."""

from __future__ import annotations

from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Interval, Reason, compare
from app.facts import patient
from app.knowledge.fact import HookFact, PatientFact
from app.knowledge.shaped import written
from app.record.values import Patient
from tests.content import knowledge
from tests.records import on, record, unread


def asked(element: str, given: Patient, **more: Any) -> Answer:
    """The answer about the patient."""
    question = written(PatientFact, {"element": element})
    return patient.answer(question, record(patient=given, **more), None, knowledge())


@pytest.mark.parametrize(
    ("birth", "low", "high"),
    [
        ("1980-06-01", 46, 46),
        ("1980-06-02", 45, 45),
        ("1980-05-31", 46, 46),
        ("2026-06-01", 0, 0),
        ("2008-02-29", 18, 18),
        ("1980-06", 45, 46),
        ("1980-05", 46, 46),
        ("1980-07", 45, 45),
        ("1980", 45, 46),
    ],
)
def test_age_in_completed_years_on_the_first_of_june(birth: str, low: int, high: int) -> None:
    assert asked("age_years", Patient(birth=on(birth))).value == Interval(low, high)


def test_a_partial_birth_date_settles_what_it_can() -> None:
    age = asked("age_years", Patient(birth=on("1980")))
    assert compare(age, ">=", 45).truth is YES
    assert compare(age, ">=", 46).truth is CANNOT_TELL
    assert compare(age, ">=", 46).unknown == (Reason("Patient", "not exact enough to decide"),)


def test_an_age_is_shown_as_it_is_known() -> None:
    assert asked("age_years", Patient(birth=on("1980-06-01"))).findings[0].what == "46"
    assert asked("age_years", Patient(birth=on("1980"))).findings[0].what == "45 to 46"


def test_without_a_birth_date_no_age_can_be_told() -> None:
    answer = asked("age_years", Patient())
    assert answer.unknown == (Reason("Patient", "date of birth not recorded"),)


def test_a_patient_that_was_not_read_says_why() -> None:
    gaps = [unread("Patient")]
    reasons = (Reason("Patient", "refused (403)"),)
    assert asked("age_years", Patient(), gaps=gaps).unknown == reasons
    assert asked("sex", Patient(), gaps=gaps).unknown == reasons
    assert asked("deceased", Patient(), gaps=gaps).unknown == reasons


def test_sex_is_a_word() -> None:
    sex = asked("sex", Patient(sex="female"))
    assert compare(sex, "is", "female").truth is YES
    assert compare(sex, "is", "male").truth is NO


def test_a_sex_that_is_not_recorded_is_none() -> None:
    assert compare(asked("sex", Patient()), "is", "female").truth is NO


def test_death_is_a_yes_only_when_the_record_says_so() -> None:
    assert asked("deceased", Patient(deceased=True)).truth is YES
    assert asked("deceased", Patient()).truth is NO


def test_the_hook_that_calls() -> None:
    question = written(HookFact, {"is": ["patient-view", "order-sign"]})
    assert patient.calling(question, record(hook="order-sign"), None, knowledge()).truth is YES
    assert patient.calling(question, record(hook="order-select"), None, knowledge()).truth is NO
