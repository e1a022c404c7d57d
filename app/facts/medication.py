"""What the patient takes, or was ever prescribed."""

from __future__ import annotations

from collections.abc import Iterable

from app.answer import AND, CANNOT_TELL, NO, YES, Answer, Finding, Reason, Truth
from app.facts.courses import (
    GRACE_DAYS,
    POSSIBLE_DAYS,
    SOURCE,
    Course,
    Substance,
    current,
    prescribed,
    substance,
)
from app.facts.evidence_of import finding, found_or, undated, within
from app.knowledge.fact import MedicationFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Concept, Order


def answer(asked: MedicationFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether such a medication is current, or (ever) was prescribed, whatever became of it.

    `within_days` counts from the day it was written. What was not read before the window that matters
    does not make the answer unknown: for current ones a year and the days of grace.
    """
    courses = (current if asked.status == "current" else prescribed)(asked.in_, record, knowledge)
    ordered = substance(order.concept, asked.in_, knowledge) if asked.another and order else None
    findings: list[Finding] = []
    unclear: list[Reason] = []
    for course in courses:
        if ordered is not None and _same(course, ordered):
            continue
        truth, why = _holds(asked, course, record)
        if truth is YES:
            findings.append(_finding(asked, course))
        elif truth is CANNOT_TELL:
            unclear.append(Reason(SOURCE, why))
    window = asked.within_days
    if asked.status == "current":
        window = min(window or POSSIBLE_DAYS + GRACE_DAYS, POSSIBLE_DAYS + GRACE_DAYS)
    return found_or(record, findings, unclear, [SOURCE], window)


def _same(course: Course, ordered: Substance) -> bool:
    """Whether a course is of the ingredient that is ordered, which then renews it."""
    return course.substance is not None and course.substance.key == ordered.key


def _holds(asked: MedicationFact, course: Course, record: Record) -> tuple[Truth, str]:
    medication = course.medication
    if asked.reason_in and not _reasons(asked, medication.reasons):
        return NO, ""
    truth, why = (course.current, course.why) if asked.status == "current" else (YES, "")
    if asked.or_undated and medication.status == "active" and medication.authored is None:
        return YES, ""
    recent = within(medication.authored, asked.within_days, record)
    if recent is CANNOT_TELL:
        why = why or undated(SOURCE, medication.authored).why
    return AND[truth, recent], why


def _reasons(asked: MedicationFact, reasons: Iterable[Concept]) -> list[Concept]:
    return [each for each in reasons if not each.sets.isdisjoint(asked.reason_in)]


def _finding(asked: MedicationFact, course: Course) -> Finding:
    """The medication; it is worded when itself, or the reason that was asked for, is known by words only."""
    medication = course.medication
    found = finding(medication.concept, asked.in_, SOURCE, medication.authored, link=medication.link)
    reasons = _reasons(asked, medication.reasons)
    by_words = bool(asked.reason_in) and all(each.coded.isdisjoint(asked.reason_in) for each in reasons)
    return Finding(
        found.what, found.source, found.date, found.worded or by_words, found.suspected, link=found.link
    )
