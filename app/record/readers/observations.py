"""Observations: measured and answered values; each component counts as one of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.answer import Interval
from app.record.readers import resources
from app.record.readers.elements import (
    Moment,
    concept_of,
    link_of,
    match,
    number,
    quantity,
    spelled,
    states,
    timed,
    word,
)
from app.record.readers.scope import Json, Kind, Loss, Lost, Scope
from app.record.values import Concept, Observation, Quantity

_OBSERVED = ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
_SPOKEN = {"HIGH": "H", "LOW": "L", "ABNORMAL": "A", "NORMAL": "N", "POSITIVE": "POS", "NEGATIVE": "NEG"}


def _parts(resource: Json) -> Iterator[Json]:
    yield resource
    yield from resource.get("component", ())


def _watched(resource: Json, scope: Scope) -> Concept | None:
    """The first watched concept of the observation and its components, else any that can be read."""
    readable = None
    for part in _parts(resource):
        found = concept_of(part.get("code"), scope)
        if found is not None and found.sets:
            return found
        readable = readable or found
    return readable


def _read(resource: Json, concept: Concept, scope: Scope) -> Iterable[Observation]:
    observed, link = timed(resource, _OBSERVED, scope), link_of(resource)
    for part in _parts(resource):
        own = concept_of(part.get("code"), scope)
        if own is None or not own.sets or part.get("dataAbsentReason"):
            continue
        if part.get("modifierExtension"):
            raise Lost(Loss.UNREADABLE)
        yield _observation(part, own, observed, link, scope)


def _observation(
    part: Json, concept: Concept, observed: Moment, link: str | None, scope: Scope
) -> Observation:
    (when, at), (low, high) = observed, normal_range(part.get("referenceRange", ()))
    return Observation(
        concept,
        value=_value(part),
        answer=_answer(part, scope),
        when=when,
        interpretation=interpretation(part.get("interpretation", ())),
        reference_low=low,
        reference_high=high,
        link=link,
        at=at,
    )


def _value(part: Json) -> Quantity | None:
    """A measured value; a string counts when it is a plain number."""
    measured = quantity(part.get("valueQuantity"))
    if measured is not None:
        return measured
    count = number(part.get("valueInteger"))
    if count is not None:
        return Quantity(Interval.exactly(count))
    if "valueRange" in part:
        return _between(part["valueRange"])
    text = part.get("valueString")
    counted = spelled(text) if isinstance(text, str) else None
    return Quantity(counted) if counted else None


def _between(value: Json) -> Quantity | None:
    low, high = quantity(value.get("low")), quantity(value.get("high"))
    known = low or high
    if known is None or (low and high and low.unit != high.unit):
        return None
    bounds = Interval(low.value.low if low else Interval().low, high.value.high if high else Interval().high)
    return Quantity(bounds, known.unit) if bounds.low <= bounds.high else None


def _answer(part: Json, scope: Scope) -> Concept | None:
    """A coded or worded answer; a truth value answers in a word."""
    if "valueBoolean" in part:
        return match(scope, (), {True: "Yes", False: "No"}.get(part["valueBoolean"], ""))
    answered = concept_of(part.get("valueCodeableConcept"), scope)
    return answered or match(scope, (), word(part.get("valueString")))


def interpretation(concepts: Iterable[Json]) -> frozenset[str]:
    """Interpretation codes in capitals, also where they were written out."""
    return frozenset(_SPOKEN.get(code.upper(), code.upper()) for code in states(*concepts))


def normal_range(ranges: Iterable[Json]) -> tuple[Quantity | None, Quantity | None]:
    """The bounds of the normal range; ranges of another type (therapeutic, critical) are left out."""
    for each in ranges:
        if states(each.get("type")) <= {"normal", "normal range"}:
            low, high = quantity(each.get("low")), quantity(each.get("high"))
            if low or high:
                return low, high
    return None, None


OBSERVATION = Kind(
    source="Observation",
    types=frozenset({"Observation"}),
    shape=resources.OBSERVATION,
    concept=_watched,
    read=_read,
    void=frozenset({"entered-in-error", "cancelled"}),
    further=("component",),
    dates=_OBSERVED,
    validated=False,
)
