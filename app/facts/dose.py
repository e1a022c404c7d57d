"""Amount a day over what is taken and what is drafted, in units of a named factor.

A draft renews what is current of the same ingredient and release: the larger of the two counts, and the
finding says so. A part that cannot be computed opens the upper bound: the total is then "at least".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf

from msgspec import structs

from app.answer import CANNOT_TELL, Answer, Finding, Interval, Reason, number
from app.facts.courses import GRACE_DAYS, POSSIBLE_DAYS, SOURCE, Substance, current, substance
from app.facts.daily import daily, shown, together
from app.facts.evidence_of import finding, reasons
from app.knowledge.fact import DoseFact
from app.knowledge.load import Knowledge
from app.knowledge.value_set import Factor, Product
from app.record.amounts import COUNT
from app.record.record import Record
from app.record.values import ORDER, Dosage, Medication, Order, Quantity

RATE = "mg/h"
UG_PER_MG = 1000
HOURS = 24
MOST_WORN = 4
FORM = "no factor for this form"


@dataclass(frozen=True, slots=True)
class Part:
    """One medication in the total: its amount, in words and in numbers, and why it is open if it is.

    A draft renews what is current of the same `ingredient` and `kind`; None is a kind that is not known.
    """

    ingredient: str
    kind: object
    amount: Interval
    finding: Finding
    why: str = ""
    has_factor: bool = True


def answer(asked: DoseFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """The amount a day as an interval, its parts as findings; zero when nothing is taken or drafted.

    With `element: not_computed`, how many parts (of the order at hand, when there is one) have the
    factor but no amount; the findings say why.
    """
    drafts = _drafted(asked, record, knowledge) if asked.among != "current" else []
    taken = _taken(asked, record, knowledge) if asked.among != "drafts" else []
    if asked.element == "not_computed":
        return _not_computed([*taken, *(part for part, each in drafts if order is None or each is order)])
    sources = {"current": (SOURCE,), "drafts": (ORDER,), "both": (SOURCE, ORDER)}[asked.among]
    unread = reasons(record, sources, POSSIBLE_DAYS + GRACE_DAYS)
    return _total(taken, [part for part, _ in drafts], unread)


def _total(taken: list[Part], drafts: list[Part], unread: tuple[Reason, ...]) -> Answer:
    total = Interval(0, inf if unread else 0)
    findings: list[Finding] = []
    for ingredient in dict.fromkeys(part.ingredient for part in [*taken, *drafts]):
        old = [part for part in taken if part.ingredient == ingredient]
        new = [part for part in drafts if part.ingredient == ingredient]
        for amount, parts in _counted(old, new):
            total = total.plus(amount)
            findings += [structs.replace(part.finding, what=_said(part)) for part in parts]
    opened = [Reason(each.finding.source, _said(each)) for each in [*taken, *drafts] if each.why]
    value = Interval(round(total.low, 6), round(total.high, 6))
    return number(value, findings, dict.fromkeys([*opened, *unread]))


def _counted(old: list[Part], new: list[Part]) -> Iterator[tuple[Interval, list[Part]]]:
    """One ingredient, each kind for itself; where one is not known, a draft may renew or come on top."""
    kinds = dict.fromkeys(part.kind for part in [*old, *new])
    if old and new and None in kinds:
        before, after = _sum(old), _sum(new)
        yield Interval(max(before.low, after.low), before.high + after.high), [*old, *new]
        return
    for kind in kinds:
        before_it = [part for part in old if part.kind == kind]
        drafted = [part for part in new if part.kind == kind]
        if before_it and drafted:
            yield _renewed(before_it, drafted)
        else:
            yield _sum(before_it or drafted), before_it or drafted


def _renewed(old: list[Part], new: list[Part]) -> tuple[Interval, list[Part]]:
    """A renewal counts once: the larger of what is current and what is drafted."""
    before, after = _sum(old), _sum(new)
    larger = old if before.low > after.low else new
    said = [
        replace(
            part, finding=structs.replace(part.finding, what=f"{part.finding.what} (a renewal counts once)")
        )
        for part in larger
    ]
    return Interval(max(before.low, after.low), max(before.high, after.high)), said


def _sum(parts: list[Part]) -> Interval:
    total = Interval(0, 0)
    for part in parts:
        total = total.plus(part.amount)
    return total


def _not_computed(parts: Iterable[Part]) -> Answer:
    open_parts = [part for part in parts if part.has_factor and part.why and part.amount.high == inf]
    # Without its link it stands on a card about that very order too, which says why there is no dose.
    findings = [structs.replace(part.finding, what=_said(part), link=None) for part in open_parts]
    return number(Interval.exactly(len(open_parts)), findings)


def _said(part: Part) -> str:
    """The part in words, with the reason why its amount is open."""
    what = part.finding.what
    return f"{what}: {part.why}" if part.why and part.why not in what else what


def _kind(asked: DoseFact, known: Substance) -> object:
    """What a draft must have in common with a medication to renew it: the release, or its company too."""
    product = known.product
    if product is None:
        return None
    return (product.release, product.with_) if asked.renews == "combination" else product.release


def _taken(asked: DoseFact, record: Record, knowledge: Knowledge) -> list[Part]:
    parts = []
    for course in current(asked.in_, record, knowledge):
        medication = course.medication
        shown_as = finding(medication.concept, asked.in_, SOURCE, medication.authored, link=medication.link)
        part = _part(asked, medication, course.substance, shown_as)
        if course.current is CANNOT_TELL:
            part = replace(part, amount=Interval(0, part.amount.high), why=course.why)
        parts.append(part)
    return parts


def _drafted(asked: DoseFact, record: Record, knowledge: Knowledge) -> list[tuple[Part, Order]]:
    found = []
    for order in record.orders:
        if order.drug is not None and not order.concept.sets.isdisjoint(asked.in_):
            known = substance(order.concept, asked.in_, knowledge)
            shown_as = finding(order.concept, asked.in_, ORDER, link=order.reference)
            found.append((_part(asked, order.drug, known, shown_as), order))
    return found


def _part(asked: DoseFact, medication: Medication, known: Substance | None, shown_as: Finding) -> Part:
    """What one medication adds to the total."""
    if known is None:
        display = medication.concept.display.lower()
        return Part(display, None, Interval(0, inf), shown_as, "ingredient not known", has_factor=False)
    kind = _kind(asked, known)
    named = structs.replace(shown_as, what=_name(known))
    factor = known.factors.get(asked.factor) if asked.factor else Factor(value=1, per="mg")
    if factor is None:
        return Part(known.key, kind, Interval(0, inf), named, "no factor for it", has_factor=False)
    amount, words, why = _amount(medication.dosages, known, factor)
    if why:
        return Part(known.key, kind, amount, named, why, has_factor=why != FORM)
    return Part(
        known.key, kind, amount, structs.replace(named, what=f"{named.what} {words} = {shown(amount)}")
    )


def _name(known: Substance) -> str:
    product = known.product
    if product is None or product.strength is None:
        return known.name
    if product.unit == RATE:
        return f"{known.name} {product.strength * UG_PER_MG:g} ug/h"
    return f"{known.name} {product.strength:g} {product.unit}"


def _amount(dosages: tuple[Dosage, ...], known: Substance, factor: Factor) -> tuple[Interval, str, str]:
    """(amount in units of the factor, how it came about, why it is open)."""
    if factor.per == "ug/h" or _by_hour(dosages, known):
        return _worn(dosages, known, factor)
    if known.combined and known.product is None and any(_in_mg(each.dose) for each in dosages):
        return Interval(0, inf), "", "dose in mg of a combination"
    milligrams, why = daily(dosages, "mg", known.product)
    amount = _times(milligrams, factor.value)
    return amount, _by_day(dosages, milligrams, known.product), why


def _by_day(dosages: tuple[Dosage, ...], milligrams: Interval, product: Product | None) -> str:
    """`× 4/day`, `× up to 6/day`, `× 20 mL/day`, or plain milligrams a day without a strength."""
    most = "up to " if any(each.as_needed for each in dosages) else ""
    if product is None or product.strength is None:
        return f"{most}{shown(milligrams)} mg/day"
    units = Interval(milligrams.low / product.strength, milligrams.high / product.strength)
    return f"× {most}{shown(units)}{' mL' if product.unit == 'mg/mL' else ''}/day"


def _worn(dosages: tuple[Dosage, ...], known: Substance, factor: Factor) -> tuple[Interval, str, str]:
    """What is worn on the skin runs all day, however often it is changed; several at once add up."""
    product = known.product
    if not _by_hour(dosages, known):
        return Interval(0, inf), "", FORM
    rate, why = together(dosages, lambda each: _worn_rate(each, product))
    words = f"{shown(_times(rate, UG_PER_MG))} ug/h"
    if product is not None and product.unit == RATE:
        words = f"× {shown(_per_product(rate, product))} worn"
    return _times(rate, (UG_PER_MG if factor.per == "ug/h" else HOURS) * factor.value), words, why


def _by_hour(dosages: tuple[Dosage, ...], known: Substance) -> bool:
    """Whether the product gives off so much an hour, or the dose is stated so."""
    if known.product is not None and known.product.unit is not None:
        return known.product.unit == RATE
    return any(dose.unit == RATE for each in dosages for dose in _stated(each))


def _worn_rate(dosage: Dosage, product: Product | None) -> Interval | str:
    """Milligrams an hour from one instruction: stated as a rate, or by the number of what is worn."""
    for dose in _stated(dosage):
        if dose.unit == RATE:
            return dose.value
        if product is not None and product.strength and dose.unit in (COUNT, "mg"):
            worn = dose.value if dose.unit == COUNT else _per_product(dose.value, product)
            if dose.unit == COUNT or (
                worn.low == round(worn.low) and 1 <= worn.low <= worn.high <= MOST_WORN
            ):
                return _times(worn, product.strength)
    return dosage.why or "dose not in what is worn"


def _stated(dosage: Dosage) -> list[Quantity]:
    return [dosage.dose, *dosage.others] if dosage.dose else []


def _in_mg(dose: Quantity | None) -> bool:
    return dose is not None and dose.unit == "mg"


def _per_product(value: Interval, product: Product) -> Interval:
    strength = product.strength or inf
    return Interval(round(value.low / strength, 6), round(value.high / strength, 6))


def _times(value: Interval, factor: float) -> Interval:
    return Interval(round(value.low * factor, 6), round(value.high * factor, 6))
