"""Dosage instructions and dispense requests as EHRs of every FHIR version send them."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answer import Interval
from app.record.dosage import Supply, dosages, supply
from app.record.values import Quantity

SANDBOX = Path(__file__).parents[1] / "requests" / "sandbox"


def one(**instruction):
    (found,) = dosages([instruction])
    return found


def dose(**quantity):
    return one(doseAndRate=[{"doseQuantity": quantity}]).dose


def exactly(number, unit):
    return Quantity(Interval.exactly(pytest.approx(number)), unit)


@pytest.mark.parametrize(
    ("quantity", "number", "unit"),
    [
        ({"value": 10, "unit": "mg", "code": "mg"}, 10, "mg"),
        ({"value": 10, "unit": "MG"}, 10, "mg"),
        ({"value": 500, "unit": "mcg"}, 0.5, "mg"),
        ({"value": 500, "code": "ug"}, 0.5, "mg"),
        ({"value": 500, "unit": "µg"}, 0.5, "mg"),
        ({"value": 1, "unit": "g"}, 1000, "mg"),
        ({"value": 5, "unit": "mL"}, 5, "mL"),
        ({"value": 1, "unit": "teaspoon"}, 5, "mL"),
        ({"value": 15, "unit": "cc"}, 15, "mL"),
        ({"value": 1, "code": "{pill}"}, 1, "1"),
        ({"value": 1, "code": "{tbl}", "unit": "tbl"}, 1, "1"),
        ({"value": 2, "code": "TAB", "unit": "TAB"}, 2, "1"),
        ({"value": 1, "unit": "tablet(s)"}, 1, "1"),
        ({"value": 2, "unit": "Tablets"}, 2, "1"),
        ({"value": 1, "unit": "extended release capsule"}, 1, "1"),
        ({"value": 1, "unit": "Patch"}, 1, "1"),
        ({"value": 3, "unit": "patches"}, 3, "1"),
        ({"value": 2, "unit": "sprays"}, 2, "1"),
        ({"value": 1, "unit": "each"}, 1, "1"),
        ({"value": 2, "code": "1"}, 2, "1"),
        ({"value": 1}, 1, "1"),
        ({"value": "2", "unit": "tablet"}, 2, "1"),
        ({"value": 75, "unit": "mcg/hr"}, 0.075, "mg/h"),
        ({"value": 0.075, "code": "mg/h"}, 0.075, "mg/h"),
        ({"value": 2, "unit": "mL/h"}, 2, "mL/h"),
        ({"value": 0.1, "unit": "mg/kg"}, 0.1, "mg/kg"),
        ({"value": 5000, "unit": "[iU]"}, 5000, "[iU]"),
    ],
    ids=str,
)
def test_a_dose_comes_in_a_few_plain_units(quantity, number, unit):
    assert dose(**quantity) == exactly(number, unit)


@pytest.mark.parametrize(
    "quantity",
    [{}, {"value": 0, "unit": "mg"}, {"value": -1}, {"value": True}, {"value": "one"}, {"unit": "mg"}],
)
def test_a_dose_without_a_number_above_zero_is_not_recorded(quantity):
    found = one(doseAndRate=[{"doseQuantity": quantity}], timing={"repeat": {"timeOfDay": ["08:00"]}})

    assert found.dose is None
    assert found.why == "dose not recorded"


@pytest.mark.parametrize(("comparator", "low", "high"), [("<", 0, 5), (">=", 5, inf), (None, 5, 5)])
def test_a_comparator_makes_bounds(comparator, low, high):
    assert dose(value=5, unit="mg", comparator=comparator).value == Interval(low, high)


@pytest.mark.parametrize(
    ("range_", "low", "high", "unit"),
    [
        ({"low": {"value": 1, "unit": "tablet"}, "high": {"value": 2, "unit": "tablet"}}, 1, 2, "1"),
        ({"low": {"value": 5, "unit": "mg"}, "high": {"value": 10, "unit": "mg"}}, 5, 10, "mg"),
        ({"low": {"value": 5}, "high": {"value": 10, "unit": "mg"}}, 5, 10, "mg"),
        ({"high": {"value": 2, "unit": "tablet"}}, 0, 2, "1"),
        ({"low": {"value": 1, "unit": "tablet"}}, 1, inf, "1"),
        ({"low": {"value": 2, "unit": "tablet"}, "high": {"value": 1, "unit": "tablet"}}, 1, 2, "1"),
    ],
)
def test_a_range_of_doses_is_an_interval(range_, low, high, unit):
    assert one(doseAndRate=[{"doseRange": range_}]).dose == Quantity(Interval(low, high), unit)


def typed(kind, **quantity):
    return {"type": {"coding": [{"code": kind}]}, "doseQuantity": quantity}


def test_one_dose_told_three_times_is_one_dose_the_ordered_one_first():
    repeats = [
        typed("calculated", value=10, unit="mg"),
        typed("admin-amount", value=2, unit="tablet"),
        typed("ordered", value=10, unit="mg"),
    ]

    found = one(doseAndRate=repeats)

    assert found.dose == exactly(10, "mg")
    assert found.others == (exactly(10, "mg"), exactly(2, "1"))


def test_without_an_ordered_dose_the_calculated_one_goes_before_what_is_handed_out():
    repeats = [typed("admin-amount", value=2, unit="tablet"), typed("calculated", value=10, unit="mg")]

    assert one(doseAndRate=repeats).dose == exactly(10, "mg")


def test_the_type_may_stand_in_words():
    repeats = [
        {"type": {"text": "admin-amount"}, "doseQuantity": {"value": 2}},
        {"type": {"text": "Ordered"}, "doseQuantity": {"value": 10, "unit": "mg"}},
    ]

    assert one(doseAndRate=repeats).dose == exactly(10, "mg")


def test_several_doses_without_a_type_are_a_range():
    repeats = [{"doseQuantity": {"value": value, "unit": "mg"}} for value in (10, 5)]

    assert one(doseAndRate=repeats).dose == Quantity(Interval(5, 10), "mg")


@pytest.mark.parametrize(
    "shape",
    [
        {"doseAndRate": {"doseQuantity": {"value": 5, "unit": "mg"}}},
        {"doseQuantity": {"value": 5, "unit": "mg"}},
        {"doseQuantity": [{"value": 5, "unit": "mg"}]},
    ],
    ids=["an object where R4 has an array", "STU3 and DSTU2", "an array where an object belongs"],
)
def test_other_shapes_of_a_dose(shape):
    assert one(**shape).dose == exactly(5, "mg")


def test_a_rate_is_a_dose_by_the_hour_all_day():
    found = one(doseAndRate=[{"rateQuantity": {"value": 2, "unit": "mg/h"}}])

    assert (found.dose, found.per_day) == (exactly(2, "mg/h"), Interval.exactly(24))


def test_a_rate_ratio_is_scaled_to_an_hour_48_mg_in_24_hours():
    ratio = {"numerator": {"value": 48, "unit": "mg"}, "denominator": {"value": 24, "unit": "h"}}

    assert one(doseAndRate=[{"rateRatio": ratio}]).dose == exactly(2, "mg/h")


def test_a_rate_beside_a_dose_is_another_way_to_state_it():
    found = one(
        doseAndRate=[
            {"doseQuantity": {"value": 1, "unit": "patch"}, "rateQuantity": {"value": 75, "unit": "ug/h"}}
        ]
    )

    assert (found.dose, found.others) == (exactly(1, "1"), (exactly(0.075, "mg/h"),))


@pytest.mark.parametrize(
    ("instruction", "why"),
    [
        ({"text": "1 tab po q6h prn pain"}, "only free text"),
        ({}, "dose and frequency not recorded"),
        ({"timing": {"repeat": {"frequency": 3}}}, "dose not recorded and frequency without a period"),
        ({"doseQuantity": {"value": 1}}, "frequency not recorded"),
        (
            {"doseQuantity": {"value": 1}, "timing": {"code": {"text": "as directed"}}},
            "frequency not recorded",
        ),
        ({"doseQuantity": {"value": 1}, "timing": {"event": ["2026-06-01"]}}, "dates instead of a frequency"),
        (
            {
                "doseQuantity": {"value": 1},
                "timing": {"repeat": {"frequency": 1, "period": 0, "periodUnit": "d"}},
            },
            "frequency without a period",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else json.dumps(value),
)
def test_what_cannot_be_computed_says_why(instruction, why):
    assert one(**instruction).why == why


def test_a_complete_instruction_has_no_why():
    assert one(doseQuantity={"value": 1}, timing={"code": {"text": "BID"}}).why == ""


@pytest.mark.parametrize(
    "instruction",
    [
        {"asNeededBoolean": True},
        {"asNeededCodeableConcept": {"text": "pain"}},
        {"asNeeded": True},
        {"asNeededFor": [{"text": "pain"}]},
        {"timing": {"code": {"text": "Q6H PRN"}}},
    ],
    ids=json.dumps,
)
def test_as_needed_is_said_in_many_ways(instruction):
    assert one(**instruction).as_needed


def test_not_as_needed_is_the_default():
    assert not one(asNeededBoolean=False, text="prn").as_needed


@pytest.mark.parametrize(
    ("numerator", "denominator", "number", "unit"),
    [
        ({"value": 8, "unit": "tablet"}, {"value": 1, "unit": "d"}, 8, "1"),
        ({"value": 3, "unit": "g"}, {"value": 24, "unit": "h"}, 3000, "mg"),
        ({"value": 14, "unit": "tablet"}, {"value": 1, "code": "wk"}, 2, "1"),
    ],
    ids=["8 tablets a day", "3 g in 24 hours", "14 tablets a week"],
)
def test_a_ceiling_is_scaled_to_a_day(numerator, denominator, number, unit):
    stated = {"numerator": numerator, "denominator": denominator}

    assert one(maxDosePerPeriod=stated).max_per_day == exactly(number, unit)
    assert one(maxDosePerPeriod=[stated]).max_per_day == exactly(number, unit)


@pytest.mark.parametrize("denominator", [{"value": 24}, {"value": 1}, {"value": 1, "unit": ""}])
def test_a_ceiling_of_a_period_without_its_unit_settles_nothing(denominator):
    stated = {"numerator": {"value": 12, "unit": "tablet"}, "denominator": denominator}

    assert one(maxDosePerPeriod=stated).max_per_day is None


def test_of_several_ceilings_the_lowest_holds():
    day, week = {"value": 1, "unit": "d"}, {"value": 1, "unit": "wk"}
    stated = [
        {"numerator": {"value": 8, "unit": "tablet"}, "denominator": day},
        {"numerator": {"value": 28, "unit": "tablet"}, "denominator": week},
    ]

    assert one(maxDosePerPeriod=stated).max_per_day == exactly(4, "1")


def test_the_sequence_is_kept_and_the_order_of_the_instructions_too():
    found = dosages([{"sequence": 2, "text": "b"}, {"sequence": 1, "text": "a"}, {"text": "c"}])

    assert [each.sequence for each in found] == [2, 1, None]


@pytest.mark.parametrize(
    ("dispense", "expected"),
    [
        (None, Supply()),
        ({}, Supply()),
        ({"expectedSupplyDuration": {"value": 30, "unit": "Day", "code": "d"}}, Supply(30.0)),
        ({"expectedSupplyDuration": {"value": 30}}, Supply(30.0)),
        ({"expectedSupplyDuration": {"value": 1, "code": "mo"}}, Supply(30.4375)),
        ({"expectedSupplyDuration": {"value": 0, "code": "d"}}, Supply()),
        ({"numberOfRepeatsAllowed": 3}, Supply(refills=3)),
        ({"numberOfRepeatsAllowed": 0}, Supply(refills=0)),
        ({"numberOfRepeatsAllowed": -1}, Supply()),
        ({"quantity": {"value": 60, "unit": "tablet"}}, Supply(quantity=Quantity(Interval.exactly(60), "1"))),
        ([{"numberOfRepeatsAllowed": 1}], Supply(refills=1)),
        ("thirty days", Supply()),
    ],
    ids=str,
)
def test_a_dispense_request_says_days_quantity_and_refills(dispense, expected):
    assert supply(dispense) == expected


def test_the_sandbox_draft_is_one_pill_a_day_for_30_days():
    sent = json.loads((SANDBOX / "sandbox-order-sign-MedicationRequest-with-med.json").read_text())
    (order,) = [
        each["resource"]
        for each in sent["body"]["context"]["draftOrders"]["entry"]
        if "dosageInstruction" in each["resource"]
    ]

    (found,) = dosages(order["dosageInstruction"])

    assert (found.dose, found.per_day, found.why) == (exactly(1, "1"), Interval.exactly(1), "")
    assert supply(order["dispenseRequest"]).days == 30


@pytest.mark.parametrize("nothing", [None, [], [None], "1 tab", 7, [[]], {"timing": "daily"}], ids=str)
def test_odd_instructions_are_read_without_an_error(nothing):
    assert all(each.dose is None and each.per_day is None for each in dosages(nothing))


NAMES = st.sampled_from(
    [
        "doseAndRate",
        "doseQuantity",
        "doseRange",
        "rateQuantity",
        "rateRatio",
        "timing",
        "repeat",
        "code",
        "coding",
        "frequency",
        "frequencyMax",
        "period",
        "periodMax",
        "periodUnit",
        "when",
        "timeOfDay",
        "dayOfWeek",
        "count",
        "boundsPeriod",
        "boundsRange",
        "boundsDuration",
        "start",
        "end",
        "low",
        "high",
        "value",
        "unit",
        "comparator",
        "numerator",
        "denominator",
        "maxDosePerPeriod",
        "asNeededBoolean",
        "sequence",
        "type",
        "text",
        "quantity",
        "expectedSupplyDuration",
        "numberOfRepeatsAllowed",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=6),
    st.sampled_from(
        ["mg", "d", "h", "mg/h", "BID", "Q6H", "2026-06-01", "MORN", "mon", "<", "tablet", "1e999", "Q0H"]
    ),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


@given(JSON)
def test_no_json_raises_and_no_amount_is_zero_or_not_a_number(anything):
    for found in dosages(anything):
        for interval in (found.dose and found.dose.value, found.per_day, found.days):
            assert interval is None or (0 <= interval.low <= interval.high and interval.high > 0)
        assert found.why or (found.dose and found.per_day)
    held = supply(anything)
    assert held.days is None or held.days > 0
