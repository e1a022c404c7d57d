"""Conversion between the UCUM units that measured values come in."""

from __future__ import annotations

from app.answer import Interval
from app.record.values import Quantity

_SAME = {
    "°c": "Cel", "c": "Cel", "deg c": "Cel", "degc": "Cel", "celsius": "Cel", "cel": "Cel",
    "°f": "[degF]", "f": "[degF]", "deg f": "[degF]", "degf": "[degF]", "fahrenheit": "[degF]",
    "[degf]": "[degF]", "mm/hr": "mm/h", "mm/1h": "mm/h", "mm/h": "mm/h", "ml": "mL", "cc": "mL", "l": "L",
    "mg/l": "mg/L", "mg/dl": "mg/dL", "ug/ml": "ug/mL", "mcg/ml": "ug/mL", "g/dl": "g/dL", "g/l": "g/L",
    "kg": "kg", "kgs": "kg", "lb": "[lb_av]", "lbs": "[lb_av]", "[lb_av]": "[lb_av]", "g": "g",
    "wk": "wk", "weeks": "wk", "week": "wk", "d": "d", "days": "d", "day": "d",
    "ml/min": "mL/min/{1.73_m2}", "ml/min/{1.73_m2}": "mL/min/{1.73_m2}", "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "ml/min/{1.73m2}": "mL/min/{1.73_m2}", "ml/min/1.73 m2": "mL/min/{1.73_m2}", "{score}": "{score}",
    "score": "{score}", "{points}": "{score}", "1": "{score}",
}  # fmt: skip
_LINEAR = {
    ("[degF]", "Cel"): (5 / 9, -160 / 9),
    ("mg/dL", "mg/L"): (10.0, 0.0),
    ("ug/mL", "mg/L"): (1.0, 0.0),
    ("g/L", "g/dL"): (0.1, 0.0),
    ("L", "mL"): (1000.0, 0.0),
    ("[lb_av]", "kg"): (0.45359237, 0.0),
    ("g", "kg"): (0.001, 0.0),
    ("d", "wk"): (1 / 7, 0.0),
}
_PLAIN = frozenset({"{score}"})
"""Units of counts: a value without any unit is one of these."""


def convert(quantity: Quantity, unit: str) -> Interval | None:
    """The value in `unit`, or None when its own unit is missing or cannot be converted."""
    if quantity.unit is None:
        return quantity.value if unit in _PLAIN else None
    given = _SAME.get(quantity.unit.strip().lower(), quantity.unit)
    if given == unit:
        return quantity.value
    if (given, unit) not in _LINEAR:
        return None
    factor, offset = _LINEAR[given, unit]
    return Interval(
        round(quantity.value.low * factor + offset, 6), round(quantity.value.high * factor + offset, 6)
    )
