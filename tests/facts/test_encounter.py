"""Encounters: the current one, and earlier ones."""

from __future__ import annotations

from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Reason
from app.facts import encounter
from app.knowledge.fact import EncounterFact
from app.knowledge.shaped import written
from app.record.record import Record
from tests.content import knowledge
from tests.records import ago, coded, on, problem, record, unread, visit, worded


def asked(within: Record, **more: Any) -> Answer:
    """The answer about encounters."""
    return encounter.answer(written(EncounterFact, more), within, None, knowledge())


def test_the_encounter_in_progress_is_the_current_one() -> None:
    found = record(visit(id="before", status="finished", class_code="EMER"), visit(class_code="AMB"))
    assert asked(found, current=True, class_in="AMB").truth is YES
    assert asked(found, current=True, class_in="EMER").truth is NO


@pytest.mark.parametrize("status", ["arrived", "triaged"])
def test_who_arrived_today_and_waits_is_in_the_current_encounter(status: str) -> None:
    waiting = visit(id="now", status=status, class_code="EMER")
    assert asked(record(waiting), current=True, class_in="EMER").truth is YES
    assert (
        asked(record(waiting, visit(id="bed", class_code="IMP")), current=True, class_in="IMP").truth is YES
    )


@pytest.mark.parametrize(("start", "expected"), [(ago(1), YES), (ago(2), NO), (None, YES)])
def test_an_arrival_that_nobody_ended_is_no_current_encounter(start: Any, expected: object) -> None:
    assert asked(record(visit(status="arrived", start=start)), current=True).truth is expected


def test_the_encounter_that_the_ehr_named_is_the_current_one() -> None:
    found = record(visit(), visit(id="e1", status="planned", class_code="EMER"), encounter_id="e1")
    assert asked(found, current=True, class_in="EMER").truth is YES


def test_a_named_encounter_that_was_not_sent_cannot_be_told() -> None:
    answer = asked(record(visit(class_code="IMP"), encounter_id="elsewhere"), current=True, class_in="IMP")
    assert answer.unknown == (Reason("Encounter", "the current encounter was not sent"),)


def test_no_current_encounter_is_a_no_when_nobody_named_one() -> None:
    assert asked(record(visit(status="finished")), current=True).truth is NO


def test_encounters_that_were_not_read_cannot_be_told() -> None:
    assert asked(record(gaps=[unread("Encounter")]), current=True).unknown == (
        Reason("Encounter", "refused (403)"),
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"class_in": ["AMB", "EMER"]}, YES),
        ({"class_in": "IMP"}, NO),
        ({"type_in": "check-up"}, YES),
        ({"type_in": "surgery"}, NO),
        ({"reason_in": "sore"}, YES),
        ({"reason_in": "numb"}, NO),
        ({"class_in": "AMB", "reason_in": "numb"}, NO),
    ],
)
def test_class_type_and_reason_must_all_fit(question: dict[str, Any], expected: object) -> None:
    found = record(visit(types=(coded("check-up"),), reasons=(coded("sore"),)))
    assert asked(found, current=True, **question).truth is expected


@pytest.mark.parametrize(("days", "expected"), [(28, YES), (29, NO)])
def test_a_window_over_all_encounters(days: int, expected: object) -> None:
    assert asked(record(visit(status="finished", start=ago(days))), within_days=28).truth is expected


def test_before_today_leaves_out_the_encounter_of_today() -> None:
    assert asked(record(visit()), within_days=28, before_today=True).truth is NO
    earlier = visit(id="before", status="finished", start=ago(1))
    assert asked(record(visit(), earlier), within_days=28, before_today=True).truth is YES


@pytest.mark.parametrize("start", [None, on("2026-05")])
def test_an_encounter_that_cannot_be_placed_in_time_keeps_it_open(start: object) -> None:
    assert asked(record(visit(start=start)), within_days=10).truth is CANNOT_TELL


def test_a_gap_before_the_window_leaves_a_plain_no() -> None:
    gap = unread("Encounter", since=ago(28))
    assert asked(record(gaps=[gap]), within_days=28).truth is NO
    assert asked(record(gaps=[gap]), within_days=29).truth is CANNOT_TELL


def test_the_finding_is_what_was_asked_for() -> None:
    found = record(visit(types=(coded("check-up"),), reasons=(coded("sore"),), start=ago(2)))
    finding = asked(found, current=True, reason_in="sore").findings[0]
    assert (finding.what, finding.date, finding.link) == ("sore", "2026-05-30", "Encounter/now")
    assert asked(record(visit()), current=True).findings[0].what == "encounter"


def test_a_reason_or_type_by_words_is_worded() -> None:
    by_words = record(visit(reasons=(worded("sore"),), types=(worded("check-up"),)))
    assert asked(by_words, current=True, reason_in="sore").worded
    assert asked(by_words, current=True, type_in="check-up").worded
    assert not asked(by_words, current=True, class_in="AMB").worded


EARLIER = {"id": "before", "status": "finished", "start": ago(10)}


def test_what_an_encounter_points_to_as_its_diagnosis_is_its_reason_too() -> None:
    diagnosed = problem("sore", link="Condition/c1")
    found = record(visit(**EARLIER, diagnoses=("Condition/c1",)), diagnosed)
    answer = asked(found, reason_in="sore", within_days=10)
    assert (answer.truth, answer.findings[0].what) == (YES, "sore")
    assert asked(record(visit(**EARLIER), diagnosed), reason_in="sore").truth is NO


def test_what_was_written_down_at_an_encounter_is_its_reason_too() -> None:
    written = problem("sore", encounter="before")
    assert asked(record(visit(**EARLIER), written), reason_in="sore", within_days=10).truth is YES
    assert asked(record(visit(**EARLIER), written), reason_in="sore", within_days=9).truth is NO
    assert asked(record(visit(**EARLIER), problem("sore")), reason_in="sore").truth is NO


def test_diagnoses_that_were_not_read_leave_reasons_open_and_nothing_else() -> None:
    found = record(visit(), gaps=[unread("Condition")])
    assert asked(found, reason_in="sore").truth is CANNOT_TELL
    assert asked(found, class_in="IMP").truth is NO
