"""What must hold for any record: missing data hides no alarm, strengthens nothing, and makes no plain no."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.answer import CANNOT_TELL, NO, YES, Answer, Interval
from app.compose import compose
from app.decide import Decision, Outcome, decide
from app.facts.asking import Facts, facts_of
from app.knowledge.criterion import parse
from app.protocol.response import Response, encode
from app.record.record import Record
from app.record.values import Allergy, Order
from app.render import Call, card
from app.suggest import Setting
from tests.conformance.invariants import check_response
from tests.content import knowledge
from tests.records import (
    ago,
    coded,
    done,
    measured,
    on,
    order,
    problem,
    record,
    taken,
    unread,
    visit,
    worded,
)

SOURCES = (
    "AllergyIntolerance", "Condition", "DiagnosticReport", "Encounter", "ImagingStudy", "MedicationRequest",
    "Observation", "Patient", "Procedure", "ServiceRequest",
)  # fmt: skip
STRONG = {"suspect-numb-thumb", "watch-hot-thumb", "avoid-salve-with-plaster"}
CALL = Call("i-1", "clinic", Setting("Patient/1", "2026-06-01", "Encounter/now"))
World = tuple[list[Any], tuple[Order, ...]]
PROPERTY = settings(max_examples=150, deadline=None, derandomize=True)

DATES = st.sampled_from([None, *map(ago, (0, 3, 20, 100, 190, 400)), on("2026"), on("2026-05"), on("2025")])
STATES = st.sampled_from(["active", "active", None, "resolved"])
MATCHES = st.sampled_from([coded, coded, worded])
SORE = st.sampled_from([("sore-thumb",), ("sore-thumb", "acute-thumb"), ("sore-thumb", "chronic-thumb")])


def some(values: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Any]]:
    """A few of them."""
    return st.lists(values, max_size=most)


@st.composite
def concepts(draw: Callable[..., Any]) -> Any:
    """A finding, by a code or by words, now and then of a later encounter."""
    sets = draw(SORE | st.sampled_from([("numb-thumb",), ("glove",)]))
    return draw(MATCHES)(*sets, later=draw(st.sampled_from([False, False, True])))


@st.composite
def conditions(draw: Callable[..., Any]) -> Any:
    """A problem or an encounter diagnosis."""
    return problem(
        draw(concepts()),
        clinical_status=draw(STATES),
        category=draw(st.sampled_from(["problem", "encounter", None])),
        onset=draw(DATES),
        recorded=draw(DATES),
        abated=draw(st.sampled_from([False, False, False, True])),
        link=draw(st.sampled_from(["Condition/1", "Condition/2"])),
    )


@st.composite
def visits(draw: Callable[..., Any]) -> Any:
    """Today's encounter or an earlier one."""
    reasons = tuple(draw(some(concepts(), 1)))
    diagnoses = draw(st.sampled_from([(), ("Condition/1",)]))
    if draw(st.booleans()):
        return visit(reasons=reasons, diagnoses=diagnoses, class_code=draw(st.sampled_from(["AMB", "IMP"])))
    return visit(id="before", status="finished", start=draw(DATES), reasons=reasons, diagnoses=diagnoses)


EVENTS = st.sampled_from(
    [
        ("splint", "Procedure"),
        ("thumb-picture", "ImagingStudy"),
        ("thumb-picture", "DiagnosticReport"),
        ("thumb-school", "ServiceRequest"),
    ]
)


@st.composite
def others(draw: Callable[..., Any]) -> Any:
    """A measurement, an event, a medication or an allergy."""
    kind = draw(st.integers(0, 4))
    if kind == 0:
        unit = draw(st.sampled_from(["Cel", None]))
        return measured("temperature", draw(st.sampled_from([37, 39])), unit, when=draw(DATES))
    if kind <= 2:
        name, source = draw(EVENTS)
        return done(name, source, when=draw(DATES), done=draw(st.booleans()))
    if kind == 3:
        return taken("plaster", authored=draw(DATES), status=draw(st.sampled_from(["active", "stopped"])))
    return Allergy(draw(MATCHES)("wax"))


@st.composite
def drafts(draw: Callable[..., Any]) -> tuple[Order, ...]:
    """Up to two orders, with reasons or without."""
    made = []
    for position in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["thumb-picture", "salve"]))
        reasons = draw(some(concepts(), 1))
        priority = draw(st.sampled_from([None, "urgent"]))
        made.append(
            order(draw(MATCHES)(kind), *reasons, name=str(position), position=position, priority=priority)
        )
    return tuple(made)


@st.composite
def worlds(draw: Callable[..., Any]) -> World:
    """What stands on record, and what is ordered."""
    current = draw(some(visits(), 2))
    values = [*draw(some(conditions(), 3)), *{each.id: each for each in current}.values()]
    return [*values, *draw(some(others(), 4))], draw(drafts())


MISSING = st.sets(st.sampled_from(SOURCES), min_size=1, max_size=3)


def source_of(value: Any) -> str:
    """The FHIR resource type of a value."""
    names = {"Medication": "MedicationRequest", "Allergy": "AllergyIntolerance"}
    return getattr(value, "source", None) or names.get(type(value).__name__, type(value).__name__)


def read(world: World, missing: Iterable[str] = ()) -> Record:
    """The record when these sources were not read."""
    values, orders = world
    kept = [each for each in values if source_of(each) not in missing]
    return record(*kept, orders=orders, gaps=map(unread, sorted(missing)))


def decided(within: Record) -> dict[tuple[str, int], Decision]:
    """Every decision, by its recommendation and its order."""
    facts = facts_of(knowledge(), within)
    found = decide(knowledge(), facts, "order-sign", within.judged)
    return {(each.id, each.order.position if each.order else -1): each for each in found}


def answers(within: Record) -> dict[tuple[str, int], Answer]:
    """The answer to every fact, for every order and for the patient."""
    facts = facts_of(knowledge(), within)
    return {
        (name, at_hand.position if at_hand else -1): facts.ask(name, at_hand)
        for name in knowledge().facts
        for at_hand in (*within.orders, None)
    }


@PROPERTY
@given(worlds(), MISSING)
def test_what_was_not_read_never_removes_an_alarm_or_a_warning_of_drug_safety(
    world: World, missing: set[str]
) -> None:
    after = decided(read(world, missing))
    for key, before in decided(read(world)).items():
        if key[0] in STRONG and before.outcome is Outcome.APPLIES:
            assert after[key].outcome is not Outcome.DOES_NOT_APPLY
            if missing.isdisjoint(found.source for found in before.findings):
                assert after[key].outcome is Outcome.APPLIES
                assert after[key].steps <= before.steps


@PROPERTY
@given(worlds(), MISSING)
def test_what_was_not_read_never_turns_a_gentle_deterrent_to_full_strength(
    world: World, missing: set[str]
) -> None:
    after = decided(read(world, missing))
    for key, before in decided(read(world)).items():
        if before.outcome is Outcome.APPLIES and before.steps:
            assert after[key].outcome is not Outcome.APPLIES or after[key].steps


@PROPERTY
@given(worlds(), MISSING)
def test_a_card_that_only_missing_data_brings_says_what_was_not_read(world: World, missing: set[str]) -> None:
    before = decided(read(world))
    for key, after in decided(read(world, missing)).items():
        if after.outcome is Outcome.APPLIES and before[key].outcome is Outcome.DOES_NOT_APPLY:
            assert not missing.isdisjoint(reason.source for reason in after.unchecked)


@PROPERTY
@given(worlds(), MISSING)
def test_what_was_not_read_never_makes_a_plain_no_of_anything(world: World, missing: set[str]) -> None:
    after = answers(read(world, missing))
    for key, before in answers(read(world)).items():
        if before.truth is not NO:
            assert after[key].truth is not NO, key
        if isinstance(before.value, Interval) and isinstance(after[key].value, Interval):
            assert after[key].value.low <= before.value.low, key
            assert after[key].value.high >= before.value.high, key


@PROPERTY
@given(worlds(), MISSING)
def test_nor_of_the_denial_of_anything(world: World, missing: set[str]) -> None:
    before, after = facts_of(knowledge(), read(world)), facts_of(knowledge(), read(world, missing))
    for name in knowledge().facts:
        denial = parse(f"not {name}")
        if before.holds(denial, None).truth is YES:
            assert after.holds(denial, None).truth is not NO, name


@PROPERTY
@given(worlds(), MISSING)
def test_whatever_cannot_be_told_says_why(world: World, missing: set[str]) -> None:
    within = read(world, missing)
    for key, answer in answers(within).items():
        assert answer.truth is not CANNOT_TELL or answer.unknown, key
    for key, decision in decided(within).items():
        assert decision.outcome is not Outcome.CANNOT_TELL or decision.unchecked, key


@settings(PROPERTY, max_examples=30)
@given(worlds(), MISSING)
def test_an_alarm_silences_every_deterrent_and_every_answer_is_valid(world: World, missing: set[str]) -> None:
    within = read(world, missing)
    facts = facts_of(knowledge(), within)
    decisions = decide(knowledge(), facts, "order-sign", within.judged)
    groups = {each.recommendation.group for each in decisions if each.outcome is Outcome.APPLIES}
    assert not ("red-flag" in groups and groups & {"deterrent", "pathway"})
    check_response(json.loads(encode(Response(cards=rendered(facts, decisions)))))


def rendered(facts: Facts, decisions: list[Decision]) -> list[Any]:
    """The cards of the decisions."""
    shown = compose(knowledge(), decisions).shown
    return [card(knowledge(), facts, decision, also, CALL) for decision, also in shown]
