"""How long the episode has lasted: where it begins, what opens its bounds, and what makes it old."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, Answer, Interval, Reason, compare
from app.facts import span
from app.knowledge.fact import SpanFact
from app.knowledge.shaped import written
from app.record.record import Record
from tests.content import knowledge
from tests.records import ago, coded, on, order, problem, record, unread, visit, worded

ACUTE, CHRONIC = coded("sore", "acute"), coded("sore", "chronic")
NOT_RECORDED = Reason("Condition", "onset not recorded")


def asked(within: Record, **more: Any) -> Answer:
    """For how many days the thumb has been sore."""
    question = written(SpanFact, {"in": "sore", "acute": "acute", "chronic": "chronic", **more})
    return span.answer(question, within, None, knowledge())


def test_an_onset_is_exact() -> None:
    answer = asked(record(problem("sore", onset=ago(30), recorded=ago(10))))
    assert (answer.value, answer.unknown) == (Interval.exactly(30), ())
    assert answer.findings[0].date == "2026-05-02"


def test_a_start_known_only_from_when_it_was_recorded_is_at_least_so_long() -> None:
    answer = asked(record(problem("sore", recorded=ago(30))))
    assert (answer.value, answer.unknown) == (Interval(30, inf), (NOT_RECORDED,))


@pytest.mark.parametrize(("days", "expected"), [(41, CANNOT_TELL), (42, NO)])
def test_what_was_recorded_42_days_ago_is_not_early(days: int, expected: object) -> None:
    assert compare(asked(record(problem("sore", recorded=ago(days)))), "<", 42).truth is expected


def test_a_partial_onset_is_an_interval() -> None:
    assert asked(record(problem("sore", onset=on("2026-04")))).value == Interval(32, 61)


def test_nothing_recorded_is_no_number() -> None:
    assert asked(record()).truth is NO
    assert asked(record(problem("numb"))).truth is NO


def test_soreness_without_any_date_may_have_lasted_any_number_of_days() -> None:
    answer = asked(record(problem("sore")))
    assert (answer.value, answer.unknown) == (Interval(0, inf), (NOT_RECORDED,))


def test_a_reason_that_is_not_acute_says_nothing_of_the_beginning() -> None:
    assert asked(record(orders=[order("picture", coded("sore"))])).value == Interval(0, inf)
    assert asked(record(visit(reasons=(coded("sore"),)))).value == Interval(0, inf)


# Episodes


@pytest.mark.parametrize(("earlier", "start"), [(190, 190), (191, 10)])
def test_a_gap_of_more_than_180_days_starts_a_new_episode(earlier: int, start: int) -> None:
    found = record(problem("sore", onset=ago(earlier)), problem("sore", onset=ago(10)))
    assert asked(found).value == Interval.exactly(start)


def test_the_gap_is_data() -> None:
    found = record(problem("sore", onset=ago(60)), problem("sore", onset=ago(10)))
    assert asked(found, gap_days=30).value == Interval.exactly(10)


def test_the_episode_begins_after_the_last_of_several_gaps() -> None:
    days = (2000, 1000, 900, 300, 200, 100)
    assert asked(record(*(problem("sore", onset=ago(each)) for each in days))).value == Interval.exactly(300)


def test_an_old_problem_stays_as_old_as_it_is() -> None:
    assert asked(record(problem("sore", onset=ago(4000), recorded=ago(4000)))).value == Interval.exactly(4000)


def test_an_old_problem_that_was_only_now_recorded_has_no_gap() -> None:
    assert asked(record(problem("sore", onset=ago(4000), recorded=ago(3)))).value == Interval.exactly(4000)


def test_an_undated_diagnosis_was_there_until_its_encounter_so_that_no_gap_follows_its_onset() -> None:
    old = problem("sore", category="encounter", onset=ago(4000), encounter="e5")
    again, before = problem("sore", recorded=ago(20)), visit(id="e5", status="finished", start=ago(100))
    assert asked(record(old, again, before)).value == Interval.exactly(4000)
    assert asked(record(old, again)).value == Interval(20, inf)


def test_a_newly_recorded_problem_starts_an_episode_after_a_gap() -> None:
    found = record(problem("sore", onset=ago(4000)), problem("sore", recorded=ago(20)))
    assert asked(found).value == Interval(20, inf)


def test_a_partial_date_makes_no_gap_that_is_not_sure() -> None:
    found = record(problem("sore", onset=on("2025")), problem("sore", onset=ago(10)))
    assert asked(found).value == Interval(152, 516)


def test_a_partial_start_is_no_later_than_what_came_after_it() -> None:
    found = record(problem("sore", onset=on("2026")), problem("sore", onset=ago(40)))
    assert asked(found).value == Interval(40, 151)


def test_a_visit_for_it_bridges_a_gap() -> None:
    seen = visit(id="before", status="finished", start=ago(150), reasons=(coded("sore"),))
    found = record(problem("sore", onset=ago(300)), problem("sore", onset=ago(10)), seen)
    assert asked(found).value == Interval.exactly(300)


def test_a_visit_with_an_old_problem_as_its_diagnosis_is_a_date_as_well() -> None:
    seen = visit(id="before", status="finished", start=ago(30), diagnoses=("Condition/1",))
    found = record(problem("sore", onset=ago(4000), link="Condition/1"), seen)
    assert asked(found).value == Interval(30, inf)


def test_a_visit_for_something_else_is_no_date() -> None:
    seen = visit(id="before", status="finished", start=ago(150), reasons=(coded("numb"),))
    assert asked(record(problem("sore", onset=ago(10)), seen)).value == Interval.exactly(10)


# Today


def test_an_acute_reason_of_an_order_starts_an_episode_today() -> None:
    answer = asked(record(orders=[order("picture", ACUTE)]))
    assert answer.value == Interval.exactly(0)
    assert answer.findings[0].source == "Order"


def test_an_acute_reason_of_the_current_encounter_starts_an_episode() -> None:
    assert asked(record(visit(reasons=(ACUTE,)))).value == Interval.exactly(0)


def test_an_acute_reason_after_a_quiet_half_year_starts_an_episode() -> None:
    found = record(problem("sore", onset=ago(400)), orders=[order("picture", ACUTE)])
    assert asked(found).value == Interval.exactly(0)


def test_an_acute_reason_within_180_days_of_the_last_date_does_not() -> None:
    found = record(problem("sore", onset=ago(100)), orders=[order("picture", ACUTE)])
    assert asked(found).value == Interval.exactly(100)


def test_a_reason_of_today_that_is_not_acute_leaves_an_old_problem_old() -> None:
    found = record(
        problem("sore", onset=ago(400)),
        visit(reasons=(coded("sore"),)),
        orders=[order("picture", coded("sore"))],
    )
    assert asked(found).value == Interval.exactly(400)


# Chronic


@pytest.mark.parametrize(("days", "expected"), [(10, 85), (84, 85), (85, 85), (200, 200)])
def test_a_code_that_says_chronic_is_at_least_85_days_old(days: int, expected: int) -> None:
    assert asked(record(problem(CHRONIC, onset=ago(days)))).value == Interval.exactly(expected)


def test_chronic_without_any_date_is_at_least_85_days() -> None:
    assert asked(record(problem(CHRONIC))).value == Interval(85, inf)
    assert asked(record(orders=[order("picture", CHRONIC)])).value == Interval(85, inf)
    assert asked(record(visit(reasons=(CHRONIC,)))).value == Interval(85, inf)


def test_a_chronic_problem_that_ended_makes_nothing_old() -> None:
    ended = problem(CHRONIC, onset=ago(400), clinical_status="resolved")
    assert asked(record(ended, problem("sore", onset=ago(10)))).value == Interval.exactly(10)


# What was not read


def test_a_problem_list_that_was_not_read_cannot_be_told() -> None:
    answer = asked(record(gaps=[unread("Condition")]))
    assert answer.unknown == (Reason("Condition", "refused (403)"),)
    assert asked(record(gaps=[unread("Encounter")])).truth is CANNOT_TELL


def test_what_was_not_read_may_have_begun_earlier() -> None:
    answer = asked(record(problem("sore", onset=ago(30)), gaps=[unread("Encounter")]))
    assert (answer.value, answer.unknown) == (Interval(30, inf), (Reason("Encounter", "refused (403)"),))


def test_after_a_long_silence_what_was_not_read_may_have_begun_a_new_episode() -> None:
    answer = asked(record(problem("sore", onset=ago(400)), gaps=[unread("Encounter")]))
    assert answer.value == Interval(0, inf)
    assert compare(answer, ">", 90).truth is CANNOT_TELL


def test_chronic_holds_whatever_was_not_read() -> None:
    answer = asked(record(problem(CHRONIC, onset=ago(400)), gaps=[unread("Encounter")]))
    assert answer.value == Interval(85, inf)


def test_a_start_by_words_is_worded() -> None:
    assert asked(record(problem(worded("sore"), onset=ago(30)))).worded


@pytest.mark.parametrize(("days", "low"), [(180, 180), (181, 0)])
def test_only_after_the_gap_could_an_unread_date_start_another_episode(days: int, low: int) -> None:
    found = record(problem("sore", onset=ago(days)), gaps=[unread("Encounter")])
    assert asked(found).value == Interval(low, inf)


def test_of_two_that_begin_on_one_day_the_one_with_an_onset_is_exact() -> None:
    found = record(problem("sore", recorded=ago(30)), problem("sore", onset=ago(30)))
    assert asked(found).value == Interval.exactly(30)
