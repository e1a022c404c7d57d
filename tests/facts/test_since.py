"""Since: events after something else began, when that is known exactly, in bounds, or not at all."""

from __future__ import annotations

from math import inf

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.facts import event, since
from app.knowledge.fact import EventFact
from app.knowledge.shaped import written
from app.record.record import Record
from tests.content import knowledge
from tests.records import TODAY, ago, done, record, unread

BEGAN = Finding("sore", "Condition", "2026-05-01")
OPEN = Reason("Condition", "onset not recorded")


def asked(within: Record, began: Answer, **more: int) -> Answer:
    """Whether the thumb was pictured since."""
    question = written(EventFact, {"in": "picture", "since": "x", **more})
    return since.answer(
        question, began, lambda window: event.procedure(window, within, None, knowledge()), TODAY
    )


def pictured(days: int) -> Record:
    """A picture that many days ago."""
    return record(done("picture", "Procedure", when=ago(days)))


def exactly(days: float) -> Answer:
    """It began so many days ago."""
    return number(Interval.exactly(days), [BEGAN])


@pytest.mark.parametrize(("days", "expected"), [(0, YES), (29, YES), (30, YES), (31, NO)])
def test_an_exact_beginning_decides(days: int, expected: object) -> None:
    assert asked(pictured(days), exactly(30)).truth is expected


@pytest.mark.parametrize(("days", "expected"), [(30, YES), (31, CANNOT_TELL), (4000, CANNOT_TELL)])
def test_a_beginning_at_least_so_long_ago_is_sure_of_what_came_later(days: int, expected: object) -> None:
    assert asked(pictured(days), number(Interval(30, inf), [BEGAN], [OPEN])).truth is expected


def test_an_event_that_may_be_before_or_after_says_why() -> None:
    assert asked(pictured(90), number(Interval(30, inf), [BEGAN], [OPEN])).unknown == (OPEN,)
    inexact = Reason("Condition", "not exact enough to decide")
    assert asked(pictured(35), number(Interval(30, 40), [BEGAN])).unknown == (inexact,)
    assert asked(pictured(41), number(Interval(30, 40), [BEGAN])).truth is NO


def test_a_beginning_that_was_not_read_makes_no_no_of_an_event() -> None:
    unknown = Reason("Condition", "refused (403)")
    assert asked(pictured(200), cannot_tell([unknown])).unknown == (unknown,)
    assert asked(record(), cannot_tell([unknown])).truth is NO


def test_events_that_were_not_read_cannot_be_told() -> None:
    unread_events = record(gaps=[unread("Procedure")])
    assert asked(unread_events, exactly(30)).unknown == (Reason("Procedure", "refused (403)"),)


def test_nothing_is_since_what_never_began() -> None:
    assert asked(pictured(3), no()).truth is NO


def test_a_window_of_its_own_still_holds() -> None:
    assert asked(pictured(20), exactly(30), within_days=10).truth is NO
    assert asked(pictured(10), exactly(30), within_days=10).truth is YES
    assert asked(pictured(200), number(Interval(30, inf), [BEGAN], [OPEN]), within_days=100).truth is NO


def test_days_before_the_beginning_may_count_as_well() -> None:
    assert asked(pictured(40), exactly(30), days_before=10).truth is YES
    assert asked(pictured(41), exactly(30), days_before=10).truth is NO


def test_what_was_found_begins_at_its_latest_date() -> None:
    found = yes([Finding("sore", "Condition", "2026-05-12"), Finding("sore", "Condition", "2026-04-01")])
    assert asked(pictured(20), found).truth is YES
    assert asked(pictured(21), found).truth is NO


def test_a_finding_with_a_partial_date_is_sure_of_nothing_but_what_is_older() -> None:
    found = yes([Finding("sore", "Condition", "2026-05")])
    assert asked(pictured(5), found).truth is CANNOT_TELL
    assert asked(pictured(40), found).truth is NO


def test_a_finding_without_a_date_leaves_it_open() -> None:
    found = yes([Finding("sore", "Condition", None)])
    answer = asked(pictured(5), found)
    assert answer.truth is CANNOT_TELL
    assert answer.unknown


def test_what_was_found_today_is_since_a_beginning_that_was_not_read_if_there_was_one() -> None:
    unknown = Reason("Condition", "refused (403)")
    answer = asked(pictured(0), cannot_tell([unknown]))
    assert (answer.truth, answer.unknown) == (YES, (unknown,))
