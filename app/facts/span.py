"""How long the present episode has lasted, in days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import inf

from msgspec import Struct

from app.answer import YES, Answer, Finding, Interval, Reason, cannot_tell, no, number
from app.facts.condition import in_force, written
from app.facts.evidence_of import finding, reasons
from app.knowledge.fact import SpanFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import ORDER, Concept, Condition, Order, When

SOURCES = ("Condition", "Encounter")
NOT_RECORDED = Reason("Condition", "onset not recorded")


class Mark(Struct, frozen=True):
    """A time in which the concept was there; `onset` when it says when it began.

    Who recorded it after its onset saw it until then: there is no gap between the two.
    """

    when: When
    until: When
    onset: bool
    finding: Finding


def answer(asked: SpanFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Days since the episode began; a start that nobody recorded leaves the bounds open."""
    marks = sorted(_marks(asked, record), key=lambda mark: (mark.when.earliest, not mark.onset))
    unread = reasons(record, SOURCES)
    if not marks and not _present(asked, record):
        return cannot_tell(unread) if unread else no()
    episode = _episode(asked, marks)
    start = episode[0] if episode else None
    value, unknown = _since(episode, record), unread
    if start is None or not start.onset:
        value, unknown = Interval(value.low, inf), (*unread, NOT_RECORDED)
    if unread:
        value = Interval(value.low if _continues(asked, marks, record) else 0, inf)
    if _chronic(asked, record):
        value = Interval(max(value.low, asked.chronic_days), max(value.high, asked.chronic_days))
    return number(value, [start.finding] if start else [], unknown)


def _episode(asked: SpanFact, marks: list[Mark]) -> list[Mark]:
    """The marks after the last gap."""
    episode: list[Mark] = []
    latest = date.min
    for mark in marks:
        if (mark.when.earliest - latest).days > asked.gap_days:
            episode = []
        episode.append(mark)
        latest = max(latest, mark.when.latest, mark.until.latest)
    return episode


def _since(episode: list[Mark], record: Record) -> Interval:
    """Days since the first mark; where its date is not exact, it is no later than the others."""
    if not episode:
        return Interval(0, inf)
    days = [mark.when.days_before(record.today) for mark in episode]
    return Interval(max([each.low for each in days]), days[0].high)


def _continues(asked: SpanFact, marks: list[Mark], record: Record) -> bool:
    """Whether no date that was not read could start another episode: the last one is too near."""
    latest = max((mark.until.latest for mark in marks), default=date.min)
    return (record.today - latest).days <= asked.gap_days


def _marks(asked: SpanFact, record: Record) -> Iterator[Mark]:
    """Conditions, the encounters that they or their reasons belong to, and today where it is a start."""
    conditions: tuple[Condition, ...] = record.of("Condition").within(asked.in_)
    for each in conditions:
        recorded = written(each, record)
        began = each.onset or recorded
        if began is not None:
            shown = finding(each.concept, asked.in_, "Condition", began, link=each.link)
            yield Mark(began, recorded or began, each.onset is not None, shown)
    for encounter in record.of("Encounter").items:
        concepts = encounter.reasons
        if encounter.diagnoses:
            concepts += tuple(each.concept for each in conditions if each.link in encounter.diagnoses)
        now = encounter is record.at_hand
        for concept in concepts:
            if encounter.start and _in(concept, asked.in_) and (not now or _in(concept, asked.acute)):
                shown = finding(concept, asked.in_, "Encounter", encounter.start, link=encounter.link)
                yield Mark(encounter.start, encounter.start, now, shown)
    for order in record.orders:
        for reason in order.reasons:
            if _in(reason, asked.acute):
                yield Mark(record.now, record.now, True, finding(reason, asked.in_, ORDER, record.now))


def _present(asked: SpanFact, record: Record) -> bool:
    """Whether the concept is there at all, dated or not."""
    on_list = record.of("Condition").within(asked.in_)
    return bool(on_list) or any(_in(reason, asked.in_) for reason in _reasons_now(record))


def _reasons_now(record: Record) -> list[Concept]:
    """The reasons of the current encounter and of the orders."""
    reasons = list(record.at_hand.reasons) if record.at_hand else []
    for order in record.orders:
        reasons += order.reasons
    return reasons


def _chronic(asked: SpanFact, record: Record) -> bool:
    on_list = record.of("Condition").within(asked.chronic)
    if on_list and any(in_force(each, record) is YES for each in on_list):
        return True
    return any(_in(reason, asked.chronic) for reason in _reasons_now(record))


def _in(concept: Concept, names: tuple[str, ...]) -> bool:
    return not concept.sets.isdisjoint(names)
