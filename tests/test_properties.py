"""What must hold for any record: missing data hides no alarm, strengthens nothing, and makes no plain no."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answer import CANNOT_TELL, NO, YES, Answer, Interval
from app.compose import compose
from app.decide import Decision, Outcome, decide
from app.facts.asking import facts_of
from app.knowledge.criterion import parse
from app.knowledge.relevance import Marks
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
PROPERTY = settings(max_examples=100, deadline=None, derandomize=True)

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


FRESH, OLD = problem("sore-thumb", onset=ago(20)), problem("sore-thumb", onset=ago(400))
HOT, WAX = measured("temperature", 39, "Cel"), Allergy(coded("wax"))
PICTURE, SALVE = order("thumb-picture", name="p"), order("salve", name="s")
NUMB_PICTURE = order("thumb-picture", coded("numb-thumb"), name="p")
WORLDS: dict[str, World] = {
    "a sore thumb": ([FRESH], (PICTURE,)),
    "a reason to be gentler": ([FRESH, WAX], (PICTURE,)),
    "an exclusion of unknown date": ([FRESH, done("splint", "Procedure", when=on("2025"))], (PICTURE,)),
    "an exclusion": ([FRESH, done("splint", "Procedure"), visit(class_code="IMP")], (PICTURE,)),
    "words alone": ([problem(worded("sore-thumb"), onset=ago(20))], (PICTURE,)),
    "words and a code": ([problem(worded("sore-thumb")), visit(reasons=(coded("sore-thumb"),))], (PICTURE,)),
    "a new numb thumb": ([problem("numb-thumb", recorded=ago(3))], (PICTURE,)),
    "an old numb thumb as reason": ([problem("numb-thumb", recorded=ago(300))], (NUMB_PICTURE,)),
    "a numb thumb of this visit": (
        [
            problem("numb-thumb", clinical_status="resolved", recorded=ago(20), link="Condition/1"),
            visit(diagnoses=("Condition/1",)),
        ],
        (NUMB_PICTURE,),
    ),
    "a hot thumb": ([FRESH, HOT], (PICTURE,)),
    "a hot thumb in a glove": ([FRESH, HOT, problem("glove")], (PICTURE,)),
    "a flare after quiet": (
        [OLD, visit(id="before", status="finished", start=ago(10), reasons=(coded("sore-thumb"),))],
        (PICTURE,),
    ),
    "a chronic thumb": ([problem(coded("sore-thumb", "chronic-thumb"), onset=ago(400))], (PICTURE,)),
    "a picture since": ([FRESH, done("thumb-picture", "ImagingStudy", when=ago(10))], (PICTURE,)),
    "a picture before": ([FRESH, done("thumb-picture", "ImagingStudy", when=ago(30))], (PICTURE,)),
    "a salve on a plaster": ([taken("plaster", supply_days=30), visit()], (SALVE,)),
    "a salve in hospital": ([taken("plaster", supply_days=30), visit(class_code="IMP")], (SALVE,)),
    "nothing": ([], (PICTURE, order("salve", name="s", position=1))),
}
"""Worlds in which there is something to lose."""


@st.composite
def worlds(draw: Callable[..., Any]) -> World:
    """What stands on record, and what is ordered."""
    seen = {each.id: each for each in draw(some(visits(), 2))}
    return [*seen.values(), *draw(some(conditions(), 3)), *draw(some(others(), 4))], draw(drafts())


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


def by_looking(within: Record) -> dict[tuple[str, int], Decision]:
    """The same without any short way: every criterion of every recommendation is looked into."""
    content = replace(knowledge(), marks=Marks())
    found = decide(content, facts_of(content, within), "order-sign", within.judged)
    return {(each.id, each.order.position if each.order else -1): each for each in found}


def answers(within: Record) -> dict[tuple[str, int], Answer]:
    """The answer to every fact, for every order and for the patient."""
    facts = facts_of(knowledge(), within)
    return {
        (name, at_hand.position if at_hand else -1): facts.ask(name, at_hand)
        for name in knowledge().facts
        for at_hand in (*within.orders, None)
    }


def hides_no_alarm(world: World, missing: set[str]) -> None:
    """No red flag and no warning of drug safety goes, unless what it was found in was not read."""
    after = decided(read(world, missing))
    for key, before in decided(read(world)).items():
        if key[0] in STRONG and before.outcome is Outcome.APPLIES:
            assert after[key].outcome is not Outcome.DOES_NOT_APPLY, key
            if missing.isdisjoint(found.source for found in before.findings):
                assert after[key].outcome is Outcome.APPLIES, key
                assert after[key].steps <= before.steps, key


def strengthens_nothing(world: World, missing: set[str]) -> None:
    """No card that was gentler is at full strength."""
    after = decided(read(world, missing))
    for key, before in decided(read(world)).items():
        if before.outcome is Outcome.APPLIES and before.steps:
            assert after[key].outcome is not Outcome.APPLIES or after[key].steps, key


def says_what_brought_a_card(world: World, missing: set[str]) -> None:
    """A card that only missing data brings names what is missing."""
    before = decided(read(world))
    for key, after in decided(read(world, missing)).items():
        if after.outcome is Outcome.APPLIES and before[key].outcome is Outcome.DOES_NOT_APPLY:
            assert not missing.isdisjoint(reason.source for reason in after.unchecked), key


def makes_no_plain_no(world: World, missing: set[str]) -> None:
    """What was not a no is not one now, and bounds only widen."""
    after = answers(read(world, missing))
    for key, before in answers(read(world)).items():
        if before.truth is not NO:
            assert after[key].truth is not NO, key
        if isinstance(before.value, Interval) and isinstance(after[key].value, Interval):
            assert after[key].value.low <= before.value.low, key
            assert after[key].value.high >= before.value.high, key


def denies_nothing_plainly(world: World, missing: set[str]) -> None:
    """What could be denied can still be, or cannot be told."""
    before, after = facts_of(knowledge(), read(world)), facts_of(knowledge(), read(world, missing))
    for name in knowledge().facts:
        denial = parse(f"not {name}")
        if before.holds(denial, None).truth is YES:
            assert after.holds(denial, None).truth is not NO, name


def is_what_looking_would_find(world: World, missing: set[str]) -> None:
    """A recommendation that was not looked into does not apply, and the criterion it names is a no."""
    within = read(world, missing)
    looked, facts = by_looking(within), facts_of(knowledge(), within)
    for key, quick in decided(within).items():
        if quick.outcome is not Outcome.DOES_NOT_APPLY:
            assert quick == looked[key]
        assert (quick.outcome, quick.order) == (looked[key].outcome, looked[key].order), key
        for text in quick.deciding:
            if quick.outcome is Outcome.DOES_NOT_APPLY and not text.startswith("unless "):
                assert facts.holds(parse(text), quick.order).truth is NO, key


def says_why(world: World, missing: set[str]) -> None:
    """Whatever cannot be told has a reason."""
    within = read(world, missing)
    for key, answer in answers(within).items():
        assert answer.truth is not CANNOT_TELL or answer.unknown, key
    for name, decision in decided(within).items():
        assert decision.outcome is not Outcome.CANNOT_TELL or decision.unchecked, name


def silences_what_an_alarm_must(world: World, missing: set[str]) -> None:
    """No card discourages or teaches beside a red flag."""
    found = decided(read(world, missing)).values()
    groups = {each.recommendation.group for each in found if each.outcome is Outcome.APPLIES}
    assert not ("red-flag" in groups and groups & {"deterrent", "pathway"})


PROPERTIES = (
    hides_no_alarm,
    strengthens_nothing,
    says_what_brought_a_card,
    makes_no_plain_no,
    denies_nothing_plainly,
    is_what_looking_would_find,
    says_why,
    silences_what_an_alarm_must,
)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("holds", PROPERTIES)
def test_with_any_one_or_two_sources_missing(holds: Callable[[World, set[str]], None], name: str) -> None:
    for missing in (*combinations(SOURCES, 1), *combinations(SOURCES, 2), SOURCES):
        holds(WORLDS[name], set(missing))


@pytest.mark.parametrize("holds", PROPERTIES)
def test_for_any_record(holds: Callable[[World, set[str]], None]) -> None:
    @PROPERTY
    @given(worlds(), MISSING)
    def holds_for(world: World, missing: set[str]) -> None:
        holds(world, missing)

    holds_for()


@settings(PROPERTY, max_examples=30)
@given(worlds(), MISSING)
def test_every_answer_is_as_the_specification_wants_it(world: World, missing: set[str]) -> None:
    within = read(world, missing)
    facts = facts_of(knowledge(), within)
    shown = compose(knowledge(), decide(knowledge(), facts, "order-sign", within.judged)).shown
    cards = [card(knowledge(), facts, decision, also, CALL) for decision, also in shown]
    check_response(json.loads(encode(Response(cards=cards))))


def test_the_worlds_hold_something_to_lose() -> None:
    found = [each for world in WORLDS.values() for each in decided(read(world)).values()]
    applying = {each.id for each in found if each.outcome is Outcome.APPLIES}
    assert applying == knowledge().recommendations.keys() - {"thumb-school"}
    assert any(each.steps for each in found)
