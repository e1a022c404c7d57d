"""Findings: where they may stand, when they are in force, and from when they count as new."""

from __future__ import annotations

from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Finding, Reason
from app.facts import condition
from app.knowledge.fact import ConditionFact
from app.knowledge.shaped import written
from app.record.record import Record
from app.record.values import Condition
from tests.content import knowledge
from tests.records import ago, but, coded, on, order, problem, record, unread, visit, worded


def asked(within: Record, **more: Any) -> Answer:
    """The answer about numb thumbs."""
    question = written(ConditionFact, {"in": "numb", **more})
    return condition.answer(question, within, None, knowledge())


def listed(**more: Any) -> Condition:
    """A numb thumb on the problem list."""
    return problem("numb", **more)


# Status


@pytest.mark.parametrize("status", ["active", "recurrence", "relapse"])
def test_what_is_active_counts_however_old_it_is(status: str) -> None:
    assert asked(record(listed(clinical_status=status, recorded=ago(4000)))).truth is YES


@pytest.mark.parametrize("status", ["inactive", "resolved", "remission"])
def test_what_has_ended_is_not_active_but_was_ever(status: str) -> None:
    found = record(listed(clinical_status=status, recorded=ago(10)))
    assert asked(found).truth is NO
    assert asked(found, status="ever").truth is YES


@pytest.mark.parametrize(("days", "expected"), [(0, YES), (90, YES), (91, NO)])
def test_without_a_status_what_was_recorded_in_90_days_is_active(days: int, expected: object) -> None:
    assert asked(record(listed(clinical_status=None, recorded=ago(days)))).truth is expected


def test_without_a_status_and_with_a_partial_date_it_cannot_be_told() -> None:
    answer = asked(record(listed(clinical_status=None, recorded=on("2026"))))
    assert answer.unknown == (Reason("Condition", "date not exact"),)


def test_without_a_status_and_a_date_nothing_says_that_it_ended() -> None:
    assert asked(record(listed(clinical_status=None))).truth is YES


def test_without_a_status_the_onset_decides_when_nobody_said_when_it_was_recorded() -> None:
    assert asked(record(listed(clinical_status=None, onset=ago(200)))).truth is NO


@pytest.mark.parametrize(("days", "expected"), [(90, YES), (91, NO)])
def test_the_diagnosis_of_an_earlier_encounter_is_active_for_90_days(days: int, expected: object) -> None:
    assert asked(record(listed(category="encounter", recorded=ago(days)))).truth is expected


def test_the_diagnosis_of_the_current_encounter_counts_as_active() -> None:
    old = listed(category="encounter", recorded=ago(200), link="Condition/1")
    assert asked(record(old, visit(diagnoses=("Condition/1",)))).truth is YES
    named = listed(category="encounter", recorded=ago(200), encounter="now")
    assert asked(record(named, visit())).truth is YES


def test_the_diagnosis_of_an_encounter_that_was_named_but_not_sent_counts_as_active() -> None:
    old = listed(category="encounter", recorded=ago(200), encounter="e1")
    assert asked(record(old, encounter_id="e1")).truth is YES
    assert asked(record(old, visit(id="e2"), encounter_id="e2")).truth is NO


@pytest.mark.parametrize(("days", "expected"), [(7, YES), (90, YES), (91, NO)])
@pytest.mark.parametrize(
    ("more", "points"),
    [({"encounter": "e5"}, ()), ({"link": "Condition/1"}, ("Condition/1",)), ({"encounter": "other"}, ())],
)
def test_a_diagnosis_without_a_date_of_its_own_is_as_old_as_its_encounter(
    more: dict[str, Any], points: tuple[str, ...], days: int, expected: object
) -> None:
    old = listed(category="encounter", onset=ago(700), **more)
    made = visit(id="e5", status="finished", start=ago(days), diagnoses=points)
    of_another = more.get("encounter") == "other"
    assert asked(record(old, made, visit(start=ago(700)))).truth is (NO if of_another else expected)


def test_the_date_of_a_diagnosis_counts_before_that_of_its_encounter() -> None:
    told = listed(category="encounter", recorded=ago(91), encounter="e5")
    assert asked(record(told, visit(id="e5", status="finished", start=ago(7)))).truth is NO


def test_of_several_encounters_with_the_same_diagnosis_the_latest_says_how_old_it_is() -> None:
    old = listed(category="encounter", onset=ago(700), link="Condition/1")
    visits = [
        visit(id=f"e{days}", status="finished", start=ago(days), diagnoses=("Condition/1",))
        for days in (7, 300)
    ]
    assert asked(record(old, *visits)).truth is asked(record(old, *visits[::-1])).truth is YES


def test_a_diagnosis_whose_encounter_may_not_have_been_read_cannot_be_told_to_be_old() -> None:
    old = listed(category="encounter", onset=ago(700), encounter="e5")
    assert asked(record(old, gaps=[unread("Encounter")])).unknown[0] == Reason(
        "Condition", "date not recorded"
    )
    assert asked(record(old)).truth is NO
    assert asked(record(but(old, recorded=ago(700)), gaps=[unread("Encounter")])).unknown[0] == Reason(
        "Encounter", "refused (403)"
    )


def test_a_diagnosis_of_the_current_encounter_that_was_not_sent_cannot_be_told_to_be_old() -> None:
    old = listed(category="encounter", onset=ago(700), encounter="e5")
    assert asked(record(old, encounter_id="e5"), among=("problems",)).truth is CANNOT_TELL


def test_the_encounter_of_a_diagnosis_without_any_date_says_when_it_was_first_recorded() -> None:
    bare = listed(category="encounter", encounter="e5")
    answer = asked(record(bare, visit(id="e5", status="finished", start=ago(10))), within_days=14)
    assert answer.findings == (Finding("numb", "Condition", "2026-05-22"),)
    assert asked(record(bare, visit(id="e5", status="finished", start=ago(20))), within_days=14).truth is NO
    assert asked(record(bare), within_days=14).truth is YES


def test_the_encounter_of_a_problem_says_nothing_of_when_it_began() -> None:
    problem_of_visit = listed(encounter="e5")
    answer = asked(record(problem_of_visit, visit(id="e5", status="finished", start=ago(20))), within_days=14)
    assert answer.findings == (Finding("numb", "Condition", None),)


def test_what_abated_is_not_active() -> None:
    found = record(listed(abated=True, recorded=ago(10)))
    assert asked(found).truth is NO
    assert asked(found, status="ever").truth is YES


def test_a_suspected_finding_is_enough_and_says_so() -> None:
    answer = asked(record(listed(suspected=True)))
    assert (answer.truth, answer.findings[0].suspected) == (YES, True)


def test_another_concept_is_none() -> None:
    assert asked(record(problem("glove"))).truth is NO


# Where it may stand


def test_the_reason_of_any_draft_counts() -> None:
    found = record(orders=[order("picture"), order("salve", coded("numb"), name="b", position=1)])
    assert asked(found).findings == (Finding("numb", "Order", "2026-06-01"),)


def test_the_reason_of_the_current_encounter_counts() -> None:
    answer = asked(record(visit(reasons=(coded("numb"),), start=ago(3))))
    assert answer.findings == (Finding("numb", "Encounter", "2026-05-29"),)


def test_the_reason_of_another_encounter_is_not_active() -> None:
    earlier = visit(id="before", status="finished", reasons=(coded("numb"),))
    assert asked(record(earlier, visit())).truth is NO


def test_the_encounter_that_the_ehr_named_is_the_current_one() -> None:
    here = visit(id="here", status="finished", reasons=(coded("numb"),))
    assert asked(record(visit(), here, encounter_id="here")).truth is YES


@pytest.mark.parametrize(
    ("among", "expected"), [(("problems",), NO), (("encounter",), NO), (("reason",), YES)]
)
def test_only_the_places_asked_about_are_looked_at(among: tuple[str, ...], expected: object) -> None:
    assert asked(record(visit(), orders=[order("picture", coded("numb"))]), among=among).truth is expected


def test_among_the_encounters_diagnoses_a_problem_of_its_own_does_not_count() -> None:
    assert asked(record(listed(), visit()), among=("encounter",)).truth is NO


# Words


def test_a_match_by_words_is_said() -> None:
    assert asked(record(problem(worded("numb")))).worded


def test_a_coded_match_beside_it_makes_words_irrelevant() -> None:
    assert not asked(record(problem(worded("numb")), visit(reasons=(coded("numb"),)))).worded


# How new it is


@pytest.mark.parametrize(("days", "expected"), [(14, YES), (15, NO)])
def test_a_window_ends_after_its_last_day(days: int, expected: object) -> None:
    assert asked(record(listed(recorded=ago(days))), within_days=14).truth is expected


def test_a_window_counts_from_the_first_record_of_the_concept() -> None:
    found = record(listed(recorded=ago(2)), listed(onset=ago(400)))
    assert asked(found, within_days=14).truth is NO


def test_for_events_a_window_counts_from_the_latest() -> None:
    found = record(listed(recorded=ago(2)), listed(onset=ago(400)))
    answer = asked(found, within_days=14, count_from="latest")
    assert [each.date for each in answer.findings] == ["2026-05-30"]


def test_an_onset_before_its_record_is_the_first() -> None:
    assert asked(record(listed(recorded=ago(2), onset=ago(20))), within_days=14).truth is NO


@pytest.mark.parametrize(
    "ended", [{"abated": True}, {"clinical_status": "resolved"}, {"clinical_status": "inactive"}]
)
def test_an_earlier_time_that_ended_does_not_make_the_present_one_old(ended: dict[str, Any]) -> None:
    found = record(listed(recorded=ago(2)), listed(**{"recorded": ago(2000), **ended}))
    assert asked(found, within_days=14).truth is YES


def test_an_old_diagnosis_of_an_earlier_encounter_makes_the_concept_old() -> None:
    found = record(listed(recorded=ago(2)), listed(category="encounter", recorded=ago(200)))
    assert asked(found, within_days=14).truth is NO


def test_the_reason_of_an_order_does_not_make_an_old_problem_new() -> None:
    found = record(listed(recorded=ago(400)), orders=[order("picture", coded("numb"))])
    assert asked(found, within_days=14).truth is NO


def test_the_reason_of_an_order_alone_is_of_today() -> None:
    assert asked(record(orders=[order("picture", coded("numb"))]), within_days=1).truth is YES


def test_an_active_finding_without_any_date_counts_as_recent() -> None:
    answer = asked(record(listed()), within_days=14)
    assert answer.findings == (Finding("numb", "Condition", None),)
    assert asked(record(listed()), within_days=14, count_from="latest").truth is YES


def test_an_ended_finding_without_any_date_cannot_be_placed_in_time() -> None:
    found = record(listed(clinical_status="resolved"))
    answer = asked(found, status="ever", within_days=14, count_from="latest")
    assert answer.unknown == (Reason("Condition", "date not recorded"),)


@pytest.mark.parametrize(
    ("text", "expected"), [("2026-06", YES), ("2026-05", CANNOT_TELL), ("2026", CANNOT_TELL), ("2025", NO)]
)
def test_a_partial_date_decides_only_where_all_of_it_does(text: str, expected: object) -> None:
    assert asked(record(listed(recorded=on(text))), within_days=14).truth is expected


def test_a_partial_date_says_that_it_is_not_exact() -> None:
    answer = asked(record(listed(recorded=on("2026-05"))), within_days=14)
    assert answer.unknown == (Reason("Condition", "date not exact"),)


def test_a_partial_date_does_not_hide_an_event_that_is_surely_new() -> None:
    found = record(listed(recorded=on("2026")), listed(recorded=ago(3)))
    assert asked(found, within_days=14, count_from="latest").truth is YES
    assert asked(found, within_days=14, count_from="first").truth is CANNOT_TELL


def test_an_event_that_may_be_the_latest_keeps_it_open() -> None:
    found = record(listed(recorded=on("2026")), listed(recorded=ago(40)))
    assert asked(found, within_days=14, count_from="latest").truth is CANNOT_TELL


def test_a_code_of_a_later_encounter_is_never_new() -> None:
    later = problem(coded("numb", later=True), recorded=ago(2))
    assert asked(record(later), within_days=14).truth is NO
    assert asked(record(later), within_days=14, count_from="latest").truth is NO


def test_a_code_of_a_later_encounter_counts_for_ever_and_where_it_is_asked_for() -> None:
    later = problem(coded("numb", later=True), recorded=ago(2))
    assert asked(record(later), status="ever").truth is YES
    assert asked(record(later), within_days=14, later=True).truth is YES


def test_a_reason_of_a_later_encounter_is_never_new() -> None:
    reason = coded("numb", later=True)
    assert asked(record(orders=[order("picture", reason)]), within_days=14).truth is NO


def test_what_resolved_within_the_window_was_ever_there() -> None:
    found = record(listed(clinical_status="resolved", abated=True, recorded=ago(30)))
    assert asked(found, status="ever", within_days=90, count_from="latest").truth is YES
    assert asked(found, within_days=90, count_from="latest").truth is NO


# What was not read


def test_a_problem_list_that_was_not_read_cannot_tell_and_says_why() -> None:
    assert asked(record(gaps=[unread("Condition")])).unknown == (Reason("Condition", "refused (403)"),)


def test_encounters_that_were_not_read_cannot_tell() -> None:
    assert asked(record(gaps=[unread("Encounter")])).unknown == (Reason("Encounter", "refused (403)"),)


def test_a_draft_that_could_not_be_read_leaves_the_reasons_open() -> None:
    answer = asked(record(gaps=[unread("Order", "1 Order could not be read")]), among=("reason",))
    assert answer.unknown == (Reason("Order", "1 Order could not be read"),)


def test_one_finding_is_enough_whatever_was_not_read() -> None:
    assert asked(record(listed(), gaps=[unread("Condition"), unread("Encounter")])).truth is YES


def test_among_the_problems_unread_encounters_do_not_matter() -> None:
    assert asked(record(gaps=[unread("Encounter")]), among=("problems",)).truth is NO


def test_the_encounters_diagnoses_stand_in_conditions() -> None:
    answer = asked(record(visit(), gaps=[unread("Condition")]), among=("encounter",))
    assert answer.truth is CANNOT_TELL


def test_among_the_reasons_only_the_orders_matter() -> None:
    gaps = [unread("Condition"), unread("Encounter")]
    assert asked(record(gaps=gaps), among=("reason",)).truth is NO


def test_a_gap_before_the_window_leaves_a_plain_no() -> None:
    gap = unread("Condition", since=ago(20))
    assert asked(record(gaps=[gap]), within_days=14).truth is NO
    assert asked(record(gaps=[gap]), within_days=20).truth is NO
    assert asked(record(gaps=[gap]), within_days=21).truth is CANNOT_TELL
    assert asked(record(gaps=[gap])).truth is CANNOT_TELL


def test_an_old_first_record_is_a_no_whatever_was_not_read() -> None:
    found = record(listed(recorded=ago(400)), gaps=[unread("Condition")])
    assert asked(found, within_days=14).truth is NO


def test_an_old_event_is_no_answer_while_a_later_one_may_not_have_been_read() -> None:
    found = record(listed(recorded=ago(400)), gaps=[unread("Condition")])
    assert asked(found, within_days=14, count_from="latest").truth is CANNOT_TELL


def test_a_first_record_is_unsure_while_an_older_one_may_not_have_been_read() -> None:
    answer = asked(record(listed(recorded=ago(3)), gaps=[unread("Condition")]), within_days=14)
    assert (answer.truth, answer.unknown) == (YES, (Reason("Condition", "refused (403)"),))


def test_an_older_reason_of_an_encounter_that_was_not_read_would_make_it_older() -> None:
    answer = asked(record(listed(recorded=ago(3)), gaps=[unread("Encounter")]), within_days=14)
    assert (answer.truth, answer.unknown) == (YES, (Reason("Encounter", "refused (403)"),))


def test_what_abated_makes_nothing_old_even_as_a_diagnosis_of_the_current_encounter() -> None:
    over = listed(recorded=ago(200), abated=True, link="Condition/1")
    found = record(over, visit(diagnoses=("Condition/1",)), orders=[order("picture", coded("numb"))])
    assert asked(found, within_days=14).truth is YES


def test_of_events_one_is_enough_and_nothing_older_matters() -> None:
    found = record(listed(recorded=ago(3)), gaps=[unread("Condition")])
    assert asked(found, within_days=14, count_from="latest").unknown == ()
