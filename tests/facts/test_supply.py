"""Days that prescriptions cover: overlaps once, refills in a row, what is unknown as an interval."""

from __future__ import annotations

from datetime import date, timedelta
from math import inf

import pytest

from app.answer import CANNOT_TELL, NO, YES, Interval, compare
from app.facts import supply
from app.knowledge.fact import SupplyFact
from app.knowledge.shaped import written
from app.record.values import ORDER, Gap, When
from tests.cards.drug_sets import knowledge
from tests.facts.prescriptions import (
    FENTANYL_75,
    LORAZEPAM_1,
    OXYCODONE_5,
    OXYCODONE_10,
    PRN,
    TODAY,
    amount,
    between,
    days_supply,
    draft,
    drug,
    every,
    mg,
    most_a_day,
    prescription,
    record,
    sig,
    tablets,
)

COVERED = written(SupplyFact, {"in": "opioid-analgesic", "window_days": 90})
DRAFTED = written(SupplyFact, {"in": "opioid-analgesic", "draft": True})
REFILLS = written(SupplyFact, {"in": "opioid-analgesic", "draft": True, "element": "refills"})
THIRTY = {"quantity": {"value": 30, "unit": "tablet"}}


def opioid(days_ago=30, days=30, **more):
    return prescription(
        drug(OXYCODONE_10), days_ago=days_ago, dispense=days_supply(days) | more.pop("held", {}), **more
    )


def covered(*medications, gaps=()):
    return supply.answer(COVERED, record(*medications, gaps=gaps), None, knowledge())


@pytest.mark.parametrize(
    ("prescriptions", "days"),
    [
        ([], 0),
        ([opioid(30, 30)], 30),
        ([opioid(20, 30)], 20),
        ([opioid(120, 60)], 30),
        ([opioid(200, 30)], 0),
        ([opioid(0, 30)], 0),
        ([opioid(90, 30), opioid(60, 30), opioid(30, 30)], 90),
        ([opioid(40, 30), opioid(30, 30)], 40),
        ([opioid(30, 30), opioid(30, 30)], 30),
        ([opioid(90, 30, held={"numberOfRepeatsAllowed": 1})], 60),
        ([opioid(90, 30, held={"numberOfRepeatsAllowed": 5})], 90),
    ],
    ids=[
        "none = 0",
        "30 days written 30 days ago = 30",
        "30 days written 20 days ago = 20 so far",
        "60 days written 120 days ago = 30 of them in the window",
        "over before the window = 0",
        "written today covers no day before today",
        "three months in a row = 3 × 30 = 90",
        "an overlap of 20 days counts once = 40",
        "two at the same time count once = 30",
        "one refill = 2 × 30 = 60",
        "more refills than the window holds = 90",
    ],
)
def test_days_of_the_window_that_are_covered(prescriptions, days):
    answer = covered(*prescriptions)

    assert answer.value == Interval.exactly(days)
    assert not answer.unknown


@pytest.mark.parametrize(
    ("instructions", "held", "days"),
    [
        (sig(tablets(1), every(12)), THIRTY, 15),
        (sig(mg(20), every(12)), THIRTY, 7.5),
        (sig(tablets(1), every(4), **PRN), THIRTY, 5),
        (sig(tablets(2), every(4), **PRN, **most_a_day(6)), THIRTY, 5),
    ],
    ids=[
        "30 tablets at 2 a day = 15",
        "30 tablets of 10 mg at 40 mg a day = 7.5",
        "30 tablets at up to 6 a day = 5",
        "30 tablets at 6 a day at most = 5",
    ],
)
def test_a_draft_covers_its_quantity_divided_by_its_use(instructions, held, days):
    order = draft(drug(OXYCODONE_10), instructions, dispense=held)

    answer = supply.answer(DRAFTED, record(drafts=(order,)), order, knowledge())

    assert answer.value == Interval.exactly(days)


def test_patches_changed_every_3_days_last_10_times_3():
    order = draft(
        drug(FENTANYL_75),
        sig(amount(1, "patch"), every(72)),
        dispense={"quantity": {"value": 10, "unit": "patch"}},
    )

    answer = supply.answer(DRAFTED, record(drafts=(order,)), order, knowledge())

    assert answer.value == Interval.exactly(30)


def test_the_stated_supply_goes_before_the_quantity_and_refills_extend_it_3_times_7():
    held = days_supply(7) | THIRTY | {"numberOfRepeatsAllowed": 2}
    order = draft(drug(OXYCODONE_10), sig(tablets(1), every(12)), dispense=held)

    answer = supply.answer(DRAFTED, record(drafts=(order,)), order, knowledge())

    assert answer.value == Interval.exactly(21)
    assert [(each.what, each.source, each.link) for each in answer.findings] == [
        ("oxycodone: 21 days", ORDER, order.reference)
    ]


def test_a_draft_with_a_range_of_use_lasts_between_both_30_by_2_and_30_by_1():
    order = draft(drug(OXYCODONE_10), sig(between(1, 2), every(24)), dispense=THIRTY)

    answer = supply.answer(DRAFTED, record(drafts=(order,)), order, knowledge())

    assert answer.value == Interval(15, 30)
    assert compare(answer, ">", 7).truth is YES
    assert compare(answer, ">", 20).truth is CANNOT_TELL


def test_a_draft_bounded_by_a_range_of_days_is_that_range():
    bounds = {"boundsRange": {"low": {"value": 3, "unit": "d"}, "high": {"value": 5, "unit": "d"}}}
    timing = {"repeat": {"frequency": 1, "period": 6, "periodUnit": "h"} | bounds}
    order = draft(drug(OXYCODONE_5), sig(tablets(1), {"timing": timing}))

    answer = supply.answer(DRAFTED, record(drafts=(order,)), order, knowledge())

    assert answer.value == Interval(3, 5)


def test_a_draft_that_does_not_say_how_long_it_lasts_cannot_be_told():
    order = draft(drug(OXYCODONE_10), sig(tablets(1), every(6)))

    answer = supply.answer(DRAFTED, record(drafts=(order,)), order, knowledge())

    assert answer.value == Interval(0, inf)
    assert compare(answer, ">", 7).truth is CANNOT_TELL
    assert [each.why for each in answer.unknown] == ["days of supply not recorded"]


def test_a_draft_of_another_drug_is_a_no():
    order = draft(drug(LORAZEPAM_1), dispense=days_supply(30))

    assert supply.answer(DRAFTED, record(drafts=(order,)), order, knowledge()).truth is NO


def test_about_the_patient_the_longest_draft_counts():
    drafts = tuple(
        draft(drug(OXYCODONE_10), dispense=days_supply(days), position=at) for at, days in enumerate((3, 14))
    )

    answer = supply.answer(DRAFTED, record(drafts=drafts), None, knowledge())

    assert answer.value == Interval.exactly(14)


def test_about_the_patient_drafts_that_could_not_be_read_may_be_longer():
    gaps = (Gap(ORDER, "broken"),)
    three_days = draft(drug(OXYCODONE_10), dispense=days_supply(3))

    known = supply.answer(DRAFTED, record(drafts=(three_days,), order_gaps=gaps), None, knowledge())
    nothing = supply.answer(DRAFTED, record(order_gaps=gaps), None, knowledge())

    assert known.value == Interval(3, inf)
    assert nothing.truth is CANNOT_TELL


@pytest.mark.parametrize(("held", "refills"), [({"numberOfRepeatsAllowed": 2}, 2), (None, 0)])
def test_refills_of_the_order_at_hand(held, refills):
    order = draft(drug(OXYCODONE_10), dispense=held)

    answer = supply.answer(REFILLS, record(drafts=(order,)), order, knowledge())

    assert answer.value == Interval.exactly(refills)


@pytest.mark.parametrize(
    ("held", "most"),
    [
        ({"quantity": {"value": 2, "unit": "tablet"}}, 2),
        ({"quantity": {"value": 2, "unit": "tablet"}, "numberOfRepeatsAllowed": 1}, 4),
        ({"quantity": {"value": 10, "unit": "mL"}}, inf),
        (None, inf),
    ],
    ids=["once", "with a refill", "not in tablets", "not recorded"],
)
def test_how_many_the_order_at_hand_hands_out(held, most):
    asked = written(SupplyFact, {"in": "opioid-analgesic", "element": "quantity"})
    order = draft(drug(OXYCODONE_10), dispense=held)

    answer = supply.answer(asked, record(drafts=(order,)), order, knowledge())

    assert answer.value.high == most
    assert [each.why for each in answer.unknown] == (["quantity not recorded"] if most == inf else [])


def test_a_prescription_without_supply_data_covered_a_day_at_least():
    answer = covered(prescription(drug(OXYCODONE_10), days_ago=20))

    assert answer.value == Interval(1, 20)
    assert compare(answer, ">", 0).truth is YES
    assert compare(answer, ">=", 15).truth is CANNOT_TELL
    assert [each.why for each in answer.unknown] == ["days of supply not recorded"]


def test_a_prescription_without_supply_data_older_than_a_year_and_the_window_covered_nothing():
    assert covered(prescription(drug(OXYCODONE_10), days_ago=460)).value == Interval.exactly(0)


@pytest.mark.parametrize(("status", "days"), [("active", 90), ("completed", 0), ("stopped", 0)])
def test_half_a_year_after_a_prescription_without_supply_data_only_an_active_one_may_still_cover(
    status, days
):
    answer = covered(prescription(drug(OXYCODONE_10), days_ago=180, status=status))

    assert answer.value == Interval(0, days)


@pytest.mark.parametrize("status", ["stopped", "on-hold"])
def test_a_prescription_that_was_cut_short_may_have_covered_its_days(status):
    answer = covered(opioid(30, 30, status=status))

    assert answer.value == Interval(0, 30)
    assert [each.why for each in answer.unknown] == [f"status {status}"]


def test_a_completed_prescription_covered_all_of_its_days():
    assert covered(opioid(30, 30, status="completed")).value == Interval.exactly(30)


def test_a_prescription_without_a_date_may_have_covered_every_day():
    answer = covered(opioid(None, 30))

    assert answer.value == Interval(0, 90)
    assert [each.why for each in answer.unknown] == ["date not recorded"]


def test_a_month_as_date_leaves_the_days_at_its_edges_open():
    may = When(date(2026, 5, 1), date(2026, 5, 31), "2026-05")

    answer = covered(prescription(drug(OXYCODONE_10), authored=may, dispense=days_supply(40)))

    assert answer.value == Interval(1, 31)


def test_unread_medications_leave_the_whole_window_possible():
    answer = covered(opioid(30, 30), gaps=(Gap("MedicationRequest", "page cut"),))

    assert answer.value == Interval(30, 90)
    assert compare(answer, ">=", 20).truth is YES
    assert compare(answer, ">=", 60).truth is CANNOT_TELL


def test_a_page_that_was_cut_before_the_window_does_not_matter():
    gap = Gap("MedicationRequest", "page cut", complete_since=TODAY - timedelta(days=90))

    assert covered(opioid(30, 30), gaps=(gap,)).value == Interval.exactly(30)


def test_nothing_prescribed_is_a_definite_zero():
    answer = covered()

    assert compare(answer, ">", 0).truth is NO
    assert compare(answer, ">=", 60).truth is NO


def test_what_covers_the_window_is_named_and_what_does_not_is_not():
    answer = covered(opioid(30, 30), opioid(300, 30))

    assert [each.date for each in answer.findings] == ["2026-05-02"]
