"""Records made by hand: what was read, as values, without any FHIR."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

from msgspec import Struct, structs

from app.answer import Interval
from app.record.dates import past, when
from app.record.record import Collection, Record
from app.record.values import (
    Concept,
    Condition,
    Encounter,
    Event,
    Gap,
    Medication,
    Observation,
    Order,
    Patient,
    Quantity,
    When,
)

T = TypeVar("T")
TODAY = date(2026, 6, 1)
ADULT = Patient(birth=when("1980-01-15"), sex="female")
REFUSED = "refused (403)"


def but(value: T, **changes: Any) -> T:
    """The same value but for these parts."""
    if isinstance(value, Struct):
        return structs.replace(value, **changes)
    return replace(value, **changes)


def ago(days: int) -> When:
    """The day that many days ago."""
    day = TODAY - timedelta(days=days)
    return When(day, day, day.isoformat())


def on(text: str) -> When:
    """A date as FHIR writes it, partial or not, as far as it has come."""
    found = past(text, TODAY, date.min)
    assert found is not None, f"{text} is no date"
    return found


def coded(*sets: str, display: str = "", **more: Any) -> Concept:
    """A concept that a code puts into these value sets."""
    return Concept(coded=frozenset(sets), display=display or sets[0].replace("-", " "), **more)


def worded(*sets: str, display: str = "", **more: Any) -> Concept:
    """A concept that only its words put into these value sets."""
    return Concept(worded=frozenset(sets), display=display or sets[0].replace("-", " "), **more)


def problem(concept: Concept | str, **more: Any) -> Condition:
    """An active problem."""
    return Condition(_concept(concept), **{"clinical_status": "active", "category": "problem", **more})


def measured(concept: Concept | str, value: float | Interval, unit: str | None, **more: Any) -> Observation:
    """A measured value of today, or of `when`."""
    bounds = value if isinstance(value, Interval) else Interval.exactly(value)
    return Observation(_concept(concept), Quantity(bounds, unit), **{"when": ago(0), **more})


def taken(concept: Concept | str, **more: Any) -> Medication:
    """A medication that was written a week ago."""
    return Medication(_concept(concept), **{"status": "active", "authored": ago(7), **more})


def done(concept: Concept | str, source: str, **more: Any) -> Event:
    """Something that was done, today or at `when`."""
    return Event(_concept(concept), source, **{"when": ago(0), "done": True, **more})


def visit(**more: Any) -> Encounter:
    """The encounter in progress, begun today."""
    given = {"id": "now", "class_code": "AMB", "status": "in-progress", "start": ago(0), **more}
    return Encounter(**given, link=f"Encounter/{given['id']}")


def order(
    concept: Concept | str, *reasons: Concept, name: str = "a", position: int = 0, **more: Any
) -> Order:
    """A draft order with the resource that it came from."""
    kind = more.pop("kind", "ServiceRequest")
    raw = {"resourceType": kind, "id": name, "status": "draft", "intent": "order"}
    raw |= {"subject": {"reference": "Patient/1"}}
    given = {"reasons": reasons, "raw": raw, **more}
    return Order(kind, f"{kind}/{name}", position, _concept(concept), **given)


def record(
    *values: Any,
    orders: Iterable[Order] = (),
    judged: Iterable[Order] | None = None,
    gaps: Iterable[Gap] = (),
    hook: str = "order-sign",
    patient: Patient = ADULT,
    encounter_id: str | None = None,
    sent: Iterable[str] = (),
) -> Record:
    """A record of these values: each source was read, but for its gaps; `sent` are names of what was sent."""
    drafts, missing = tuple(orders), tuple(gaps)

    def read(source: str) -> Collection:
        found = [each for each in values if _source(each) == source]
        return Collection(tuple(found), _by_set(found), tuple(gap for gap in missing if gap.source == source))

    return Record(
        hook=hook,
        today=TODAY,
        patient=patient,
        read=read,
        orders=drafts,
        judged=drafts if judged is None else tuple(judged),
        order_gaps=tuple(gap for gap in missing if gap.source == "Order"),
        encounter_id=encounter_id,
        sent=frozenset(sent).__contains__,
    )


def unread(source: str, why: str = REFUSED, since: When | None = None) -> Gap:
    """A source that was not read, or only from a day on."""
    return Gap(source, why, since.earliest if since else None)


def _concept(concept: Concept | str) -> Concept:
    return coded(concept) if isinstance(concept, str) else concept


def _source(value: Any) -> str:
    if isinstance(value, Event):
        return value.source
    names = {"Medication": "MedicationRequest", "Allergy": "AllergyIntolerance"}
    return names.get(type(value).__name__, type(value).__name__)


def _by_set(values: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    sets: dict[str, tuple[Any, ...]] = {}
    for value in values:
        concepts = (*value.types, *value.reasons) if isinstance(value, Encounter) else (value.concept,)
        for name in frozenset[str]().union(*(concept.sets for concept in concepts)):
            sets[name] = (*sets.get(name, ()), value)
    return sets
