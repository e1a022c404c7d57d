"""Measured and answered values: present, compared, flagged, as a number, and how they change."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Interval, Reason, compare
from app.facts import observation
from app.knowledge.fact import ChangeFact, NumberFact, ObservationFact
from app.knowledge.shaped import written
from app.record.record import Record
from app.record.values import Concept, Observation, Quantity
from tests.content import knowledge
from tests.records import ago, but, coded, measured, on, record, unread, worded


def asked(within: Record, **more: Any) -> Answer:
    """The answer about the set `lab`."""
    question = written(ObservationFact, {"in": "lab", **more})
    return observation.answer(question, within, None, knowledge())


def latest(within: Record, **more: Any) -> Answer:
    """The latest value of the set `lab` in kg."""
    question = written(NumberFact, {"in": "lab", "unit": "kg", **more})
    return observation.latest(question, within, None, knowledge())


def change(within: Record) -> Answer:
    """The change of the set `lab` in a year."""
    question = written(ChangeFact, {"in": "lab", "unit": "kg", "within_days": 365})
    return observation.change(question, within, None, knowledge())


def kilograms(first: float, second: float, *at: datetime) -> list[Observation]:
    """Two values of one day, with these times of it."""
    moments: tuple[datetime | None, ...] = at or (None, None)
    values = zip((first, second), moments, strict=True)
    return [measured("lab", value, "kg", when=ago(1), at=moment) for value, moment in values]


FEVER = {"at_least": 38, "unit": "Cel", "within_days": 7}


# Present, compared


def test_a_value_is_present_whatever_it_says() -> None:
    assert asked(record(measured("lab", 1, None))).truth is YES
    assert asked(record()).truth is NO


@pytest.mark.parametrize(("value", "expected"), [(37.9, NO), (38.0, YES), (41, YES)])
def test_at_least_includes_its_limit(value: float, expected: object) -> None:
    assert asked(record(measured("lab", value, "Cel")), **FEVER).truth is expected


@pytest.mark.parametrize(("value", "expected"), [(10, NO), (10.1, YES)])
def test_above_leaves_its_limit_out(value: float, expected: object) -> None:
    assert asked(record(measured("lab", value, "mg/L")), above=10, unit="mg/L").truth is expected


@pytest.mark.parametrize(("value", "expected"), [(29.9, YES), (30, NO)])
def test_below_leaves_its_limit_out(value: float, expected: object) -> None:
    assert asked(record(measured("lab", value, "mg/L")), below=30, unit="mg/L").truth is expected


def test_two_limits_must_both_hold() -> None:
    both = {"at_least": 10, "below": 20, "unit": "kg"}
    assert asked(record(measured("lab", 15, "kg")), **both).truth is YES
    assert asked(record(measured("lab", 25, "kg")), **both).truth is NO


@pytest.mark.parametrize(("value", "expected"), [(100.3, NO), (100.4, YES)])
def test_fahrenheit_is_converted(value: float, expected: object) -> None:
    assert asked(record(measured("lab", value, "[degF]")), **FEVER).truth is expected


@pytest.mark.parametrize("unit", [None, "K"])
def test_a_value_without_a_unit_that_can_be_read_cannot_be_told(unit: str | None) -> None:
    answer = asked(record(measured("lab", 39, unit)), **FEVER)
    assert answer.unknown == (Reason("Observation", "value without a unit that can be read"),)


def test_an_observation_without_any_value_cannot_be_told() -> None:
    answer = asked(record(Observation(coded("lab"), when=ago(0))), **FEVER)
    assert answer.unknown == (Reason("Observation", "no value recorded"),)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (Interval(40, inf), YES),
        (Interval(37, inf), CANNOT_TELL),
        (Interval(-inf, 37.9), NO),
        (Interval(-inf, 38), CANNOT_TELL),
    ],
)
def test_a_comparator_is_an_interval(bounds: Interval, expected: object) -> None:
    assert asked(record(measured("lab", bounds, "Cel")), **FEVER).truth is expected


# Flagged by the laboratory

RAISED = {"flagged": "high", "above": 10, "unit": "mg/L"}


def flagged(value: float, unit: str | None = "mg/L", **more: Any) -> Record:
    """One laboratory value."""
    return record(measured("lab", value, unit, **more))


@pytest.mark.parametrize("code", ["H", "HH", "HU", "HX", ">"])
def test_the_laboratory_says_high_whatever_the_number(code: str) -> None:
    assert asked(flagged(1, interpretation=frozenset({code})), **RAISED).truth is YES


@pytest.mark.parametrize("code", ["N", "L", "LL"])
def test_the_laboratory_says_that_it_is_not_high_whatever_the_number(code: str) -> None:
    assert asked(flagged(99, interpretation=frozenset({code})), **RAISED).truth is NO


def test_low_is_the_other_way_round() -> None:
    low = {"flagged": "low", "below": 10, "unit": "mg/L"}
    assert asked(flagged(99, interpretation=frozenset({"LL"})), **low).truth is YES
    assert asked(flagged(1, interpretation=frozenset({"H"})), **low).truth is NO
    assert asked(flagged(4, reference_low=Quantity(Interval.exactly(5), "mg/L")), **low).truth is YES


@pytest.mark.parametrize(("value", "expected"), [(5, NO), (5.1, YES)])
def test_the_reference_range_decides_where_nothing_is_interpreted(value: float, expected: object) -> None:
    high = Quantity(Interval.exactly(5), "mg/L")
    assert asked(flagged(value, reference_high=high), **RAISED).truth is expected


def test_a_reference_range_in_another_unit_is_not_used() -> None:
    high = Quantity(Interval.exactly(5), "mg/dL")
    assert asked(flagged(8, reference_high=high), **RAISED).truth is NO


@pytest.mark.parametrize("code", ["A", "POS"])
def test_an_interpretation_that_says_no_direction_is_not_used(code: str) -> None:
    assert asked(flagged(8, interpretation=frozenset({code})), **RAISED).truth is NO


@pytest.mark.parametrize(("value", "expected"), [(10, NO), (10.5, YES)])
def test_without_either_the_limit_of_the_fact_decides(value: float, expected: object) -> None:
    assert asked(flagged(value), **RAISED).truth is expected


def test_without_either_and_without_a_unit_it_cannot_be_told() -> None:
    assert asked(flagged(99, None), **RAISED).truth is CANNOT_TELL


def test_without_either_and_without_a_limit_it_cannot_be_told() -> None:
    answer = asked(flagged(99), flagged="high")
    assert answer.unknown == (Reason("Observation", "no reference range"),)


# Answers


def test_a_coded_answer() -> None:
    said = Observation(coded("lab"), answer=coded("true", display="yes"), when=ago(0))
    found = asked(record(said), answer_in="true")
    assert (found.truth, found.findings[0].what) == (YES, "lab: yes")
    assert asked(record(said), answer_in="false").truth is NO


def test_an_answer_that_nobody_asked_for_is_no_matter() -> None:
    found = asked(record(Observation(coded("lab"), answer=worded("true"), when=ago(0))))
    assert (found.truth, found.worded, found.findings[0].what) == (YES, False, "lab")


def test_an_answer_by_words_is_worded() -> None:
    said = Observation(coded("lab"), answer=worded("true"), when=ago(0))
    assert asked(record(said), answer_in="true").worded


def test_an_answer_that_is_not_coded_cannot_be_told() -> None:
    answer = asked(record(measured("lab", 1, None)), answer_in="true")
    assert answer.unknown == (Reason("Observation", "answer not coded"),)
    said = Observation(coded("lab"), answer=Concept(display="perhaps"), when=ago(0))
    assert asked(record(said), answer_in="true").truth is NO


# Latest or any, and when


def test_a_normal_value_after_a_raised_one_is_a_no() -> None:
    found = record(measured("lab", 39, "Cel", when=ago(3)), measured("lab", 37, "Cel", when=ago(1)))
    assert asked(found, **FEVER).truth is NO
    assert asked(found, take="any", **FEVER).truth is YES


def test_of_one_day_the_later_moment_decides_in_whatever_order_they_were_sent() -> None:
    morning, evening = (datetime(2026, 5, 31, hour, tzinfo=UTC) for hour in (6, 18))
    falling = [
        measured("lab", 39, "Cel", when=ago(1), at=morning),
        measured("lab", 37, "Cel", when=ago(1), at=evening),
    ]
    rising = [but(falling[0], at=evening), but(falling[1], at=morning)]
    for order in (1, -1):
        assert asked(record(*falling[::order]), **FEVER).truth is NO
        assert asked(record(*rising[::order]), **FEVER) == asked(record(rising[0]), **FEVER)
        assert latest(record(*kilograms(75, 18, morning, evening)[::order])).value == Interval.exactly(18)


def test_of_one_day_without_times_one_raised_value_is_enough_and_says_that_another_differs() -> None:
    both = [measured("lab", 39, "Cel"), measured("lab", 37, "Cel")]
    for order in (1, -1):
        answer = asked(record(*both[::order]), **FEVER)
        assert (answer.truth, answer.unknown) == (YES, (Reason("Observation", "values of one day differ"),))
        assert [each.what for each in answer.findings] == ["lab 39 Cel"]


def test_of_one_day_without_times_values_that_agree_leave_nothing_open() -> None:
    assert asked(record(measured("lab", 39, "Cel"), measured("lab", 40, "Cel")), **FEVER).unknown == ()
    assert asked(record(measured("lab", 37, "Cel"), measured("lab", 36, "Cel")), **FEVER).truth is NO


def test_a_value_that_cannot_be_read_on_the_day_of_a_normal_one_leaves_it_open() -> None:
    both = [measured("lab", 37, "Cel"), measured("lab", 39, None)]
    for order in (1, -1):
        assert asked(record(*both[::order]), **FEVER).truth is CANNOT_TELL
        assert latest(record(*kilograms(75, 18), measured("lab", 70, None))).truth is CANNOT_TELL


def test_a_number_of_one_day_without_times_is_any_that_was_measured() -> None:
    for low, high in ((18, 75), (75, 18)):
        answer = latest(record(*kilograms(low, high)))
        assert answer.value == Interval(18, 75)
        assert compare(answer, "<", 30).unknown == (Reason("Observation", "values of one day differ"),)
        assert (compare(answer, "<", 80).truth, compare(answer, ">", 80).truth) == (YES, NO)
    assert latest(record(*kilograms(75, 75))).unknown == ()


def test_a_gap_up_to_the_earliest_of_those_that_may_be_the_latest_leaves_it_open() -> None:
    cut = [unread("Observation", "only the first page was sent", since=ago(3))]
    partial = measured("lab", 76, "kg", when=on("2026-05"))
    assert latest(record(*kilograms(75, 76), gaps=cut)).value == Interval(75, 76)
    assert latest(record(*kilograms(75, 76), partial)).value == Interval(75, 76)
    assert latest(record(*kilograms(75, 76), partial, gaps=cut)).unknown == (
        Reason("Observation", "only the first page was sent"),
    )


@pytest.mark.parametrize(("days", "expected"), [(7, YES), (8, NO)])
def test_a_window_ends_after_its_last_day(days: int, expected: object) -> None:
    assert asked(record(measured("lab", 39, "Cel", when=ago(days))), **FEVER).truth is expected


@pytest.mark.parametrize(("when", "why"), [(None, "date not recorded"), (on("2026"), "date not exact")])
def test_a_value_that_cannot_be_placed_in_time_keeps_it_open(when: Any, why: str) -> None:
    answer = asked(record(measured("lab", 39, "Cel", when=when)), **FEVER)
    assert answer.unknown == (Reason("Observation", why),)


def test_a_dated_value_comes_before_one_without_a_date() -> None:
    found = record(measured("lab", 39, "Cel", when=None), measured("lab", 37, "Cel"))
    assert asked(found, **FEVER).truth is NO


def test_observations_that_were_not_read_cannot_be_told() -> None:
    answer = asked(record(gaps=[unread("Observation")]), **FEVER)
    assert answer.unknown == (Reason("Observation", "refused (403)"),)


def test_a_cut_page_that_reaches_over_the_window_leaves_a_plain_no() -> None:
    cut = unread("Observation", "only the first page was sent", since=ago(7))
    assert asked(record(gaps=[cut]), **FEVER).truth is NO
    shorter = unread("Observation", "only the first page was sent", since=ago(6))
    assert asked(record(gaps=[shorter]), **FEVER).truth is CANNOT_TELL


def test_one_raised_value_is_enough_whatever_was_not_read() -> None:
    answer = asked(record(measured("lab", 39, "Cel"), gaps=[unread("Observation")]), **FEVER)
    assert (answer.truth, answer.unknown) == (YES, (Reason("Observation", "refused (403)"),))


def test_the_latest_value_decides_whatever_was_cut_before_it() -> None:
    cut = [unread("Observation", "only the first page was sent", since=ago(3))]
    assert asked(record(measured("lab", 37, "Cel", when=ago(2)), gaps=cut), **FEVER).truth is NO
    assert asked(record(measured("lab", 37, "Cel", when=ago(4)), gaps=cut), **FEVER).truth is CANNOT_TELL
    edge = record(measured("lab", 37, "Cel", when=ago(3)), gaps=cut)
    assert asked(edge, **FEVER).truth is NO
    sure = asked(record(measured("lab", 39, "Cel", when=ago(2)), gaps=cut), **FEVER)
    assert (sure.truth, sure.unknown) == (YES, ())


def test_a_finding_shows_the_value_its_unit_and_its_date() -> None:
    found = asked(record(measured(coded("lab", display="temperature"), 38.5, "Cel", when=ago(1))), **FEVER)
    assert (found.findings[0].what, found.findings[0].date) == ("temperature 38.5 Cel", "2026-05-31")


@pytest.mark.parametrize(
    ("bounds", "shown"),
    [(Interval(40, inf), "lab at least 40 Cel"), (Interval(38, 39), "lab 38 to 39 Cel")],
)
def test_a_finding_shows_bounds_as_words(bounds: Interval, shown: str) -> None:
    assert asked(record(measured("lab", bounds, "Cel")), **FEVER).findings[0].what == shown


def test_a_question_by_words_is_worded() -> None:
    assert asked(record(measured(worded("lab"), 39, "Cel")), **FEVER).worded


# As a number


def test_the_latest_number_in_its_unit() -> None:
    found = record(measured("lab", 60, "kg", when=ago(3)), measured("lab", 220, "[lb_av]", when=ago(9)))
    assert latest(found).value == Interval.exactly(60)
    assert latest(record(found.of("Observation").items[1])).value == Interval.exactly(99.790321)


def test_no_number_is_a_plain_no() -> None:
    assert latest(record()).truth is NO
    assert compare(latest(record()), "<", 30).truth is NO


def test_an_old_number_is_none() -> None:
    assert latest(record(measured("lab", 60, "kg", when=ago(31))), within_days=30).truth is NO


def test_a_number_that_cannot_be_read_or_placed_keeps_it_open() -> None:
    assert latest(record(measured("lab", 60, None))).unknown[0].why == "value without a unit that can be read"
    assert latest(record(Observation(coded("lab"), when=ago(0)))).unknown[0].why == "no value recorded"
    undated = record(measured("lab", 60, "kg", when=None))
    assert latest(undated, within_days=30).unknown[0].why == "date not recorded"


def test_numbers_that_were_not_read_cannot_be_told() -> None:
    assert latest(record(gaps=[unread("Observation")])).truth is CANNOT_TELL


def test_a_number_is_not_the_latest_while_a_later_one_may_not_have_been_read() -> None:
    cut = [unread("Observation", since=ago(5))]
    assert latest(record(measured("lab", 60, "kg", when=ago(9)), gaps=cut)).truth is CANNOT_TELL
    assert latest(record(measured("lab", 60, "kg", when=ago(4)), gaps=cut)).value == Interval.exactly(60)
    refused = record(measured("lab", 60, "kg"), gaps=[unread("Observation")])
    assert latest(refused).truth is CANNOT_TELL


# Change


def weights(*values: tuple[int, float | Interval], **more: Any) -> Record:
    """Weights in kg, each so many days ago."""
    return record(*(measured("lab", value, "kg", when=ago(days)) for days, value in values), **more)


def test_the_fall_is_counted_from_the_highest_of_the_window_in_percent() -> None:
    assert change(weights((1, 76), (90, 80), (300, 78))).value == Interval.exactly(5)


def test_a_rise_is_no_fall() -> None:
    assert change(weights((1, 80), (90, 76))).value == Interval.exactly(0)


def test_what_is_older_than_the_window_does_not_count() -> None:
    assert change(weights((1, 76), (400, 100))).truth is NO


def test_one_value_shows_no_change() -> None:
    assert change(weights((1, 76))).truth is NO
    assert change(weights((1, 76), gaps=[unread("Observation")])).truth is CANNOT_TELL


def test_while_others_were_not_read_the_fall_is_at_least_so_much() -> None:
    fall = change(weights((1, 76), (90, 80), gaps=[unread("Observation")]))
    assert fall.value == Interval(5, inf)
    assert compare(fall, ">=", 10).truth is CANNOT_TELL


def test_a_value_that_cannot_be_read_is_not_passed_over_in_silence() -> None:
    no_unit = measured("lab", 100, None, when=ago(90))
    answer = change(record(measured("lab", 76, "kg"), no_unit))
    assert answer.unknown == (Reason("Observation", "value without a unit that can be read"),)


def test_bounds_of_the_values_are_bounds_of_the_change() -> None:
    assert change(weights((1, Interval(-inf, 76)), (90, 80))).value == Interval(5, inf)
    assert change(weights((1, Interval(72, 76)), (90, Interval(80, 90)))).value == Interval(5, 20)
    assert change(weights((1, Interval(76, inf)), (90, 80))).value == Interval(0, 100)


def test_of_one_day_the_later_moment_is_where_the_fall_ends() -> None:
    morning, evening = (datetime(2026, 5, 31, hour, tzinfo=UTC) for hour in (6, 18))
    highest = measured("lab", 100, "kg", when=ago(90))
    for order in (1, -1):
        assert change(record(highest, *kilograms(95, 80, morning, evening)[::order])).value == Interval(
            20, 20
        )
        assert change(record(highest, *kilograms(95, 80)[::order])).value == Interval(5, 20)


def test_values_of_zero_show_no_change() -> None:
    assert change(weights((1, 0), (90, 0))).value == Interval.exactly(0)
