"""A visit that is planned has not taken place; the visit of this call is there all the same."""

from __future__ import annotations

from app.answer import NO, YES
from app.facts import encounter
from app.knowledge.fact import EncounterFact
from tests.content import knowledge
from tests.records import ago, coded, record, visit

TREATMENT = EncounterFact(type_in=("thumb-school",), within_days=180)


def asked(fact: EncounterFact, *visits: object, named: str | None = None):
    read = record(*visits, encounter_id=named)
    return encounter.answer(fact, read, None, knowledge()).truth


def test_a_planned_visit_is_not_one_that_took_place():
    planned = visit(id="next", status="planned", types=(coded("thumb-school"),), start=None)
    assert asked(TREATMENT, planned) is NO


def test_a_finished_visit_took_place():
    finished = visit(id="last", status="finished", types=(coded("thumb-school"),), start=ago(30))
    assert asked(TREATMENT, finished) is YES


def test_the_visit_of_this_call_counts_even_while_it_is_planned():
    today = visit(id="now", status="planned")
    assert asked(EncounterFact(current=True), today, named="now") is YES
    assert asked(EncounterFact(), today, named="now") is YES
    other = visit(id="other", class_code="EMER")
    assert asked(EncounterFact(class_in=("AMB",)), today, other, named="other") is NO
