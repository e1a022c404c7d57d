"""Procedures, earlier studies and referrals: done or asked for, and since when."""

from __future__ import annotations

from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Finding, Reason
from app.facts import event
from app.knowledge.fact import EventFact
from app.knowledge.shaped import written
from app.record.record import Record
from tests.content import knowledge
from tests.records import ago, done, on, record, unread, worded

KINDS = {"procedure": event.procedure, "study": event.study, "referral": event.referral}


def asked(kind: str, within: Record, **more: Any) -> Answer:
    """The answer about an event in the set `act`."""
    question = written(EventFact, {"in": "act", **more})
    return KINDS[kind](question, within, None, knowledge())


def test_a_procedure_that_was_done_is_found_with_its_date_and_link() -> None:
    found = record(done("act", "Procedure", when=ago(3), link="Procedure/1"))
    assert asked("procedure", found).findings == (
        Finding("act", "Procedure", "2026-05-29", link="Procedure/1"),
    )


@pytest.mark.parametrize(
    ("status", "was_done", "expected"),
    [
        ("done", True, YES),
        ("done", False, NO),
        ("asked", True, NO),
        ("asked", False, YES),
        ("either", True, YES),
        ("either", False, YES),
    ],
)
def test_done_and_asked_for(status: str, was_done: bool, expected: object) -> None:
    found = record(done("act", "Procedure", done=was_done))
    assert asked("procedure", found, status=status).truth is expected


def test_a_procedure_that_was_asked_for_may_stand_among_the_requests() -> None:
    found = record(done("act", "ServiceRequest", done=False))
    assert asked("procedure", found, status="asked").truth is YES
    assert asked("procedure", found).truth is NO


NO_STATUS = "status not recorded"


def test_a_procedure_without_a_certain_status_counts_and_says_so() -> None:
    answer = asked("procedure", record(done("act", "Procedure", certain=False)))
    assert (answer.truth, answer.unknown) == (YES, (Reason("Procedure", NO_STATUS),))


def test_a_procedure_that_was_done_for_certain_leaves_nothing_open_beside_one_that_may_have_been() -> None:
    found = record(done("act", "Procedure", certain=False), done("act", "Procedure", when=ago(3)))
    assert asked("procedure", found).unknown == ()
    assert asked("procedure", found, within_days=2).unknown == (Reason("Procedure", NO_STATUS),)


def test_whether_a_procedure_without_a_certain_status_is_still_to_come_cannot_be_told() -> None:
    answer = asked("procedure", record(done("act", "Procedure", certain=False)), status="asked")
    assert (answer.truth, answer.unknown) == (CANNOT_TELL, (Reason("Procedure", NO_STATUS),))


def test_a_procedure_long_ago_is_a_no_whatever_its_status() -> None:
    old = record(done("act", "Procedure", certain=False, when=ago(30)))
    assert asked("procedure", old, within_days=14).truth is NO


@pytest.mark.parametrize(
    ("source", "done_or_asked"),
    [("Procedure", True), ("DiagnosticReport", True), ("ImagingStudy", True), ("ServiceRequest", False)],
)
def test_a_study_without_a_certain_status_cannot_be_told(source: str, done_or_asked: bool) -> None:
    answer = asked("study", record(done("act", source, done=done_or_asked, certain=False)))
    assert (answer.truth, answer.unknown) == (CANNOT_TELL, (Reason(source, NO_STATUS),))


def test_a_referral_that_may_have_been_revoked_counts_and_says_so() -> None:
    answer = asked("referral", record(done("act", "ServiceRequest", done=False, certain=False)))
    assert (answer.truth, answer.unknown) == (YES, (Reason("ServiceRequest", NO_STATUS),))


@pytest.mark.parametrize("source", ["Procedure", "DiagnosticReport", "ImagingStudy", "ServiceRequest"])
def test_a_study_may_be_recorded_in_four_ways(source: str) -> None:
    assert asked("study", record(done("act", source))).truth is YES
    assert asked("study", record(done("act", source, done=False))).truth is NO
    assert asked("study", record(gaps=[unread(source)])).unknown == (Reason(source, "refused (403)"),)


@pytest.mark.parametrize("was_done", [True, False])
def test_a_referral_counts_in_force_or_completed(was_done: bool) -> None:
    assert asked("referral", record(done("act", "ServiceRequest", done=was_done))).truth is YES


def test_a_referral_stands_among_the_requests_only() -> None:
    assert asked("referral", record(done("act", "Procedure"), gaps=[unread("Procedure")])).truth is NO
    assert asked("referral", record(gaps=[unread("ServiceRequest")])).truth is CANNOT_TELL


@pytest.mark.parametrize(("days", "expected"), [(365, YES), (366, NO)])
def test_a_window_ends_after_its_last_day(days: int, expected: object) -> None:
    assert (
        asked("procedure", record(done("act", "Procedure", when=ago(days))), within_days=365).truth
        is expected
    )


def test_without_a_window_any_date_or_none_will_do() -> None:
    assert asked("procedure", record(done("act", "Procedure", when=None))).truth is YES


@pytest.mark.parametrize(("when", "why"), [(None, "date not recorded"), (on("2026"), "date not exact")])
def test_an_event_that_cannot_be_placed_in_time_keeps_a_window_open(when: Any, why: str) -> None:
    answer = asked("procedure", record(done("act", "Procedure", when=when)), within_days=30)
    assert answer.unknown == (Reason("Procedure", why),)


def test_one_event_is_enough_whatever_was_not_read() -> None:
    found = record(done("act", "Procedure"), gaps=[unread("DiagnosticReport"), unread("ServiceRequest")])
    assert asked("study", found).truth is YES


def test_a_gap_before_the_window_leaves_a_plain_no() -> None:
    gap = unread("Procedure", since=ago(30))
    assert asked("procedure", record(gaps=[gap]), within_days=30).truth is NO
    assert asked("procedure", record(gaps=[gap]), within_days=31).truth is CANNOT_TELL


def test_the_latest_of_a_source_is_shown_first() -> None:
    found = record(done("act", "Procedure", when=ago(9)), done("act", "Procedure", when=ago(2)))
    assert [each.date for each in asked("procedure", found).findings] == ["2026-05-30", "2026-05-23"]


def test_an_event_by_words_is_worded() -> None:
    assert asked("procedure", record(done(worded("act"), "Procedure"))).worded
