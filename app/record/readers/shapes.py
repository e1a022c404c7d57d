"""Putting JSON into shape, so that what vendors write differently is read in one way.

A shape keeps only the elements that it names, drops what is empty, wraps a lone value where an
array belongs and unwraps an array where one value belongs. A mapping stands for an object, a
one-tuple for an array, a function for a single value; None comes out where nothing is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Value = Any
"""Any JSON value: only looking at it tells what it is."""
Shape = dict[str, Any] | tuple[Any] | Callable[[Any], Any]

_TIMED = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def shaped(value: object, shape: Shape) -> Value:
    """The value in shape, or None when nothing of it is left."""
    if isinstance(shape, dict):
        return _object(value, shape)
    if isinstance(shape, tuple):
        return _array(value, shape[0])
    return shape(value)


def _object(value: object, shape: dict[str, Any]) -> dict[str, Any] | None:
    if isinstance(value, list):
        value = _merged(value) if "coding" in shape else _first(value)
    if not isinstance(value, dict):
        return None
    found = {}
    for name, each in value.items():
        inner = shape.get(name)
        if inner is not None and (part := shaped(each, inner)) is not None:
            found[name] = part
    return found or None


def _array(value: object, shape: Shape) -> list[Any] | None:
    found = []
    for each in value if isinstance(value, list) else (value,):
        part = shaped(each, shape)
        if part is not None:
            found.append(part)
    return found or None


def _first(values: list[Any]) -> Value:
    return next((each for each in values if isinstance(each, dict) and each), None)


def _merged(values: list[Any]) -> Value:
    """Several concepts where one belongs: their codings together, the first text."""
    concepts = [each for each in values if isinstance(each, dict) and each]
    if len(concepts) < 2:
        return concepts[0] if concepts else None
    codings = [coding for each in concepts for coding in _listed(each.get("coding"))]
    return {"coding": codings, "text": next((each["text"] for each in concepts if each.get("text")), None)}


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(value: object) -> Value:
    """A string without blanks around it, a number or a truth value."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list) and len(value) == 1:
        return plain(value[0])
    return value if isinstance(value, int | float) else None


def moment(value: object) -> Value:
    """A date as a string; a time of day without seconds or zone gets them, because models ask for them."""
    value = plain(value)
    if not isinstance(value, str) or len(value) <= 10 or value[-1] == "Z":
        return value
    match = _TIMED.fullmatch(value)
    if match is None:
        return value
    day, minute, second, fraction, zone = match.groups()
    return f"{day}T{minute}{second or ':00'}{fraction or ''}{zone or 'Z'}"


def kept(value: object) -> Value:
    """Whatever is there, as it is."""
    return value or None


CODING: dict[str, Any] = {"system": plain, "code": plain, "display": plain}
CONCEPT: dict[str, Any] = {"coding": (CODING,), "text": plain}
QUANTITY: dict[str, Any] = {
    "value": plain,
    "comparator": plain,
    "unit": plain,
    "system": plain,
    "code": plain,
}
PERIOD: dict[str, Any] = {"start": moment, "end": moment}
RANGE: dict[str, Any] = {"low": QUANTITY, "high": QUANTITY}
RATIO: dict[str, Any] = {"numerator": QUANTITY, "denominator": QUANTITY}


def told(value: object) -> Value:
    """A concept; a bare string is its text."""
    return shaped({"text": value} if isinstance(value, str) else value, CONCEPT)


def state(value: object) -> Value:
    """A concept that says a state; earlier releases had a bare code."""
    return shaped({"coding": [{"code": value}]} if isinstance(value, str) else value, CONCEPT)


def kind_of_visit(value: object) -> Value:
    """The class of an encounter: a Coding, a bare code, or concepts as in R5."""
    if isinstance(value, list):
        value = _first(value)
    if isinstance(value, str):
        return shaped({"code": value}, CODING)
    if isinstance(value, dict) and "coding" in value:
        return shaped(_first(_listed(value["coding"])), CODING)
    return shaped(value, CODING)


def reference(value: object) -> Value:
    """A reference; a bare string is where it points."""
    return shaped({"reference": value} if isinstance(value, str) else value, REFERENCE)


REFERENCE: dict[str, Any] = {"reference": plain, "display": plain}
NOTE: dict[str, Any] = {"text": plain}


def note(value: object) -> Value:
    """An annotation; a bare string is its text."""
    return shaped({"text": value} if isinstance(value, str) else value, NOTE)
