"""The amount a day over all that is taken and drafted: sums, renewals, and what stays open."""

from __future__ import annotations

from datetime import timedelta
from math import inf

import pytest
from msgspec import structs

from app.answer import NO, YES, Interval, compare
from app.facts import dose
from app.knowledge.fact import DoseFact
from app.knowledge.shaped import written
from app.record.values import ORDER, Gap
from tests.cards.drug_sets import knowledge
from tests.facts.prescriptions import (
    ACETAMINOPHEN_500,
    OXYCODONE_5,
    OXYCODONE_5_APAP_325,
    OXYCODONE_10,
    OXYCODONE_ER_20,
    TODAY,
    amount,
    between,
    code,
    days_supply,
    draft,
    drug,
    every,
    mg,
    opioid,
    prescription,
    record,
    sig,
    tablets,
)

OPIOIDS = written(DoseFact, {"in": "opioid-analgesic", "factor": "mme", "unit": "MME/day"})
ACETAMINOPHEN = written(DoseFact, {"in": "acetaminophen", "unit": "mg"})


def test_one_part_that_cannot_be_computed_makes_the_total_at_least():
    known = prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)))
    unknown = prescription(drug(opioid("morphine", 15)), [{"text": "as directed"}])

    answer = dose.answer(OPIOIDS, record(known, unknown), None, knowledge())

    assert answer.value == Interval(60, inf)
    assert compare(answer, ">=", 50).truth is YES
    assert [reason.why for reason in answer.unknown] == ["morphine 15 mg: only free text"]
    assert [each.what for each in answer.findings] == [
        "oxycodone 10 mg × 4/day = 60",
        "morphine 15 mg: only free text",
    ]


def test_a_draft_and_another_ingredient_add_up_45_plus_60():
    taken = prescription(drug(opioid("morphine", 15)), sig(tablets(1), code("TID")))
    new = draft(drug(OXYCODONE_10), sig(tablets(1), every(6)))

    answer = dose.answer(OPIOIDS, record(taken, drafts=(new,)), None, knowledge())

    assert answer.value == Interval.exactly(105)


def test_a_draft_that_renews_the_same_ingredient_and_release_counts_once_and_says_so():
    taken = prescription(drug(OXYCODONE_10), sig(tablets(1), code("TID")))
    renewal = draft(drug(OXYCODONE_10), sig(tablets(1), every(6)))

    answer = dose.answer(OPIOIDS, record(taken, drafts=(renewal,)), None, knowledge())

    assert answer.value == Interval.exactly(60)
    assert [each.what for each in answer.findings] == ["oxycodone 10 mg × 4/day = 60 (a renewal counts once)"]


def test_a_smaller_renewal_leaves_the_larger_current_dose_in_the_total():
    taken = prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)))
    smaller = draft(drug(OXYCODONE_5), sig(tablets(1), every(6)))

    answer = dose.answer(OPIOIDS, record(taken, drafts=(smaller,)), None, knowledge())

    assert answer.value == Interval.exactly(60)


def test_an_extended_release_draft_does_not_renew_the_immediate_release_one_60_plus_60():
    taken = prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)))
    extended = draft(drug(OXYCODONE_ER_20), sig(tablets(1), every(12)))

    answer = dose.answer(OPIOIDS, record(taken, drafts=(extended,)), None, knowledge())

    assert answer.value == Interval.exactly(120)


def test_a_renewal_that_cannot_be_computed_keeps_what_is_known_as_at_least():
    taken = prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)))
    renewal = draft(drug(OXYCODONE_10), [{"text": "as before"}])

    answer = dose.answer(OPIOIDS, record(taken, drafts=(renewal,)), None, knowledge())

    assert answer.value == Interval(60, inf)


def test_a_draft_of_unknown_release_may_renew_or_come_on_top_60_to_60_plus_60():
    taken = prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)))
    worded = draft(drug(text="oxyCODONE 10 mg"), sig(mg(10), every(6)))

    answer = dose.answer(OPIOIDS, record(taken, drafts=(worded,)), None, knowledge())

    assert answer.value == Interval(60, 120)


def test_monthly_fills_of_one_product_count_once():
    fills = [
        prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)), days_ago=days, dispense=days_supply(30))
        for days in (5, 20, 35)
    ]

    assert dose.answer(OPIOIDS, record(*fills), None, knowledge()).value == Interval.exactly(60)


def test_two_strengths_of_one_ingredient_both_count_60_plus_30():
    both = [prescription(drug(each), sig(tablets(1), every(6))) for each in (OXYCODONE_10, OXYCODONE_5)]

    assert dose.answer(OPIOIDS, record(*both), None, knowledge()).value == Interval.exactly(90)


def test_a_prescription_that_may_have_ended_counts_from_nothing_to_its_dose():
    old = prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)), days_ago=200)

    answer = dose.answer(OPIOIDS, record(old), None, knowledge())

    assert answer.value == Interval(0, 60)
    assert "days of supply not recorded" in answer.unknown[0].why


def test_what_has_ended_or_was_stopped_does_not_count():
    ended = prescription(drug(OXYCODONE_10), sig(tablets(1), every(6)), days_ago=60, dispense=days_supply(7))
    stopped = prescription(drug(opioid("morphine", 15)), sig(tablets(1), every(6)), status="stopped")

    assert dose.answer(OPIOIDS, record(ended, stopped), None, knowledge()).value == Interval.exactly(0)


def test_nothing_taken_and_nothing_drafted_is_a_definite_zero():
    answer = dose.answer(OPIOIDS, record(), None, knowledge())

    assert compare(answer, ">=", 50).truth is NO
    assert compare(answer, "<", 50).truth is YES


def test_unread_medications_open_the_total_and_keep_what_was_drafted():
    new = draft(drug(OXYCODONE_10), sig(tablets(1), every(6)))
    gap = Gap("MedicationRequest", "refused")

    answer = dose.answer(OPIOIDS, record(drafts=(new,), gaps=(gap,)), None, knowledge())

    assert answer.value == Interval(60, inf)
    assert [(reason.source, reason.why) for reason in answer.unknown] == [("MedicationRequest", "refused")]


def test_a_page_that_was_cut_before_what_can_be_current_does_not_matter():
    gap = Gap("MedicationRequest", "page cut", complete_since=TODAY - timedelta(days=400))

    assert dose.answer(OPIOIDS, record(gaps=(gap,)), None, knowledge()).value == Interval.exactly(0)


def test_drafts_that_could_not_be_read_open_the_total():
    broken = record(
        drafts=(draft(drug(OXYCODONE_10), sig(tablets(1), every(6))),), order_gaps=(Gap(ORDER, "broken"),)
    )

    answer = dose.answer(OPIOIDS, broken, None, knowledge())

    assert answer.value == Interval(60, inf)
    assert [each.source for each in answer.unknown] == [ORDER]


@pytest.mark.parametrize(("among", "expected"), [("current", 90), ("drafts", 60), ("both", 150)])
def test_among_says_what_is_summed(among, expected):
    asked = structs.replace(OPIOIDS, among=among)
    taken = prescription(drug(opioid("morphine", 15)), sig(tablets(1), every(4)))
    new = draft(drug(OXYCODONE_10), sig(tablets(1), every(6)))

    answer = dose.answer(asked, record(taken, drafts=(new,)), None, knowledge())

    assert answer.value == Interval.exactly(expected)


def test_drafts_need_no_medication_list():
    asked = structs.replace(OPIOIDS, among="drafts")
    gap = Gap("MedicationRequest", "refused")
    new = draft(drug(OXYCODONE_10), sig(tablets(1), every(6)))

    answer = dose.answer(asked, record(drafts=(new,), gaps=(gap,)), None, knowledge())

    assert answer.value == Interval.exactly(60)
    assert [each.source for each in answer.findings] == [ORDER]


def test_the_same_ingredient_in_two_products_adds_up_2000_plus_1300():
    both = record(
        prescription(drug(ACETAMINOPHEN_500), sig(tablets(1), every(6))),
        prescription(drug(OXYCODONE_5_APAP_325), sig(tablets(1), every(6))),
    )

    assert dose.answer(ACETAMINOPHEN, both, None, knowledge()).value == Interval.exactly(3300)


NOT_COMPUTED = structs.replace(OPIOIDS, element="not_computed", among="drafts")


def test_a_draft_whose_dose_cannot_be_computed_is_counted_and_says_why():
    new = draft(drug(OXYCODONE_10), [{"text": "as directed"}])

    answer = dose.answer(NOT_COMPUTED, record(drafts=(new,)), new, knowledge())

    assert compare(answer, ">", 0).truth is YES
    assert [each.what for each in answer.findings] == ["oxycodone 10 mg: only free text"]


@pytest.mark.parametrize(
    ("codes", "instructions"),
    [
        (OXYCODONE_10, sig(tablets(1), every(6))),
        (OXYCODONE_5, sig(between(1, 2), every(6))),
        (opioid("levorphanol", 2), sig(tablets(1), every(6))),
        (opioid("fentanyl", 0.2, form="lozenge"), sig(amount(1, "lozenge"), every(6))),
    ],
    ids=["computed", "computed as a range", "no factor exists", "no factor for this form"],
)
def test_a_draft_is_not_counted_as_not_computed_when_there_is_no_factor_to_compute_with(codes, instructions):
    new = draft(drug(codes), instructions)

    answer = dose.answer(NOT_COMPUTED, record(drafts=(new,)), new, knowledge())

    assert answer.value == Interval.exactly(0)


def test_only_the_order_at_hand_is_asked_whether_it_can_be_computed():
    unclear = draft(drug(OXYCODONE_10), [{"text": "as directed"}])
    clear = draft(drug(OXYCODONE_ER_20), sig(tablets(1), every(12)), position=1)

    answer = dose.answer(NOT_COMPUTED, record(drafts=(unclear, clear)), clear, knowledge())

    assert answer.value == Interval.exactly(0)


BY_COMBINATION = structs.replace(ACETAMINOPHEN, renews="combination")


@pytest.mark.parametrize(
    ("asked", "milligrams"),
    [(ACETAMINOPHEN, 2000), (BY_COMBINATION, 3300)],
    ids=["by its ingredient alone", "by its combination"],
)
def test_a_draft_of_another_combination_comes_on_top_where_the_fact_says_so(asked, milligrams):
    taken = prescription(drug(ACETAMINOPHEN_500), sig(tablets(1), every(6)))
    new = draft(drug(OXYCODONE_5_APAP_325), sig(tablets(1), every(6)))

    assert dose.answer(asked, record(taken, drafts=(new,)), None, knowledge()).value == Interval.exactly(
        milligrams
    )


def test_a_draft_of_the_same_combination_renews_it():
    taken = prescription(drug(OXYCODONE_5_APAP_325), sig(tablets(1), every(6)))
    new = draft(drug(OXYCODONE_5_APAP_325), sig(tablets(2), every(6)))

    answer = dose.answer(BY_COMBINATION, record(taken, drafts=(new,)), None, knowledge())

    assert answer.value == Interval.exactly(2600)
