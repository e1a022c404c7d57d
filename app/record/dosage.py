"""Dosage instructions and dispense requests, of any FHIR version and any shape, as plain values.

How FHIR is read where it leaves room:
- `doseAndRate` repeats are the same dose in other words (ordered, calculated, as it is handed out): one
  is taken, never their sum; the others are kept beside it. Repeats without a type are a range.
- An instruction that is only free text is not computable; nothing is ever guessed, and nothing is 0.
- `maxDosePerPeriod` is scaled to a day; a period without its unit (24 of what?) settles nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from app.record.amounts import first, hull, listed, number, per_hour, quantity, scaled, span_days, spread
from app.record.timing import Schedule, schedule
from app.record.values import Dosage, Quantity

HOURS = 24.0
_RANKS = {"ordered": 0, "calculated": 1, "": 2, "admin-amount": 3}


class Supply(NamedTuple):
    """What one filling holds: its days, its amount, and how often it may be repeated."""

    days: float | None = None
    quantity: Quantity | None = None
    refills: int | None = None


def dosages(instructions: Any) -> tuple[Dosage, ...]:
    """Every instruction, in order; what one does not say is None, with the reason in `why`. Never raises."""
    return tuple(_dosage(each) for each in listed(instructions))


def supply(dispense: Any) -> Supply:
    """Days of supply, quantity and refills of a dispense request. Never raises."""
    dispense = first(dispense)
    if not isinstance(dispense, dict):
        return Supply()
    days = span_days(dispense.get("expectedSupplyDuration"), default="d")
    refills = number(dispense.get("numberOfRepeatsAllowed"))
    return Supply(
        days.high if days else None,
        quantity(dispense.get("quantity")),
        int(refills) if refills is not None and refills >= 0 else None,
    )


def _dosage(instruction: Any) -> Dosage:
    if not isinstance(instruction, dict):
        return Dosage(why="instruction not readable")
    timed = schedule(instruction.get("timing"))
    dose, others = _doses(instruction)
    per_day = timed.per_day
    if per_day is None and dose is not None and dose.unit in ("mg/h", "mL/h"):
        per_day = _ALL_DAY
    return Dosage(
        dose=dose,
        others=others,
        per_day=per_day,
        as_needed=_as_needed(instruction, timed),
        max_per_day=_ceiling(instruction.get("maxDosePerPeriod")),
        days=timed.days,
        why=_why(instruction, dose is None, per_day is None, timed.why),
        sequence=_sequence(instruction),
    )


def _why(instruction: dict[str, Any], no_dose: bool, no_frequency: bool, no_frequency_why: str) -> str:
    """What is missing for an amount a day, in words."""
    structured = any(instruction.get(name) for name in ("timing", "doseAndRate", "doseQuantity", "doseRange"))
    if no_dose and no_frequency and not structured:
        return "only free text" if instruction.get("text") else "dose and frequency not recorded"
    missing = ["dose not recorded"] * no_dose + [no_frequency_why] * no_frequency
    return " and ".join(missing)


def _as_needed(instruction: dict[str, Any], timed: Schedule) -> bool:
    given = instruction.get("asNeededBoolean")
    worded = instruction.get("asNeededCodeableConcept") or instruction.get("asNeededFor")
    return given is True or instruction.get("asNeeded") is True or bool(worded) or timed.as_needed


def _sequence(instruction: dict[str, Any]) -> int | None:
    found = number(instruction.get("sequence"))
    return int(found) if found is not None else None


def _doses(instruction: dict[str, Any]) -> tuple[Quantity | None, tuple[Quantity, ...]]:
    """The dose by its best statement, and the other ways in which it is stated."""
    stated = [each for each in listed(instruction.get("doseAndRate")) if isinstance(each, dict)]
    ranked: dict[int, list[Quantity]] = {}
    rates: list[Quantity] = []
    for each in stated or [instruction]:
        dose = quantity(each.get("doseQuantity")) or spread(each.get("doseRange"))
        if dose is not None:
            ranked.setdefault(_rank(each.get("type")), []).append(dose)
        rates += [rate for rate in (_rate(each),) if rate is not None]
    doses = [_merged(ranked[rank]) for rank in sorted(ranked)]
    found = [*doses, *rates[:1]]
    return (found[0], tuple(found[1:])) if found else (None, ())


def _rank(kind: Any) -> int:
    kind = first(kind)
    if not isinstance(kind, dict):
        return _RANKS[""]
    codings = [each for each in listed(kind.get("coding")) if isinstance(each, dict)]
    texts = [each.get(name) for each in codings for name in ("code", "display")]
    words = [text.strip().lower() for text in [*texts, kind.get("text")] if isinstance(text, str)]
    return min((_RANKS[word] for word in words if word in _RANKS), default=_RANKS[""])


def _merged(doses: list[Quantity]) -> Quantity:
    """Doses of one type and unit as a range; another unit is another way to say the first."""
    same = [each.value for each in doses if each.unit == doses[0].unit]
    return Quantity(hull(same), doses[0].unit)


def _rate(stated: dict[str, Any]) -> Quantity | None:
    """A rate as an amount an hour."""
    rate = quantity(stated.get("rateQuantity")) or spread(stated.get("rateRange"))
    if rate is None or rate.unit not in ("mg/h", "mL/h"):
        rate = per_hour(stated.get("rateRatio"))
    return rate


def _ceiling(stated: Any) -> Quantity | None:
    """The lowest stated maximum, as an amount a day."""
    found: list[Quantity] = []
    for each in listed(stated):
        amount = quantity(each.get("numerator")) if isinstance(each, dict) else None
        days = span_days(each.get("denominator")) if isinstance(each, dict) else None
        if amount is not None and days is not None:
            found.append(Quantity(scaled(amount.value, 1 / days.high), amount.unit))
    same = [each for each in found if each.unit == found[0].unit and each.value.high > 0]
    return min(same, key=lambda each: each.value.high, default=None)


_ALL_DAY = schedule({"repeat": {"frequency": HOURS, "period": 1, "periodUnit": "d"}}).per_day
