"""Answers: the truth tables complete, numbers as intervals, and reasons that are never lost."""

from __future__ import annotations

from itertools import product
from math import inf

import pytest

from app.answer import (
    CANNOT_TELL,
    NO,
    YES,
    Answer,
    Finding,
    Interval,
    Reason,
    Truth,
    cannot_tell,
    compare,
    negate,
    no,
    number,
    yes,
)
from app.joined import all_of, any_of, at_least, but_not, points

READ = Finding("sore thumb", "Condition", "2026-05-01")
BY_WORDS = Finding("sore thumb", "Condition", "2026-05-01", worded=True)
UNREAD = Reason("Condition", "refused (403)")
LATE = Reason("Observation", "not answered in time")
ANSWERS = {YES: yes([READ]), NO: no(), CANNOT_TELL: cannot_tell([UNREAD])}
TRUTHS = tuple(Truth)


def conjunction(truths: tuple[Truth, ...]) -> Truth:
    """All of them, said without a table."""
    return NO if NO in truths else CANNOT_TELL if CANNOT_TELL in truths else YES


def disjunction(truths: tuple[Truth, ...]) -> Truth:
    """One of them, said without a table."""
    return YES if YES in truths else CANNOT_TELL if CANNOT_TELL in truths else NO


@pytest.mark.parametrize("truths", [each for size in range(4) for each in product(TRUTHS, repeat=size)])
def test_all_of_and_any_of_over_every_combination(truths: tuple[Truth, ...]) -> None:
    answers = [ANSWERS[each] for each in truths]
    assert all_of(answers).truth is conjunction(truths)
    assert any_of(answers).truth is disjunction(truths)


@pytest.mark.parametrize("truths", list(product(TRUTHS, repeat=3)))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_at_least_over_every_combination(count: int, truths: tuple[Truth, ...]) -> None:
    sure, possible = truths.count(YES), truths.count(YES) + truths.count(CANNOT_TELL)
    expected = YES if sure >= count else CANNOT_TELL if possible >= count else NO
    assert at_least(count, [ANSWERS[each] for each in truths]).truth is expected


@pytest.mark.parametrize(
    ("truth", "guards", "expected"),
    [
        (YES, (), YES),
        (YES, (NO,), YES),
        (YES, (CANNOT_TELL,), YES),
        (YES, (YES,), NO),
        (YES, (CANNOT_TELL, YES), NO),
        (NO, (), NO),
        (NO, (CANNOT_TELL,), NO),
        (NO, (YES,), NO),
        (CANNOT_TELL, (NO,), CANNOT_TELL),
        (CANNOT_TELL, (CANNOT_TELL,), CANNOT_TELL),
        (CANNOT_TELL, (YES,), NO),
    ],
)
def test_only_a_definite_yes_of_a_guard_stops(
    truth: Truth, guards: tuple[Truth, ...], expected: Truth
) -> None:
    assert but_not(ANSWERS[truth], [ANSWERS[each] for each in guards]).truth is expected


def test_a_guard_that_could_not_be_checked_is_said() -> None:
    answer = but_not(yes([READ]), [cannot_tell([UNREAD]), no(), cannot_tell([LATE])])
    assert answer.findings == (READ,)
    assert answer.unknown == (UNREAD, LATE)


def test_of_a_no_nothing_is_unchecked() -> None:
    assert but_not(no(), [cannot_tell([UNREAD])]) == no()


def test_a_guard_with_something_unchecked_is_not_definite_enough_to_stop() -> None:
    guard = but_not(yes([READ]), [cannot_tell([LATE])])
    answer = but_not(yes([READ]), [guard])
    assert (answer.truth, answer.unknown) == (YES, (LATE,))


@pytest.mark.parametrize(("truth", "expected"), [(YES, NO), (NO, YES), (CANNOT_TELL, CANNOT_TELL)])
def test_negation_of_every_answer(truth: Truth, expected: Truth) -> None:
    assert negate(ANSWERS[truth]).truth is expected


def test_a_negated_no_has_nothing_to_show() -> None:
    assert negate(no()) == yes()


def test_a_negated_unknown_keeps_its_reasons() -> None:
    assert negate(cannot_tell([UNREAD, LATE])).unknown == (UNREAD, LATE)


def test_the_negation_of_a_yes_with_something_unchecked_is_no_plain_no() -> None:
    assert negate(yes([READ], [UNREAD])) == cannot_tell([UNREAD])


@pytest.mark.parametrize("answer", [yes(), no(), cannot_tell([UNREAD]), number(Interval.exactly(0))])
def test_an_answer_in_an_if_raises(answer: Answer) -> None:
    with pytest.raises(TypeError, match="truth value"):
        bool(answer)


@pytest.mark.parametrize("truth", TRUTHS)
def test_a_truth_in_an_if_raises(truth: Truth) -> None:
    with pytest.raises(TypeError, match="truth value"):
        bool(truth)


# Reasons


def test_any_of_that_cannot_be_told_keeps_every_reason_once() -> None:
    answer = any_of([no(), cannot_tell([UNREAD]), cannot_tell([LATE, UNREAD])])
    assert answer.unknown == (UNREAD, LATE)


def test_all_of_that_cannot_be_told_keeps_the_reasons_and_shows_nothing() -> None:
    answer = all_of([yes([READ]), cannot_tell([UNREAD])])
    assert (answer.findings, answer.unknown) == ((), (UNREAD,))


def test_a_no_carries_nothing() -> None:
    assert all_of([cannot_tell([UNREAD]), no()]) == no()
    assert any_of([no(), no()]) == no()


def test_a_yes_beside_an_unknown_does_not_say_the_unknown() -> None:
    assert any_of([yes([READ]), cannot_tell([UNREAD])]).unknown == ()


def test_what_is_unchecked_is_not_said_when_something_else_supports_the_yes() -> None:
    guarded = but_not(yes([READ]), [cannot_tell([UNREAD])])
    assert any_of([guarded, yes([READ])]).unknown == ()
    assert any_of([guarded, no()]).unknown == (UNREAD,)
    assert at_least(1, [guarded, yes([READ])]).unknown == ()
    assert at_least(2, [guarded, yes([READ]), yes([READ])]).unknown == ()
    assert at_least(2, [guarded, yes([READ])]).unknown == (UNREAD,)
    assert all_of([guarded, yes([READ])]).unknown == (UNREAD,)


def test_at_least_names_what_would_decide_it() -> None:
    assert at_least(2, [yes([READ]), cannot_tell([UNREAD]), no()]).unknown == (UNREAD,)


def test_a_label_is_given_to_what_has_none_and_never_changed() -> None:
    answer = yes([READ, Finding("x", "Condition", label="first")], [UNREAD]).labelled("sore thumb")
    assert [each.label for each in answer.findings] == ["sore thumb", "first"]
    assert answer.unknown[0].label == "sore thumb"
    assert no().labelled("sore thumb") is no()


# Words and codes


def test_a_yes_is_worded_when_every_finding_is() -> None:
    assert yes([BY_WORDS]).worded
    assert not yes([BY_WORDS, READ]).worded
    assert not yes().worded


def test_a_coded_match_beats_words_in_any_of() -> None:
    assert not any_of([yes([BY_WORDS]), yes([READ])]).worded
    assert any_of([yes([BY_WORDS]), no(), cannot_tell([UNREAD])]).worded


def test_one_worded_part_makes_all_of_worded() -> None:
    assert all_of([yes([READ]), yes([BY_WORDS])]).worded
    assert not all_of([yes([READ]), yes()]).worded


def test_at_least_is_worded_when_codes_alone_do_not_reach_it() -> None:
    assert at_least(2, [yes([READ]), yes([BY_WORDS])]).worded
    assert not at_least(2, [yes([READ]), yes([READ]), yes([BY_WORDS])]).worded


def test_points_are_worded_when_codes_alone_do_not_reach_the_threshold() -> None:
    total = points([(yes([READ]), 2), (yes([BY_WORDS]), 1)])
    assert compare(total, ">=", 3).worded
    assert not compare(total, ">=", 2).worded


def test_a_number_that_only_words_gave_is_worded() -> None:
    assert compare(number(Interval.exactly(5), [BY_WORDS]), ">", 4).worded
    assert not compare(number(Interval.exactly(5), [READ]), ">", 4).worded


def test_no_answer_but_a_yes_is_worded() -> None:
    assert not any_of([no(), no()]).worded
    assert not all_of([yes([BY_WORDS]), cannot_tell([UNREAD])]).worded


# Numbers

BELOW, ABOVE, ACROSS = Interval(1, 3), Interval(7, 9), Interval(3, 7)


@pytest.mark.parametrize(
    ("operator", "interval", "expected"),
    [
        ("<", BELOW, YES),
        ("<", ABOVE, NO),
        ("<", ACROSS, CANNOT_TELL),
        ("<", Interval.exactly(5), NO),
        ("<", Interval(1, 5), CANNOT_TELL),
        ("<", Interval(5, 9), NO),
        ("<=", BELOW, YES),
        ("<=", ABOVE, NO),
        ("<=", ACROSS, CANNOT_TELL),
        ("<=", Interval.exactly(5), YES),
        ("<=", Interval(1, 5), YES),
        ("<=", Interval(5, 9), CANNOT_TELL),
        (">", BELOW, NO),
        (">", ABOVE, YES),
        (">", ACROSS, CANNOT_TELL),
        (">", Interval.exactly(5), NO),
        (">", Interval(5, 9), CANNOT_TELL),
        (">", Interval(1, 5), NO),
        (">=", BELOW, NO),
        (">=", ABOVE, YES),
        (">=", ACROSS, CANNOT_TELL),
        (">=", Interval.exactly(5), YES),
        (">=", Interval(5, 9), YES),
        (">=", Interval(1, 5), CANNOT_TELL),
        ("is", BELOW, NO),
        ("is", ABOVE, NO),
        ("is", ACROSS, CANNOT_TELL),
        ("is", Interval.exactly(5), YES),
        ("is", Interval(5, 9), CANNOT_TELL),
    ],
)
def test_a_comparison_with_five_is_definite_where_both_bounds_settle_it(
    operator: str, interval: Interval, expected: Truth
) -> None:
    assert interval.compare(operator, 5) is expected


@pytest.mark.parametrize(
    ("interval", "operator", "expected"),
    [
        (Interval(60, inf), ">=", YES),
        (Interval(40, inf), ">=", CANNOT_TELL),
        (Interval(60, inf), "<", NO),
        (Interval(-inf, 40), ">=", NO),
        (Interval(-inf, 40), "<", YES),
        (Interval(), ">=", CANNOT_TELL),
        (Interval(), "is", CANNOT_TELL),
    ],
)
def test_an_open_bound_settles_what_it_can(interval: Interval, operator: str, expected: Truth) -> None:
    assert interval.compare(operator, 50) is expected


def test_intervals_add_up_bound_by_bound() -> None:
    assert Interval(1, 2).plus(Interval(10, inf)) == Interval(11, inf)


def test_what_is_not_recorded_compares_as_no() -> None:
    assert compare(no(), ">=", 5) == no()
    assert compare(no(), "<", 5) == no()


def test_what_was_not_read_stays_unknown_in_a_comparison() -> None:
    assert compare(cannot_tell([UNREAD]), ">=", 5) == cannot_tell([UNREAD])


def test_a_definite_comparison_drops_the_reason_of_its_open_bound_and_keeps_its_finding() -> None:
    answer = compare(number(Interval(60, inf), [READ], [UNREAD]), ">=", 50)
    assert (answer.truth, answer.findings, answer.unknown, answer.value) == (YES, (READ,), (), None)


def test_an_unsettled_comparison_says_why() -> None:
    assert compare(number(Interval(40, inf), [READ], [UNREAD]), ">=", 50) == cannot_tell([UNREAD])


def test_an_unsettled_comparison_of_a_partial_date_names_its_source() -> None:
    reason = Reason("Condition", "not exact enough to decide")
    assert compare(number(Interval(10, 40), [READ]), ">=", 30) == cannot_tell([reason])


def test_an_exact_number_keeps_what_was_unchecked_about_it() -> None:
    guarded = but_not(number(Interval.exactly(60), [READ]), [cannot_tell([UNREAD])])
    assert compare(guarded, ">=", 50).unknown == (UNREAD,)


def test_words_are_compared_as_words() -> None:
    sex = Answer(YES, (READ,), value="female")
    assert compare(sex, "is", "female").truth is YES
    assert compare(sex, "is", "male").truth is NO
    assert compare(no(), "is", "male").truth is NO


def test_points_widen_by_the_weight_of_what_cannot_be_told() -> None:
    total = points([(yes([READ]), 2), (cannot_tell([UNREAD]), 1), (no(), 4)])
    assert (total.value, total.findings, total.unknown) == (Interval(2, 3), (READ,), (UNREAD,))
    assert compare(total, ">=", 2).truth is YES
    assert compare(total, ">=", 3) == cannot_tell([UNREAD])
    assert compare(total, ">=", 4).truth is NO
