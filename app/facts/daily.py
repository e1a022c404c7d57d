"""How much of a medicine is taken in a day: dose by frequency, in tablets, mL or mg.

As needed counts at its stated maximum: the ceiling a day, else the highest dose at the shortest
interval. What one instruction leaves out opens the upper bound and is said; it never becomes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from math import inf

from app.answer import Interval
from app.knowledge.value_set import Product
from app.record.amounts import COUNT
from app.record.values import Dosage, Quantity

HOURS = 24
_MOST_UNITS = 4
"""More tablets than this at once, and a dose in mg of a combination means its other ingredient."""


def daily(dosages: tuple[Dosage, ...], unit: str, product: Product | None) -> tuple[Interval, str]:
    """The amount a day in `unit` (mg, mL or `1`), with the reason why its upper bound is open, if it is."""
    return together(dosages, lambda each: stated(each, unit, product))


def together(dosages: tuple[Dosage, ...], amount: Callable[[Dosage], Interval | str]) -> tuple[Interval, str]:
    """What several instructions come to, when `amount` says it of one, or why it cannot.

    Instructions of one sequence add up; those of different ones follow each other, and any of them may
    be the one of today. Instructions without a sequence go along with each of the others.
    """
    if not dosages:
        return Interval(0, inf), "no dosage instruction"
    beside = [each for each in dosages if each.sequence is None]
    steps = sorted({each.sequence for each in dosages if each.sequence is not None})
    grouped = [beside + [each for each in dosages if each.sequence == step] for step in steps] or [beside]
    sums = [_sum(map(amount, group)) for group in grouped]
    why = next((reason for _, reason in sums if reason), "")
    return Interval(min(each.low for each, _ in sums), max(each.high for each, _ in sums)), why


def _sum(amounts: Iterable[Interval | str]) -> tuple[Interval, str]:
    total, why = Interval(0, 0), ""
    for amount in amounts:
        if isinstance(amount, str):
            why, amount = why or amount, Interval(0, inf)
        total = total.plus(amount)
    return Interval(round(total.low, 9), round(total.high, 9)), why


def stated(dosage: Dosage, unit: str, product: Product | None) -> Interval | str:
    """What one instruction comes to in a day, or why that cannot be computed."""
    base = _base(dosage, unit, product)
    ceiling = converted(dosage.max_per_day, unit, product) if dosage.max_per_day else None
    most = ceiling.high if isinstance(ceiling, Interval) else inf
    if most == inf:
        if isinstance(base, str) or not dosage.as_needed:
            return base
        return Interval.exactly(base.high) if base.high < inf else base
    if dosage.as_needed:
        return Interval.exactly(most)
    return Interval(0, most) if isinstance(base, str) else Interval(min(base.low, most), min(base.high, most))


def _base(dosage: Dosage, unit: str, product: Product | None) -> Interval | str:
    if dosage.dose is None:
        return dosage.why or "dose not recorded"
    tried = [converted(each, unit, product) for each in (dosage.dose, *dosage.others)]
    dose = next((each for each in tried if isinstance(each, Interval)), tried[0])
    often = Interval.exactly(HOURS) if _is_rate(dosage.dose) else dosage.per_day
    if isinstance(dose, str):
        return dose
    if often is None:
        return dosage.why or "frequency not recorded"
    return Interval(dose.low * often.low, dose.high * often.high)


def _is_rate(dose: Quantity) -> bool:
    return dose.unit in ("mg/h", "mL/h")


def converted(dose: Quantity, unit: str, product: Product | None) -> Interval | str:
    """A dose in `unit`; rates count by the hour. A text says why it cannot be converted."""
    given = (dose.unit or COUNT).removesuffix("/h")
    if given not in (COUNT, "mg", "mL"):
        return f"dose in {given}" if re.fullmatch(r"[A-Za-z/%]{1,12}", given) else "dose in another unit"
    if given == unit and (unit != "mg" or product is None or not product.with_):
        return dose.value
    if product is None or product.strength is None:
        return "strength not known"
    if "mg" in (given, unit) and product.with_ and given == "mg" and not _whole(dose.value, product):
        return "dose in mg of a combination"
    per = {"mg": COUNT, "mg/actuation": COUNT, "mg/mL": "mL"}.get(product.unit or "")
    if (given, unit) == ("mg", "mg"):
        return dose.value
    if (given, unit) == (per, "mg"):
        return Interval(dose.value.low * product.strength, dose.value.high * product.strength)
    if (given, unit) == ("mg", per):
        return Interval(dose.value.low / product.strength, dose.value.high / product.strength)
    return "volume not recorded" if given == COUNT else "strength not in the unit of the dose"


def _whole(amount: Interval, product: Product) -> bool:
    """Whether the milligrams are whole or half units of this ingredient, and not too many."""
    units = [each / (product.strength or inf) for each in (amount.low, amount.high)]
    return all(0 < each <= _MOST_UNITS and abs(each * 2 - round(each * 2)) < 1e-6 for each in units)


def shown(value: Interval) -> str:
    """An interval in words: `4`, `4–6`, `at least 4`."""
    if value.high == inf:
        return f"at least {value.low:g}"
    low, high = round(value.low, 2), round(value.high, 2)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"
