"""Amounts of a medicine as JSON sends them: quantities, ranges and ratios in a few plain units.

Masses become mg, volumes mL, anything that is counted (tablets, patches, puffs) `1`, and what runs by
the hour mg/h or mL/h; any other unit stays as it was sent. Nothing here raises, whatever the JSON.
"""

from __future__ import annotations

import re
from math import inf, isfinite
from typing import Any

from app.answer import Interval
from app.record.values import Quantity

COUNT = "1"
_LEAST, _MOST = 1e-6, 1e7
_MASS = {
    "mg": 1.0, "mgs": 1.0, "milligram": 1.0, "milligrams": 1.0, "ug": 0.001, "mcg": 0.001, "mcgs": 0.001,
    "µg": 0.001, "μg": 0.001, "microgram": 0.001, "micrograms": 0.001, "g": 1000.0, "gm": 1000.0,
    "gram": 1000.0, "grams": 1000.0, "ng": 0.000001,
}  # fmt: skip
_VOLUME = {
    "ml": 1.0, "cc": 1.0, "milliliter": 1.0, "milliliters": 1.0, "millilitre": 1.0, "l": 1000.0, "dl": 100.0,
    "tsp": 5.0, "[tsp_us]": 5.0, "teaspoon": 5.0, "tbs": 15.0, "tbsp": 15.0, "[tbs_us]": 15.0,
    "tablespoon": 15.0,
}  # fmt: skip
_COUNTED = re.compile(
    r"1|ea|each|unit dose|dose|tab|tablet|tabs|tbl|pill|cap|caps|capsule|caplet|gelcap|softgel|patch|film|"
    r"strip|lozenge|troche|suppository|suppositori|supp|spray|puff|actuation|act|inhalation|drop|gtt|packet|sachet|"
    r"application|implant|\[drp\]|[a-z]*(tab|cap|patch)",
)
_PER_TIME = {"h": 1.0, "hr": 1.0, "hour": 1.0, "1h": 1.0, "min": 60.0, "minute": 60.0, "d": 1 / 24}
_PER_TIME |= {"day": 1 / 24, "24h": 1 / 24, "s": 3600.0}


def first(value: Any) -> Any:
    """The value, or the first of a list where one value belongs."""
    return value[0] if isinstance(value, list) and value else value


def listed(value: Any) -> list[Any]:
    """The value as a list: itself, or alone, or nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def number(value: Any) -> float | None:
    """A finite number, also one that was sent as text; None for anything else, booleans included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def positive(value: Any) -> float | None:
    """A number above zero, and no absurd one: a recorded zero says that nobody filled it in."""
    found = number(value)
    return found if found is not None and _LEAST <= found <= _MOST else None


def quantity(value: Any) -> Quantity | None:
    """A Quantity with its comparator as bounds; None when it has no value above zero."""
    value = first(value)
    amount = positive(value.get("value")) if isinstance(value, dict) else None
    if amount is None:
        return None
    factor, unit = _unit(value)
    amount = round(amount * factor, 9)
    return Quantity(_bounds(amount, value.get("comparator")), unit) if amount else None


def spread(value: Any) -> Quantity | None:
    """A Range as one interval; an end that is missing leaves it open."""
    value = first(value)
    if not isinstance(value, dict):
        return None
    low, high = quantity(value.get("low")), quantity(value.get("high"))
    if low is None or high is None:
        known = low or high
        if known is None:
            return None
        bounds = Interval(0, known.value.high) if known is high else Interval(known.value.low, inf)
        return Quantity(bounds, known.unit)
    unit = high.unit if low.unit == COUNT else low.unit
    if low.unit != high.unit and COUNT not in (low.unit, high.unit):
        return None
    return Quantity(hull((low.value, high.value)), unit)


def per_hour(value: Any) -> Quantity | None:
    """A Ratio of an amount and a time, as an amount an hour."""
    value = first(value)
    if not isinstance(value, dict):
        return None
    over, days = quantity(value.get("numerator")), span_days(value.get("denominator"))
    if over is None or over.unit not in ("mg", "mL") or days is None:
        return None
    rate = scaled(over.value, 1 / (days.high * 24))
    return Quantity(rate, f"{over.unit}/h") if rate.high else None


def span_days(value: Any, *, default: str | None = None) -> Interval | None:
    """A Duration or a Range of durations in days; `default` is the unit that a bare number is in."""
    value = first(value)
    if not isinstance(value, dict):
        return None
    if "low" in value or "high" in value:
        ends = [each for each in (span_days(value.get(end)) for end in ("low", "high")) if each]
        return hull(ends) if ends else None
    length, days = positive(value.get("value")), unit_days(value.get("code")) or unit_days(value.get("unit"))
    days = days or (unit_days(default) if not value.get("code") and not value.get("unit") else None)
    return Interval.exactly(length * days) if length is not None and days is not None else None


def unit_days(unit: Any) -> float | None:
    """How many days a unit of time has: UCUM, or the words that stand in for it."""
    text = unit.strip().lower() if isinstance(unit, str) else ""
    return _DAYS.get(text) or _DAYS.get(text.removesuffix("s"))


_DAYS = {
    "s": 1 / 86400, "sec": 1 / 86400, "second": 1 / 86400, "min": 1 / 1440, "minute": 1 / 1440, "h": 1 / 24,
    "hr": 1 / 24, "hour": 1 / 24, "d": 1.0, "day": 1.0, "wk": 7.0, "week": 7.0, "mo": 30.4375,
    "month": 30.4375, "a": 365.25, "y": 365.25, "yr": 365.25, "year": 365.25,
}  # fmt: skip


def hull(values: tuple[Interval, ...] | list[Interval]) -> Interval:
    """The smallest interval around all of them."""
    return Interval(min(each.low for each in values), max(each.high for each in values))


def scaled(value: Interval, factor: float) -> Interval:
    """The interval times a number that is not negative; rounded, so that thirds add up again."""
    return Interval(round(value.low * factor, 9), round(value.high * factor, 9))


def _bounds(amount: float, comparator: Any) -> Interval:
    if comparator in ("<", "<="):
        return Interval(0, amount)
    if comparator in (">", ">="):
        return Interval(amount, inf)
    return Interval.exactly(amount)


def _unit(value: dict[str, Any]) -> tuple[float, str]:
    """What one of the unit is in mg, mL or counted things: by its code, else by its words."""
    sent = [each.strip() for each in (value.get("code"), value.get("unit")) if isinstance(each, str)]
    named = [each for each in sent if each]
    for text in named:
        known = _known(text.lower())
        if known is not None:
            return known
    return (1.0, named[-1]) if named else (1.0, COUNT)


def _known(text: str) -> tuple[float, str] | None:
    for table, unit in ((_MASS, "mg"), (_VOLUME, "mL")):
        if text in table:
            return table[text], unit
    amount, _, time = text.partition("/")
    if time in _PER_TIME and (inner := _known(amount)) and inner[1] != COUNT:
        return inner[0] * _PER_TIME[time], f"{inner[1]}/h"
    plain = re.sub(r"[{}]|\([a-z]*\)", "", text).strip()
    counted = text.startswith("{") or _COUNTED.fullmatch(plain) or _COUNTED.fullmatch(plain.removesuffix("s"))
    words = plain.replace("-", " ").split()
    last = words[-1].removesuffix("s").removesuffix("e") if words else ""
    if counted or any(_COUNTED.fullmatch(each) for each in (last, f"{last}e")):
        return 1.0, COUNT
    return None
