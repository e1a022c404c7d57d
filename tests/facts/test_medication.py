"""Whether a medication is current, or was ever prescribed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec import structs

from app.answer import CANNOT_TELL, NO, YES
from app.facts import medication
from app.knowledge.fact import MedicationFact
from app.knowledge.shaped import written
from app.record.values import Concept, Gap, When
from tests.cards.drug_sets import code_of, knowledge
from tests.facts.prescriptions import (
    FENTANYL_75,
    LORAZEPAM_1,
    OXYCODONE_5,
    OXYCODONE_10,
    OXYCODONE_ER_20,
    PREDNISONE_10,
    TODAY,
    amount,
    days_supply,
    draft,
    drug,
    every,
    mg,
    prescription,
    record,
    sig,
    tablets,
)

CURRENT = written(MedicationFact, {"in": "benzodiazepine"})
EVER = written(MedicationFact, {"in": "naloxone", "status": "ever", "within_days": 365})
NARCAN = code_of("naloxone", "naloxone", 40, form="spray")


def lorazepam(**more):
    return prescription(drug(LORAZEPAM_1), more.pop("instructions", None), **more)


def ask(*medications, asked=CURRENT, gaps=()):
    return medication.answer(asked, record(*medications, gaps=gaps), None, knowledge())


@pytest.mark.parametrize(
    ("days_ago", "dispense", "truth"),
    [
        (0, None, YES),
        (90, None, YES),
        (91, None, CANNOT_TELL),
        (365, None, CANNOT_TELL),
        (366, None, NO),
        (44, days_supply(30), YES),
        (45, days_supply(30), NO),
        (74, days_supply(30) | {"numberOfRepeatsAllowed": 1}, YES),
        (75, days_supply(30) | {"numberOfRepeatsAllowed": 1}, NO),
        (374, days_supply(90) | {"numberOfRepeatsAllowed": 3}, YES),
        (375, days_supply(90) | {"numberOfRepeatsAllowed": 3}, NO),
    ],
    ids=[
        "no supply data, today",
        "no supply data, 90 days ago",
        "no supply data, 91 days ago",
        "no supply data, a year ago",
        "no supply data, older than a year",
        "30 days and 14 of grace reach today",
        "30 days and 14 of grace do not reach today",
        "one refill doubles the days",
        "one refill is used up",
        "a year of refills",
        "a year of refills is used up",
    ],
)
def test_a_prescription_is_current_while_its_supply_reaches_today(days_ago, dispense, truth):
    assert ask(lorazepam(days_ago=days_ago, dispense=dispense)).truth is truth


def test_days_of_supply_follow_from_quantity_and_use_30_tablets_at_2_a_day():
    instructions = sig(tablets(1), every(12))
    held = {"quantity": {"value": 30, "unit": "tablet"}}

    assert ask(lorazepam(instructions=instructions, dispense=held, days_ago=29)).truth is YES
    assert ask(lorazepam(instructions=instructions, dispense=held, days_ago=30)).truth is NO


def test_days_of_supply_follow_from_tablets_and_a_dose_in_mg_by_the_strength():
    instructions = sig(mg(2), every(24))
    held = {"quantity": {"value": 20, "unit": "tablet"}}

    assert ask(lorazepam(instructions=instructions, dispense=held, days_ago=24)).truth is YES
    assert ask(lorazepam(instructions=instructions, dispense=held, days_ago=25)).truth is NO


def test_a_course_that_bounds_itself_ends_with_its_bounds_whatever_the_refills():
    timing = {
        "repeat": {
            "frequency": 1,
            "period": 1,
            "periodUnit": "d",
            "boundsDuration": {"value": 7, "unit": "d"},
        }
    }
    bounded = sig(tablets(1), {"timing": timing})

    held = {"numberOfRepeatsAllowed": 3}
    assert ask(lorazepam(instructions=bounded, dispense=held, days_ago=21)).truth is YES
    assert ask(lorazepam(instructions=bounded, dispense=held, days_ago=22)).truth is NO


def test_a_range_of_use_that_does_not_settle_the_end_cannot_be_told():
    dose = {"doseRange": {"low": {"value": 1}, "high": {"value": 2}}}
    held = {"quantity": {"value": 30, "unit": "tablet"}}

    answer = ask(lorazepam(instructions=sig(dose, every(24)), dispense=held, days_ago=35))

    assert answer.truth is CANNOT_TELL
    assert "not exact enough" in answer.unknown[0].why


@pytest.mark.parametrize("status", ["completed", "stopped", "cancelled", "on-hold"])
def test_only_an_active_prescription_is_current(status):
    assert ask(lorazepam(status=status)).truth is NO


@pytest.mark.parametrize("status", [None, "unknown"])
def test_without_a_status_a_recent_prescription_cannot_be_told_and_an_old_one_is_over(status):
    recent = ask(lorazepam(status=status, days_ago=3))

    assert recent.truth is CANNOT_TELL
    assert recent.unknown[0].why == "status not recorded"
    assert ask(lorazepam(status=status, days_ago=400)).truth is NO


def test_of_two_entries_of_one_day_the_one_that_is_over_does_not_hide_the_one_that_may_be_current():
    over, open_ = lorazepam(status="completed", days_ago=3), lorazepam(status="unknown", days_ago=3)

    assert ask(over, open_).truth is CANNOT_TELL
    assert ask(open_, over).truth is CANNOT_TELL


def test_an_active_prescription_without_a_date_cannot_be_told():
    answer = ask(lorazepam(days_ago=None))

    assert answer.truth is CANNOT_TELL
    assert [(each.source, each.why) for each in answer.unknown] == [
        ("MedicationRequest", "date not recorded")
    ]


def test_a_month_as_date_is_any_day_of_it():
    may = When(date(2026, 5, 1), date(2026, 5, 31), "2026-05")
    one_week = lorazepam(authored=may, dispense=days_supply(7))
    three_weeks = lorazepam(authored=may, dispense=days_supply(21))

    assert ask(one_week).truth is CANNOT_TELL
    assert ask(three_weeks).truth is YES


def test_the_latest_entry_of_a_product_counts_and_not_an_older_one_that_was_left_active():
    left_active = lorazepam(days_ago=40)
    stopped = lorazepam(days_ago=10, status="stopped")

    assert ask(left_active, stopped).truth is NO
    assert ask(stopped, left_active).truth is NO


def test_an_undated_entry_does_not_unsettle_a_dated_one_that_is_current():
    answer = ask(lorazepam(days_ago=None), lorazepam(days_ago=5))

    assert answer.truth is YES
    assert len(answer.findings) == 1


def test_an_undated_entry_keeps_open_what_an_ended_one_would_deny():
    assert ask(lorazepam(days_ago=None), lorazepam(days_ago=500)).truth is CANNOT_TELL


def test_where_it_must_not_be_missed_an_active_entry_without_a_date_is_current():
    asked = written(MedicationFact, {"in": "benzodiazepine", "or_undated": True})
    answer = ask(lorazepam(days_ago=None), asked=asked)

    assert [each.date for each in answer.findings] == [None]
    assert ask(lorazepam(days_ago=None)).truth is CANNOT_TELL
    assert ask(lorazepam(days_ago=None, status="stopped"), asked=asked).truth is NO
    assert ask(lorazepam(days_ago=None, status=None), asked=asked).truth is CANNOT_TELL
    assert ask(lorazepam(days_ago=500), asked=asked).truth is NO


def test_another_strength_is_another_product_and_counts_for_itself():
    asked = written(MedicationFact, {"in": "opioid-analgesic"})
    five = prescription(drug(OXYCODONE_5), days_ago=10, status="stopped")
    ten = prescription(drug(OXYCODONE_10), days_ago=20)

    assert [each.date for each in ask(five, ten, asked=asked).findings] == [ten.authored.text]


def test_the_finding_names_the_drug_its_date_its_source_and_its_link():
    (found,) = ask(lorazepam(days_ago=3, link="MedicationRequest/7")).findings

    assert (found.what, found.date, found.source) == ("lorazepam", "2026-05-29", "MedicationRequest")
    assert (found.link, found.worded) == ("MedicationRequest/7", False)


def test_a_drug_known_by_its_words_is_worded():
    answer = ask(prescription(drug(text="LORazepam 1 mg tablet")))

    assert answer.truth is YES
    assert answer.worded


def test_unread_medications_make_absence_unknown():
    answer = ask(gaps=(Gap("MedicationRequest", "refused"),))

    assert answer.truth is CANNOT_TELL
    assert [(each.source, each.why) for each in answer.unknown] == [("MedicationRequest", "refused")]


def test_a_match_is_a_yes_even_when_something_was_not_read():
    answer = ask(lorazepam(), gaps=(Gap("MedicationRequest", "page cut"),))

    assert answer.truth is YES
    assert not answer.unknown


@pytest.mark.parametrize(("days", "truth"), [(379, NO), (378, CANNOT_TELL)])
def test_a_gap_before_what_can_still_be_current_does_not_matter(days, truth):
    gap = Gap("MedicationRequest", "page cut", complete_since=TODAY - timedelta(days=days))

    assert ask(gaps=(gap,)).truth is truth


@pytest.mark.parametrize(("days_ago", "truth"), [(365, YES), (366, NO)])
def test_ever_counts_from_the_day_it_was_written(days_ago, truth):
    rescue = prescription(drug(NARCAN), days_ago=days_ago, dispense=days_supply(1))

    assert ask(rescue, asked=EVER).truth is truth


@pytest.mark.parametrize("status", ["active", "completed", "stopped", None])
def test_ever_prescribed_holds_whatever_became_of_it(status):
    assert ask(prescription(drug(NARCAN), days_ago=100, status=status), asked=EVER).truth is YES


def test_ever_within_a_window_cannot_be_told_without_a_date():
    answer = ask(prescription(drug(NARCAN), days_ago=None), asked=EVER)

    assert answer.truth is CANNOT_TELL
    assert answer.unknown[0].why == "date not recorded"


def test_ever_without_a_window_needs_no_date():
    asked = structs.replace(EVER, within_days=None)

    assert ask(prescription(drug(NARCAN), days_ago=None), asked=asked).truth is YES
    cut = Gap("MedicationRequest", "page cut", complete_since=TODAY - timedelta(days=3000))
    assert ask(asked=asked, gaps=(cut,)).truth is CANNOT_TELL


def test_a_reason_that_is_asked_for_must_be_there():
    asked = written(MedicationFact, {"in": "methadone", "reason_in": "opioid-use-disorder"})
    disorder = Concept(coded=frozenset({"opioid-use-disorder"}), display="opioid use disorder")
    in_words = Concept(worded=frozenset({"opioid-use-disorder"}), display="OUD")
    tablet = drug(code_of("methadone", "methadone", 10, form="tablet"))

    assert ask(prescription(tablet), asked=asked).truth is NO
    assert ask(prescription(tablet, reasons=(disorder,)), asked=asked).worded is False
    assert ask(prescription(tablet, reasons=(in_words,)), asked=asked).worded is True


def test_a_product_says_more_than_the_ingredient_sent_beside_it():
    """An antidote that is part of a combination is no antidote: its bare ingredient is among the codes."""
    suboxone = code_of("opioid-use-disorder-treatment", "buprenorphine", 8, form="film", with_="naloxone")
    both = drug(suboxone, "7242")

    assert "naloxone" not in both.sets
    assert ask(prescription(both, days_ago=10), asked=EVER).truth is NO


def test_an_ingredient_beside_an_unlisted_product_still_counts():
    assert ask(prescription(drug("99999999", "6470"))).truth is YES


def test_a_product_in_an_included_set_belongs_to_the_set_above_it():
    asked = written(MedicationFact, {"in": "opioid-analgesic"})
    patch = prescription(drug(FENTANYL_75), sig(amount(1, "patch"), every(72)))

    assert ask(patch, asked=asked).truth is YES
    assert ask(prescription(drug(OXYCODONE_ER_20)), asked=asked).truth is YES


def test_one_of_several_sets_is_enough():
    asked = written(MedicationFact, {"in": ["immunosuppressant", "systemic-corticosteroid"]})

    assert ask(prescription(drug(PREDNISONE_10)), asked=asked).truth is YES
    assert ask(lorazepam(), asked=asked).truth is NO


ANOTHER = written(MedicationFact, {"in": "opioid-analgesic", "another": True})


@pytest.mark.parametrize(
    ("taken", "truth"),
    [
        ((OXYCODONE_10,), NO),
        ((OXYCODONE_ER_20,), NO),
        ((FENTANYL_75,), YES),
        ((OXYCODONE_5, FENTANYL_75), YES),
    ],
    ids=["another strength", "another release", "another ingredient", "both"],
)
def test_another_than_the_order_at_hand_is_of_another_ingredient(taken, truth):
    ordered = draft(drug(OXYCODONE_5))
    found = medication.answer(
        ANOTHER, record(*(prescription(drug(code)) for code in taken)), ordered, knowledge()
    )

    assert found.truth is truth


def test_another_than_an_order_that_is_none_of_these_is_any_of_them():
    found = medication.answer(
        ANOTHER, record(prescription(drug(OXYCODONE_5))), draft(drug(LORAZEPAM_1)), knowledge()
    )

    assert found.truth is YES
