"""The encounter of this call: which it is, and what nobody can tell where it was not read, or not wholly."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Answer, Reason
from app.facts import condition, encounter, span
from app.facts.asking import facts_of
from app.knowledge.fact import ConditionFact, EncounterFact, SpanFact
from app.knowledge.shaped import written
from app.record.record import Record
from tests.content import knowledge
from tests.records import ago, coded, order, problem, record, unread, visit

LEFT_OUT = Reason("Encounter", "the current encounter was not sent")
UNNAMED = Reason("Encounter", "a diagnosis of the current encounter was not sent")
POINTING = visit(diagnoses=("Condition/c9",), bare=("Condition/c9",))


def asked(within: Record, **more: Any) -> Answer:
    """The answer about numb thumbs."""
    return condition.answer(written(ConditionFact, {"in": "numb", **more}), within, None, knowledge())


def lasting(within: Record) -> Answer:
    """The answer about how long thumbs have been numb."""
    return span.answer(written(SpanFact, {"in": "numb"}), within, None, knowledge())


def test_what_an_encounter_that_was_named_but_not_sent_was_about_cannot_be_told() -> None:
    earlier = visit(id="e0", status="finished")
    for within in (record(encounter_id="e1"), record(earlier, encounter_id="e1")):
        assert asked(within).unknown == (LEFT_OUT,)
        assert asked(within, among=("encounter",)).truth is CANNOT_TELL
        assert lasting(within).truth is CANNOT_TELL


def test_the_problem_list_and_orders_say_themselves_what_they_hold_without_the_encounter() -> None:
    within = record(problem("numb", onset=ago(9)), encounter_id="e1")
    assert (asked(within).truth, lasting(within).truth) == (YES, YES)
    assert asked(record(encounter_id="e1"), among=("problems",)).truth is NO
    assert asked(record(orders=[order("picture")], encounter_id="e1"), among=("reason",)).truth is NO


def test_where_encounters_were_not_read_at_all_that_is_all_there_is_to_say() -> None:
    within = record(gaps=[unread("Encounter")], encounter_id="e1")
    assert asked(within).unknown == (Reason("Encounter", "refused (403)"),)


def test_a_diagnosis_that_the_encounter_only_points_to_cannot_be_told_unless_it_was_sent() -> None:
    for named in ("now", None):
        assert asked(record(POINTING, encounter_id=named)).unknown == (UNNAMED,)
        assert asked(record(POINTING, encounter_id=named, sent=("Condition/c9",))).truth is NO


def test_a_reference_into_the_encounter_that_leads_nowhere_cannot_be_told() -> None:
    assert asked(record(visit(bare=("#c",)))).unknown == (UNNAMED,)


@pytest.mark.parametrize(
    "within",
    [
        record(visit(id="e0", status="finished", bare=("Condition/c9",)), visit()),
        record(visit(diagnoses=("Procedure/x",), bare=("Procedure/x",))),
        record(visit(diagnoses=("Condition/c9",))),
        record(visit()),
        record(visit(id="e0", status="finished")),
        record(),
    ],
    ids=["of an earlier one", "no Condition", "with words", "without a diagnosis", "none now", "none at all"],
)
def test_nothing_is_missing_where_the_data_do_not_show_it(within: Record) -> None:
    assert asked(within).truth is NO


def test_where_conditions_were_not_read_the_diagnosis_is_not_said_again() -> None:
    within = record(POINTING, gaps=[unread("Condition")])
    assert asked(within).unknown == (Reason("Condition", "refused (403)"),)


@pytest.mark.parametrize("within", [record(encounter_id="e1"), record(POINTING)])
def test_what_is_not_looked_into_for_want_of_a_trace_cannot_be_told_either(within: Record) -> None:
    assert facts_of(knowledge(), within).ask("numb_thumb", None).truth is CANNOT_TELL


def test_of_two_encounters_of_one_day_the_one_that_began_later_is_the_current_one() -> None:
    morning = visit(id="clinic", at=datetime(2026, 6, 1, 8, tzinfo=UTC))
    evening = visit(id="emergency", at=datetime(2026, 6, 1, 18, tzinfo=UTC), reasons=(coded("numb"),))
    undated = visit(id="undated")
    for visits in ((morning, evening, undated), (undated, evening, morning)):
        assert asked(record(*visits)).truth is YES


def test_of_several_encounters_in_progress_the_latest_is_the_current_one_in_any_order() -> None:
    never_closed = visit(id="old", start=ago(700), class_code="IMP")
    undated = visit(id="undated", start=None, class_code="IMP")
    today = visit(id="now", reasons=(coded("numb"),))
    inpatient = EncounterFact(current=True, class_in=("IMP",))
    for visits in ((never_closed, undated, today), (today, undated, never_closed)):
        assert asked(record(*visits)).truth is YES
        assert encounter.answer(inpatient, record(*visits), None, knowledge()).truth is NO
