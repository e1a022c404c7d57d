"""Units: measured values in the unit that a fact asks for."""

from __future__ import annotations

import pytest

from app.answer import Interval
from app.facts.units import convert
from app.record.values import Quantity


@pytest.mark.parametrize(
    ("value", "given", "wanted", "expected"),
    [
        (100.4, "[degF]", "Cel", 38.0),
        (100.4, "°F", "Cel", 38.0),
        (98.6, "deg F", "Cel", 37.0),
        (38.2, "C", "Cel", 38.2),
        (1.5, "mg/dL", "mg/L", 15.0),
        (12, "MG/L", "mg/L", 12.0),
        (30, "mm/hr", "mm/h", 30.0),
        (120, "g/L", "g/dL", 12.0),
        (0.25, "L", "mL", 250.0),
        (220, "[lb_av]", "kg", 99.790321),
        (80000, "g", "kg", 80.0),
        (140, "d", "wk", 20.0),
        (45, "mL/min/1.73m2", "mL/min/{1.73_m2}", 45.0),
        (12, "{score}", "{score}", 12.0),
        (12, None, "{score}", 12.0),
        (7, " kg ", "kg", 7.0),
    ],
)
def test_a_value_in_another_unit(value: float, given: str | None, wanted: str, expected: float) -> None:
    assert convert(Quantity(Interval.exactly(value), given), wanted) == Interval.exactly(expected)


@pytest.mark.parametrize(
    ("given", "wanted"), [(None, "Cel"), (None, "mg/L"), ("mmol/L", "mg/L"), ("thumbs", "kg"), ("", "kg")]
)
def test_without_a_unit_that_can_be_converted_there_is_no_value(given: str | None, wanted: str) -> None:
    assert convert(Quantity(Interval.exactly(38), given), wanted) is None


def test_bounds_are_converted_each() -> None:
    assert convert(Quantity(Interval(-float("inf"), 95), "[degF]"), "Cel") == Interval(-float("inf"), 35.0)
