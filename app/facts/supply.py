"""How long prescriptions last: days of a window that they cover, or days and refills of the order at hand."""

from __future__ import annotations

from datetime import date
from math import ceil, floor, inf

from app.answer import Answer, Finding, Interval, Reason, cannot_tell, no, number
from app.facts.courses import (
    POSSIBLE_DAYS,
    SOURCE,
    SURE_DAYS,
    Course,
    lasting,
    prescribed,
    substance,
)
from app.facts.daily import shown
from app.facts.evidence_of import finding, reasons
from app.knowledge.fact import SupplyFact
from app.knowledge.load import Knowledge
from app.record.amounts import COUNT
from app.record.record import Record
from app.record.values import ORDER, Medication, Order

_WHOLLY = frozenset({"active", "completed", None})
"""Prescriptions of any other status were cut short, nobody knows when: they may have covered their days."""
_UNITS = {"days": "days", "refills": "refills", "quantity": "in all"}


def answer(asked: SupplyFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Days covered by prescriptions, refills included and overlaps once; zero when there are none.

    With `draft`, the days that the order at hand covers (of several orders the longest), and no when it
    is none of these medications; with `element: refills` how often it may be repeated, with
    `element: quantity` how many are handed out in all.
    """
    if asked.draft or asked.element != "days":
        return _of_drafts(asked, record, order, knowledge)
    window = asked.window_days or 1
    sure: set[int] = set()
    possible: set[int] = set()
    findings: list[Finding] = []
    unclear: list[Reason] = []
    for course in prescribed(asked.in_, record, knowledge):
        certain, maybe, why = _covered(course, record.today, window)
        if maybe:
            findings.append(_finding(asked, course.medication))
            unclear += [Reason(SOURCE, why)] if why else []
        sure |= certain
        possible |= maybe
    unread = reasons(record, [SOURCE], window)
    high = window if unread else len(possible)
    return number(Interval(len(sure), high), findings, dict.fromkeys([*unclear, *unread]))


def _finding(asked: SupplyFact, medication: Medication) -> Finding:
    return finding(medication.concept, asked.in_, SOURCE, medication.authored, link=medication.link)


def _covered(course: Course, today: date, window: int) -> tuple[set[int], set[int], str]:
    """Days before today (1 is yesterday) that are certainly, and possibly, covered; and why they differ.

    A prescription without supply data covered a day at least, and a year at most: a quarter of it when
    it is over by its status.
    """
    medication = course.medication
    lasts = lasting(medication, course.substance)
    if medication.authored is None:
        return set(), set(range(1, window + 1)), "date not recorded"
    starts = medication.authored.days_before(today)
    over = medication.status not in ("active", "unknown", None)
    length = lasts or Interval(1, SURE_DAYS if over else POSSIBLE_DAYS)
    possible = set(range(max(1, floor(starts.low - length.high) + 1), min(window, int(starts.high)) + 1))
    sure = set(range(max(1, ceil(starts.high - length.low) + 1), min(window, int(starts.low)) + 1))
    if medication.status not in _WHOLLY:
        return set(), possible, f"status {medication.status}"
    why = "" if sure == possible else "date not exact" if lasts else "days of supply not recorded"
    return sure, possible, why


def _of_drafts(asked: SupplyFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    looked_at = record.judged if order is None else (order,)
    unread = reasons(record, [ORDER]) if order is None else ()
    drafts = [each for each in looked_at if each.drug and not each.concept.sets.isdisjoint(asked.in_)]
    lengths = [(_length(asked, each, knowledge), each) for each in drafts]
    if not lengths:
        return cannot_tell(unread) if unread else no()
    low, high = (max(bounds) for bounds in zip(*((each.low, each.high) for each, _ in lengths), strict=True))
    missing = "quantity" if asked.element == "quantity" else "days of supply"
    unknown = [Reason(ORDER, f"{missing} not recorded")] if high == inf else []
    findings = [_drafted(asked, each, length) for length, each in lengths]
    return number(Interval(low, inf if unread else high), findings, [*unknown, *unread])


def _length(asked: SupplyFact, order: Order, knowledge: Knowledge) -> Interval:
    drug = order.drug or Medication(order.concept)
    if asked.element == "refills":
        return Interval.exactly(drug.refills or 0)
    if asked.element == "quantity":
        return _handed_out(drug)
    return lasting(drug, substance(order.concept, asked.in_, knowledge)) or Interval(0, inf)


def _handed_out(drug: Medication) -> Interval:
    """Tablets and the like, refills included; any other unit says nothing of how many there are."""
    held, fills = drug.quantity, 1 + (drug.refills or 0)
    if held is None or held.unit != COUNT:
        return Interval(0, inf)
    return Interval(held.value.low * fills, held.value.high * fills)


def _drafted(asked: SupplyFact, order: Order, length: Interval) -> Finding:
    found = finding(order.concept, asked.in_, ORDER, link=order.reference)
    what = f"{found.what}: {shown(length)} {_UNITS[asked.element]}"
    return Finding(what, ORDER, None, found.worded, found.suspected, link=order.reference)
