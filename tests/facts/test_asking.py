"""Asking: facts are derived as declared, answered once, and only when somebody asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Finding, Interval, Reason, cannot_tell, no, number, yes
from app.facts.asking import Base, Facts, facts_of
from app.facts.kinds import KINDS
from app.knowledge import fact as shapes
from app.knowledge.criterion import parse
from app.knowledge.relevance import Marks
from app.record.record import Collection, Record
from app.record.values import Order
from tests.content import knowledge
from tests.records import ADULT, TODAY, ago, measured, order, problem, record, taken, unread

PICTURE = order("thumb-picture", name="p", position=0, priority="stat")
SALVE = order("salve", name="s", position=1)
UNREAD = Reason("Condition", "refused (403)")


def told(**known: Answer) -> Facts:
    """Facts of which some are given, and every other that is read is a no."""
    return Facts(knowledge(), lambda *_: no(), (PICTURE, SALVE), known)


def test_every_kind_of_fact_has_one_way_to_answer_it() -> None:
    assert sorted(KINDS) == sorted(shapes.KINDS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fever", YES),
        ("not fever", NO),
        ("glove", NO),
        ("not glove", YES),
        ("thumb_days >= 42", YES),
        ("thumb_days < 42", NO),
        ("sex is female", YES),
        ("sex is male", NO),
    ],
)
def test_every_form_of_a_criterion_holds_or_does_not(line: str, expected: object) -> None:
    sex = Answer(YES, value="female")
    facts = told(fever=yes(), thumb_days=number(Interval.exactly(60)), sex=sex)
    assert facts.holds(parse(line), None).truth is expected


def test_any_of_and_its_guard() -> None:
    assert told(sore_thumb=yes()).ask("early_thumb", None).truth is YES
    old = told(sore_thumb=yes(), thumb_days=number(Interval.exactly(60)))
    assert old.ask("early_thumb", None).truth is NO


def test_a_guard_that_was_not_read_is_said_with_its_label() -> None:
    answer = told(sore_thumb=yes(), thumb_days=cannot_tell([UNREAD])).ask("early_thumb", None)
    assert (answer.truth, answer.unknown) == (YES, (UNREAD,))


def test_all_of_needs_every_member() -> None:
    assert told(sore_thumb=yes(), fever=yes()).ask("hot_thumb", None).truth is YES
    assert told(sore_thumb=yes()).ask("hot_thumb", None).truth is NO


def test_at_least_counts() -> None:
    assert told(fever=yes(), glove=yes()).ask("two_signs", None).truth is YES
    assert told(fever=yes(), glove=cannot_tell([UNREAD])).ask("two_signs", None).truth is CANNOT_TELL
    assert told(fever=yes()).ask("two_signs", None).truth is NO


def test_points_weigh() -> None:
    facts = told(fever=yes(), glove=yes())
    assert facts.ask("thumb_points", None).value == Interval.exactly(3)
    assert facts.ask("many_points", None).truth is YES


def test_a_derived_fact_keeps_the_labels_of_what_it_was_derived_from() -> None:
    facts = facts_of(knowledge(), record(problem("numb-thumb", recorded=ago(3))))
    assert [each.label for each in facts.ask("alarm", None).findings] == ["numb thumb"]
    hot = measured("temperature", 39, "Cel")
    missing = facts_of(knowledge(), record(hot, gaps=[unread("Condition")]))
    labels = {each.label for each in missing.ask("alarm", None).unknown}
    assert labels == {"numb thumb", "sore thumb", "tight glove"}


# Once, and only when asked


@pytest.fixture
def asked() -> list[tuple[str, str | None]]:
    return []


def counting(asked: list[tuple[str, str | None]]) -> Base:
    """Answers yes, and writes down what it was asked."""

    def base(name: str, at_hand: Order | None) -> Answer:
        asked.append((name, at_hand.reference if at_hand else None))
        return yes([Finding(name, "Condition")])

    return base


def test_a_fact_is_answered_once(asked: list[tuple[str, str | None]]) -> None:
    facts = Facts(knowledge(), counting(asked), (PICTURE, SALVE))
    assert facts.ask("alarm", None) is facts.ask("alarm", PICTURE)
    assert [name for name, _ in asked].count("sore_thumb") == 1


def test_a_fact_about_orders_is_answered_once_for_each(asked: list[tuple[str, str | None]]) -> None:
    facts = Facts(knowledge(), counting(asked), (PICTURE, SALVE))
    for at_hand in (PICTURE, SALVE, PICTURE, None, None):
        facts.ask("urgent", at_hand)
    assert asked == [("urgent", "ServiceRequest/p"), ("urgent", "ServiceRequest/s"), ("urgent", None)]


def test_what_holds_of_all_orders_together_is_not_taken_for_what_holds_of_each(
    asked: list[tuple[str, str | None]],
) -> None:
    facts = Facts(knowledge(), counting(asked), (PICTURE, SALVE))
    for at_hand in (None, PICTURE, SALVE):
        facts.ask("urgent", at_hand)
    assert asked == [("urgent", None), ("urgent", "ServiceRequest/p"), ("urgent", "ServiceRequest/s")]


def test_a_fact_that_looks_at_no_order_does_not_see_the_one_at_hand(
    asked: list[tuple[str, str | None]],
) -> None:
    Facts(knowledge(), counting(asked), (PICTURE,)).ask("sore_thumb", PICTURE)
    assert asked == [("sore_thumb", None)]


def test_sources_are_read_only_when_a_fact_asks_for_them() -> None:
    seen: list[str] = []

    def read(source: str) -> Collection:
        seen.append(source)
        return Collection()

    facts = facts_of(knowledge(), Record(hook="patient-view", today=TODAY, patient=ADULT, read=read))
    assert facts.ask("chart_opened", None).truth is YES
    assert seen == []
    facts.ask("wax_allergy", None)
    facts.ask("wax_allergy", None)
    assert seen == ["AllergyIntolerance"]


# Orders that a fact found


def test_the_first_order_that_a_fact_found() -> None:
    facts = facts_of(knowledge(), record(orders=[SALVE, PICTURE]))
    assert facts.found_order("picture_drafted") is PICTURE
    assert facts.found_order("urgent") is PICTURE
    assert facts_of(knowledge(), record(orders=[SALVE])).found_order("picture_drafted") is None


# Without a trace of what a fact asks for it is not looked into: the answer must be the same.

RECORDS = {
    "nothing": record(),
    "sore": record(problem("sore-thumb", onset=ago(400)), measured("temperature", 39, "Cel")),
    "numb": record(problem("numb-thumb", recorded=ago(2)), orders=[PICTURE]),
    "drugs": record(taken("plaster", supply_days=30), orders=[SALVE]),
    **{
        f"without {source}": record(
            problem("sore-thumb", onset=ago(9)), orders=[PICTURE], gaps=[unread(source)]
        )
        for source in ("Condition", "Encounter", "Observation", "Procedure", "Order", "Patient")
    },
    "another encounter": record(encounter_id="elsewhere"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_short_way_to_a_no_comes_to_the_same(name: str) -> None:
    within = RECORDS[name]
    quick = facts_of(knowledge(), within)
    slow = facts_of(replace(knowledge(), marks=Marks()), within)
    for fact in knowledge().facts:
        for at_hand in (*within.orders, None):
            assert quick.ask(fact, at_hand).truth is slow.ask(fact, at_hand).truth, fact
