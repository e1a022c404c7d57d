"""Allergies on record."""

from __future__ import annotations

import pytest

from app.answer import NO, YES, Answer, Reason
from app.facts import allergy
from app.knowledge.fact import AllergyFact
from app.knowledge.shaped import written
from app.record.record import Record
from app.record.values import Allergy
from tests.content import knowledge
from tests.records import ago, coded, record, unread, worded


def asked(within: Record) -> Answer:
    """The answer about an allergy to wax."""
    return allergy.answer(written(AllergyFact, {"in": "wax"}), within, None, knowledge())


@pytest.mark.parametrize(
    ("status", "expected"), [("active", YES), (None, YES), ("inactive", NO), ("resolved", NO)]
)
def test_an_allergy_counts_unless_it_is_marked_as_past(status: str | None, expected: object) -> None:
    assert asked(record(Allergy(coded("wax"), clinical_status=status))).truth is expected


def test_a_suspected_allergy_is_enough_and_says_so() -> None:
    found = asked(record(Allergy(coded("wax"), suspected=True, recorded=ago(3)))).findings[0]
    assert (found.suspected, found.date) == (True, "2026-05-29")


def test_an_allergy_by_words_is_worded() -> None:
    assert asked(record(Allergy(worded("wax")))).worded


def test_another_allergy_is_none() -> None:
    assert asked(record(Allergy(coded("honey")))).truth is NO


def test_allergies_that_were_not_read_cannot_be_told() -> None:
    answer = asked(record(gaps=[unread("AllergyIntolerance")]))
    assert answer.unknown == (Reason("AllergyIntolerance", "refused (403)"),)
