"""Orders: the one at hand, the judged ones, and all the drafts of a call."""

from __future__ import annotations

from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Finding, Reason
from app.facts import order as orders
from app.knowledge.fact import OrderFact
from app.knowledge.shaped import written
from app.record.record import Record
from app.record.values import Concept, Order
from tests.content import knowledge
from tests.records import coded, order, record, unread, worded

PICTURE = order("picture", coded("sore"), name="p", position=0, priority="stat")
SALVE = order("salve", name="s", position=1, kind="MedicationRequest")
BOTH = record(orders=[PICTURE, SALVE])


def asked(within: Record, at_hand: Order | None = None, **more: Any) -> Answer:
    """The answer about orders."""
    return orders.answer(written(OrderFact, more), within, at_hand, knowledge())


def test_the_order_at_hand_is_the_only_one_looked_at() -> None:
    found = asked(BOTH, PICTURE, **{"in": "picture"})
    assert found.findings == (Finding("picture", "Order", link="ServiceRequest/p"),)
    assert asked(BOTH, SALVE, **{"in": "picture"}).truth is NO


def test_about_the_patient_every_judged_order_is_looked_at() -> None:
    assert asked(BOTH, **{"in": "picture"}).truth is YES
    judged = record(orders=[PICTURE, SALVE], judged=[SALVE])
    assert asked(judged, **{"in": "picture"}).truth is NO


def test_among_all_the_drafts_that_are_not_judged_count_too() -> None:
    judged = record(orders=[PICTURE, SALVE], judged=[SALVE])
    assert asked(judged, SALVE, **{"in": "picture", "among": "all"}).truth is YES


def test_among_the_others_the_order_at_hand_does_not_count() -> None:
    assert asked(BOTH, SALVE, **{"in": "picture", "among": "others"}).truth is YES
    assert asked(BOTH, PICTURE, **{"in": "picture", "among": "others"}).truth is NO


def test_what_an_order_must_not_be() -> None:
    both = order(coded("picture", "guidance"))
    assert asked(record(orders=[both]), both, **{"in": "picture", "not_in": "guidance"}).truth is NO


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"reason_in": "sore"}, YES),
        ({"reason_in": "other"}, NO),
        ({"reason": "present"}, YES),
        ({"reason": "absent"}, NO),
        ({"priority": ["urgent", "stat"]}, YES),
        ({"priority": "urgent"}, NO),
        ({"in": "picture", "reason_in": "sore", "priority": "stat"}, YES),
        ({"in": "picture", "reason_in": "other", "priority": "stat"}, NO),
    ],
)
def test_reason_and_priority(question: dict[str, Any], expected: object) -> None:
    assert asked(BOTH, PICTURE, **question).truth is expected


def test_an_order_without_a_reason() -> None:
    assert asked(BOTH, SALVE, reason="absent").truth is YES
    assert asked(BOTH, SALVE, reason="present").truth is NO


def test_an_order_found_by_anything_can_be_found_again() -> None:
    for question in ({"reason": "present"}, {"priority": "stat"}, {"reason_in": "sore"}):
        links = [each.link for each in asked(BOTH, PICTURE, **question).findings]
        assert "ServiceRequest/p" in links, question


def test_a_reason_that_was_asked_for_is_shown_first() -> None:
    assert asked(BOTH, PICTURE, reason_in="sore").findings[0].what == "sore"


def test_an_order_and_its_reason_must_both_be_more_than_words() -> None:
    question = {"in": "picture", "reason_in": "sore"}
    by_words = order("picture", worded("sore"))
    assert asked(record(orders=[by_words]), by_words, **question).worded
    named_by_words = order(worded("picture"), coded("sore"))
    assert asked(record(orders=[named_by_words]), named_by_words, **question).worded
    assert not asked(BOTH, PICTURE, **question).worded


def test_a_coded_reason_beside_one_of_words_is_enough() -> None:
    two = order("picture", worded("sore"), coded("sore"))
    assert not asked(record(orders=[two]), two, **{"in": "picture", "reason_in": "sore"}).worded


def test_another_order_that_is_coded_makes_words_irrelevant() -> None:
    by_words = order(worded("picture"), name="w", position=1)
    assert not asked(record(orders=[PICTURE, by_words]), **{"in": "picture"}).worded


def test_an_order_that_says_nothing_is_no_such_order() -> None:
    silent = order(Concept())
    assert asked(record(orders=[silent]), silent, **{"in": "picture"}).truth is NO


def test_an_order_without_a_name_is_shown_as_an_order() -> None:
    silent = order(Concept(), priority="stat")
    assert asked(record(orders=[silent]), silent, priority="stat").findings[0].what == "order"


def test_drafts_that_could_not_be_read_leave_the_others_open() -> None:
    lost = record(orders=[SALVE], gaps=[unread("Order", "1 Order could not be read")])
    assert asked(lost, **{"in": "picture", "among": "all"}).unknown == (
        Reason("Order", "1 Order could not be read"),
    )
    assert asked(lost, **{"in": "picture"}).truth is CANNOT_TELL
    assert asked(lost, **{"in": "salve"}).truth is YES
    assert asked(lost, SALVE, **{"in": "picture"}).truth is NO
