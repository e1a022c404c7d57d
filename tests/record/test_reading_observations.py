"""Observations: values in every form that servers give them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf
from typing import Any

import pytest

from app.answer import NO, YES, Interval
from app.record.values import Quantity
from tests.record.samples import (
    LOINC,
    SNOMED,
    collection,
    concept,
    observation,
    one,
    scope,
    why,
    without,
)


def test_a_measurement_is_read_with_unit_and_date() -> None:
    found = one("Observation", observation())

    assert found.concept.coded == {"temperature"}
    assert found.value == Quantity(Interval.exactly(38.4), "Cel")
    assert (found.when.text, found.link) == ("2026-11-19", "Observation/x1")


def test_a_value_under_the_limit_of_detection_is_an_interval() -> None:
    found = one("Observation", observation(valueQuantity={"value": 10, "comparator": "<", "unit": "mg/L"}))

    assert found.value.value.low == -inf
    assert found.value.value.compare(">=", 10) is NO
    assert found.value.unit == "mg/L"


def test_a_value_over_the_scale_is_an_interval() -> None:
    found = one("Observation", observation(valueQuantity={"value": 100, "comparator": ">="}))

    assert found.value.value.compare(">=", 100) is YES
    assert found.value.unit is None


@pytest.mark.parametrize(
    ("element", "value", "expected"),
    [
        ("valueInteger", 7, Interval.exactly(7)),
        ("valueString", "38.4", Interval.exactly(38.4)),
        ("valueString", ">= 38", Interval(38, inf)),
        (
            "valueRange",
            {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}},
            Interval(1, 2),
        ),
        ("valueRange", {"low": {"value": 1}}, Interval(1, inf)),
        ("valueQuantity", {"value": "38.4"}, Interval.exactly(38.4)),
    ],
)
def test_numbers_come_in_several_elements(element: str, value: Any, expected: Interval) -> None:
    other = without(observation(), "valueQuantity") | {element: value}

    assert one("Observation", other).value.value == expected


@pytest.mark.parametrize("value", ["38 or 39", "5 mg", "1/2", "", "٣"])
def test_a_string_that_is_not_a_plain_number_is_no_number(value: str) -> None:
    worded = without(observation(valueString=value), "valueQuantity")

    assert one("Observation", worded).value is None


@pytest.mark.parametrize(
    "value", [{"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "g"}}, {"low": {"unit": "mg"}}]
)
def test_a_range_without_sense_is_no_number(value: Any) -> None:
    assert one("Observation", without(observation(valueRange=value), "valueQuantity")).value is None


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("valueCodeableConcept", concept(SNOMED, "10828004")),
        ("valueCodeableConcept", {"text": "Positive"}),
        ("valueString", "Positive"),
        ("valueBoolean", True),
    ],
)
def test_an_answer_may_be_coded_worded_or_true(element: str, value: Any) -> None:
    answered = without(observation(code=concept(LOINC, "2106-3")), "valueQuantity") | {element: value}

    assert one("Observation", answered).answer.sets == {"positive"}


def test_an_answer_of_no_is_an_answer() -> None:
    answered = without(observation(valueBoolean=False), "valueQuantity")

    assert one("Observation", answered).answer.sets == frozenset()


def test_each_component_is_an_observation_of_its_own() -> None:
    panel = without(
        observation(
            code=concept(LOINC, "85354-9"),
            component=[
                {"code": concept(LOINC, "8480-6"), "valueQuantity": {"value": 150, "code": "mm[Hg]"}},
                {"code": concept(LOINC, "8462-4"), "valueQuantity": {"value": 90, "code": "mm[Hg]"}},
                {"code": concept(LOINC, "8310-5"), "valueQuantity": {"value": 37, "code": "Cel"}},
            ],
        ),
        "valueQuantity",
    )
    read = collection("Observation", panel)

    assert [each.value.value.low for each in read.items] == [150, 37]
    assert {each.when.text for each in read.items} == {"2026-11-19"}
    assert len(read.within(["systolic"])) == 1


def test_a_component_whose_meaning_an_extension_changes_is_unreadable() -> None:
    panel = observation(
        component=[{"code": concept(LOINC, "8480-6"), "modifierExtension": [{"url": "http://x"}]}]
    )

    assert why("Observation", panel) == ["1 Observation could not be read"]


def test_absent_data_is_not_recorded() -> None:
    absent = without(observation(dataAbsentReason=concept("http://x", "unknown")), "valueQuantity")

    assert why("Observation", absent) == []


@pytest.mark.parametrize(
    ("interpretation", "expected"),
    [
        ([concept("http://x", "HH")], {"HH"}),
        (concept("http://x", "h"), {"H"}),
        ([{"text": "High"}], {"H"}),
        ([concept("http://x", "A", "High")], {"A"}),
        ([], set()),
    ],
)
def test_an_interpretation_is_a_code(interpretation: Any, expected: set[str]) -> None:
    assert one("Observation", observation(interpretation=interpretation)).interpretation == expected


def test_the_normal_range_is_read_and_other_ranges_are_not() -> None:
    ranges = [
        {"type": concept("http://x", "therapeutic"), "high": {"value": 99}},
        {"text": "see leaflet"},
        {"low": {"unit": "Cel"}},
        {"type": concept("http://x", "normal"), "low": {"value": 36}, "high": {"value": 37.5, "code": "Cel"}},
    ]
    found = one("Observation", observation(referenceRange=ranges))

    assert found.reference_low == Quantity(Interval.exactly(36))
    assert found.reference_high == Quantity(Interval.exactly(37.5), "Cel")


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("effectivePeriod", {"start": "2026-10-01", "end": "2026-10-03"}),
        ("effectiveInstant", "2026-10-03T10:00:00Z"),
        ("issued", "2026-10-03T10:00:00Z"),
    ],
)
def test_the_time_of_a_measurement_comes_in_several_elements(element: str, value: Any) -> None:
    timed = without(observation(), "effectiveDateTime") | {element: value}

    assert one("Observation", timed).when.text == "2026-10-03"


@pytest.mark.parametrize(
    ("element", "value", "hour"),
    [
        ("effectiveDateTime", "2026-10-03", None),
        ("effectiveDateTime", "2026-10-03T12:00", 12),
        ("effectivePeriod", {"start": "2026-10-01T08:00:00Z", "end": "2026-10-03T12:00:00+02:00"}, 10),
        ("issued", "2026-10-03T10:00:00Z", 10),
    ],
)
def test_the_moment_of_a_measurement_is_kept_where_it_has_one(
    element: str, value: Any, hour: int | None
) -> None:
    timed = without(observation(), "effectiveDateTime") | {element: value}
    expected = None if hour is None else datetime(2026, 10, 3, hour, tzinfo=UTC)

    assert one("Observation", timed).at == expected


@pytest.mark.parametrize("status", ["preliminary", "registered", "amended"])
def test_preliminary_results_count(status: str) -> None:
    assert one("Observation", observation(status=status))


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_cancelled_results_do_not_count(status: str) -> None:
    assert why("Observation", observation(status=status)) == []


def test_a_unit_of_another_system_is_read_as_it_is_written() -> None:
    local = {"value": 101, "system": "urn:local", "code": "F4", "unit": "degF"}

    assert one("Observation", observation(valueQuantity=local)).value.unit == "degF"


def test_a_quantity_without_a_number_is_no_value() -> None:
    assert one("Observation", observation(valueQuantity={"unit": "Cel"})).value is None
    assert one("Observation", observation(valueQuantity={"value": True})).value is None


def test_panels_of_other_codes_are_irrelevant() -> None:
    within = scope()
    other = observation(
        code=concept(LOINC, "1-8"), component=[{"code": concept(LOINC, "2-6")}, {"code": None}]
    )

    assert why("Observation", other, within=within) == []
    assert within.tally.irrelevant == 1


def test_an_observation_without_a_code_is_a_gap() -> None:
    assert why("Observation", without(observation(), "code")) == ["1 Observation could not be read"]
