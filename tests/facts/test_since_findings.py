"""Findings since something else was found, and events in the days before something began."""

from __future__ import annotations

from msgspec import structs

from app.answer import CANNOT_TELL, NO, YES, Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.facts import condition, event, since
from app.knowledge.fact import ConditionFact, EventFact
from app.record.record import Record
from app.record.values import When
from tests.content import knowledge
from tests.records import TODAY, ago, done, on, problem, record

PICTURE = EventFact(in_=("thumb-picture",), since="thumb_days")
NUMB = ConditionFact(in_=("numb-thumb",), since="pictured")


def pictures(asked: EventFact, began: Answer, read: Record) -> Answer:
    return since.answer(asked, began, lambda window: event.study(window, read, None, knowledge()), TODAY)


def numb(asked: ConditionFact, began: Answer, read: Record) -> Answer:
    return since.answer(asked, began, lambda window: condition.answer(window, read, None, knowledge()), TODAY)


def pictured(when: When) -> Record:
    return record(done("thumb-picture", "ImagingStudy", when=when))


def found(date: str | None) -> Answer:
    return yes([Finding("picture", "ImagingStudy", date)])


def days(low: float, high: float) -> Answer:
    return number(Interval(low, high), unknown=[Reason("Condition", "onset not recorded")])


def test_days_before_count_even_when_nobody_knows_when_it_began():
    asked = structs.replace(PICTURE, days_before=180)
    for began in (no(), cannot_tell([Reason("Condition", "not sent")]), days(0, float("inf"))):
        assert pictures(asked, began, pictured(ago(180))).truth is YES


def test_the_window_of_the_question_itself_holds_all_the_same():
    asked = structs.replace(PICTURE, days_before=180, within_days=365)
    assert pictures(asked, days(300, 300), pictured(ago(365))).truth is YES
    assert pictures(asked, days(300, 300), pictured(ago(366))).truth is NO


def test_a_finding_counts_from_the_day_of_the_latest_finding_before_it():
    began = yes(
        [Finding("picture", "ImagingStudy", ago(300).text), Finding("picture", "Procedure", ago(90).text)]
    )
    assert numb(NUMB, began, record(problem("numb-thumb", onset=ago(90)))).truth is YES
    assert numb(NUMB, began, record(problem("numb-thumb", onset=ago(91)))).truth is NO


def test_an_older_finding_is_not_new_because_it_was_written_down_again():
    again = [problem("numb-thumb", onset=ago(400)), problem("numb-thumb", onset=ago(10))]
    assert numb(NUMB, found(ago(90).text), record(*again)).truth is NO


def test_the_latest_of_several_events_decides_where_the_question_says_so():
    asked = structs.replace(NUMB, count_from="latest")
    again = [problem("numb-thumb", onset=ago(400)), problem("numb-thumb", onset=ago(10))]
    assert numb(asked, found(ago(90).text), record(*again)).truth is YES


def test_a_beginning_of_which_only_the_month_is_known_leaves_that_month_open():
    assert (
        numb(NUMB, found("2026-03"), record(problem("numb-thumb", onset=on("2026-03-10")))).truth
        is CANNOT_TELL
    )
    assert numb(NUMB, found("2026-03"), record(problem("numb-thumb", onset=on("2026-02-27")))).truth is NO


def test_a_beginning_between_two_years_reaches_back_to_the_first_of_them():
    began = found("2024/2025")
    assert numb(NUMB, began, record(problem("numb-thumb", onset=on("2023-12-31")))).truth is NO
    assert numb(NUMB, began, record(problem("numb-thumb", onset=on("2024-01-01")))).truth is CANNOT_TELL


def test_a_beginning_without_a_date_leaves_everything_open():
    assert numb(NUMB, found(None), record(problem("numb-thumb", onset=ago(900)))).truth is CANNOT_TELL


def test_a_beginning_that_was_not_read_makes_no_no_of_what_was_found():
    not_sent = Reason("Condition", "not sent")
    assert pictures(PICTURE, cannot_tell([not_sent]), pictured(ago(200))).unknown == (not_sent,)
    assert pictures(PICTURE, cannot_tell([not_sent]), record()).truth is NO


def test_bounds_without_a_reason_of_their_own_are_said_not_to_be_exact():
    began = number(Interval(30, 40), [Finding("sore thumb", "Condition", "2026-04")])
    answer = pictures(PICTURE, began, pictured(ago(35)))
    assert answer.unknown == (Reason("Condition", "not exact enough to decide"),)
