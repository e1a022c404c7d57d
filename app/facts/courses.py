"""Courses of medication: what a prescription holds, how long it lasts, and whether it is current.

A prescription is current when its status is active and the day it was written, its days of supply times
the refills and 14 days of grace reach today. Without supply data one of the last 90 days is current, one
of the last year cannot be told, an older one is not. The latest entry of a product counts, whatever
became of it. An active entry without a date cannot be told: a list that nobody cleans up must not make
an interaction, and a drug that is really taken must not pass as absent. What must not be missed takes it
for current (`or_undated`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.answer import CANNOT_TELL, NO, YES, Interval, Truth
from app.facts.combined import are_combined, is_combined
from app.facts.daily import daily
from app.knowledge.coding_systems import RXNORM
from app.knowledge.load import Knowledge
from app.knowledge.value_set import Factor, Product, ValueSet
from app.record.record import Record
from app.record.values import Concept, Dosage, Medication

SOURCE = "MedicationRequest"
GRACE_DAYS = 14
SURE_DAYS = 90
POSSIBLE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Substance:
    """What the value sets know of a medication: its ingredient, and the product when its code is listed."""

    key: str
    name: str
    factors: Mapping[str, Factor]
    product: Product | None = None
    combined: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """A medication with what it holds and whether it is current; `why` says what leaves that open."""

    medication: Medication
    substance: Substance | None
    current: Truth
    why: str = ""


def sets_in(names: Iterable[str], knowledge: Knowledge) -> dict[str, ValueSet]:
    """The named value sets and all that they include, by name."""
    found: dict[str, ValueSet] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = knowledge.value_sets[name]
            waiting += found[name].includes
    return found


def substance(concept: Concept, names: Iterable[str], knowledge: Knowledge) -> Substance | None:
    """The ingredient of these sets in a concept: by product, else by ingredient code, else by its name.

    Of several products the one with a strength is taken; products that disagree leave the strength open.
    """
    asked = list(sets_in(names, knowledge).values())
    codes = [code for system, code in concept.codes if system == RXNORM]
    products = [_of_product(code, each) for code in codes for each in asked if code in each.products]
    if products:
        known = [each for each in products if each.product and each.product.strength is not None]
        strengths = {(each.product.strength, each.product.unit) for each in known if each.product}
        best = min(known or products, key=lambda each: each.product is None or each.product.form is None)
        return best if len(strengths) < 2 else replace(best, product=None)
    for each in asked:
        for code in codes:
            if code in each.ingredients:
                found = _of_ingredient(code, each)
                return replace(found, combined=are_combined(codes, found.name, knowledge))
    return next(_named(concept.display, asked, knowledge), None)


def _of_product(code: str, value_set: ValueSet) -> Substance:
    product = value_set.products[code]
    ingredient = value_set.ingredients[product.ingredient]
    return Substance(product.ingredient, ingredient.name, ingredient.factors, product, bool(product.with_))


def _of_ingredient(key: str, value_set: ValueSet) -> Substance:
    ingredient = value_set.ingredients[key]
    return Substance(key, ingredient.name, ingredient.factors)


def _named(text: str, asked: list[ValueSet], knowledge: Knowledge) -> Iterator[Substance]:
    """The ingredient that a text names as a whole word."""
    for each in asked:
        for key, ingredient in each.ingredients.items():
            if re.search(rf"(?<![\w-]){re.escape(ingredient.name)}(?![\w-])", text, re.IGNORECASE):
                combined = is_combined(text, ingredient.name, knowledge)
                yield replace(_of_ingredient(key, each), combined=combined)


def prescribed(names: Iterable[str], record: Record, knowledge: Knowledge) -> list[Course]:
    """Every prescription of these sets on record, each judged by itself."""
    names = tuple(names)
    return [
        _judged(medication, substance(medication.concept, names, knowledge), record)
        for medication in record.of(SOURCE).within(names)
    ]


def current(names: Iterable[str], record: Record, knowledge: Knowledge) -> list[Course]:
    """The prescriptions that are current, or of which that cannot be told: one for each product."""
    groups: dict[object, list[Course]] = {}
    for course in prescribed(names, record, knowledge):
        groups.setdefault(_same(course), []).append(course)
    latest = (_latest(group) for group in groups.values())
    return [course for course in latest if course.current is not NO]


def _same(course: Course) -> object:
    """What makes two entries the same product: ingredient, strength and form."""
    known = course.substance
    if known is None:
        return course.medication.concept.display.lower()
    product = known.product
    strength = (product.strength, product.unit, product.form, product.release) if product else None
    return known.key, strength


def _latest(group: list[Course]) -> Course:
    """The latest dated entry; one without a date only where the dated ones leave room for it."""
    dated = [each for each in group if each.medication.authored]
    undated = [each for each in group if not each.medication.authored and each.current is not NO]
    found = max(dated, key=_rank, default=None)
    if found is None or (found.current is NO and undated):
        return undated[0] if undated else group[0]
    return found


def _rank(course: Course) -> tuple[int, bool, bool]:
    """Of one day the active entry, then one that may be."""
    authored, active = course.medication.authored, course.medication.status == "active"
    return (authored.latest.toordinal() if authored else 0, active, course.current is not NO)


def _judged(medication: Medication, known: Substance | None, record: Record) -> Course:
    status, authored = medication.status, medication.authored
    if status not in ("active", "unknown", None):
        return Course(medication, known, NO)
    if authored is None:
        return Course(medication, known, CANNOT_TELL, "date not recorded")
    ago = authored.days_before(record.today)
    lasts = lasting(medication, known)
    truth, why = _reaches(ago, lasts) if lasts is not None else _recent(ago)
    if truth is YES and status != "active":
        return Course(medication, known, CANNOT_TELL, "status not recorded")
    return Course(medication, known, truth, why)


def _reaches(ago: Interval, lasts: Interval) -> tuple[Truth, str]:
    if ago.high <= lasts.low + GRACE_DAYS:
        return YES, ""
    if ago.low > lasts.high + GRACE_DAYS:
        return NO, ""
    return CANNOT_TELL, "not exact enough to say whether it has ended"


def _recent(ago: Interval) -> tuple[Truth, str]:
    if ago.high <= SURE_DAYS:
        return YES, ""
    return (NO, "") if ago.low > POSSIBLE_DAYS else (CANNOT_TELL, "days of supply not recorded")


def lasting(medication: Medication, known: Substance | None) -> Interval | None:
    """Days that a prescription lasts with its refills: as stated, else quantity by use, else its bounds."""
    fills = 1 + (medication.refills or 0)
    days = filling(medication, known)
    if days is not None:
        return Interval(days.low * fills, days.high * fills)
    return _bounds(medication.dosages)


def filling(medication: Medication, known: Substance | None) -> Interval | None:
    """Days of one filling: as stated, else the quantity divided by what is used a day."""
    if medication.supply_days is not None:
        return Interval.exactly(medication.supply_days)
    held = medication.quantity
    if held is None or held.unit is None:
        return None
    product = known.product if known else None
    used, why = daily(medication.dosages, held.unit, product)
    if why or used.low <= 0:
        return None
    return Interval(_days(held.value.low / used.high), _days(held.value.high / used.low))


def _days(length: float) -> float:
    """Whole where only rounding keeps it from being whole."""
    return round(length) if abs(length - round(length)) < 1e-4 else length


def _bounds(dosages: tuple[Dosage, ...]) -> Interval | None:
    """The course's own bounds: steps follow each other, what has one step runs side by side."""
    steps: dict[int | None, Interval] = {}
    for each in dosages:
        if each.days is None:
            return None
        known = steps.get(each.sequence, each.days)
        steps[each.sequence] = Interval(max(known.low, each.days.low), max(known.high, each.days.high))
    if not steps:
        return None
    return Interval(sum(each.low for each in steps.values()), sum(each.high for each in steps.values()))
