"""Findings on the problem list, among the encounter's diagnoses, or as the reason of an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, reduce

from msgspec import Struct

from app.answer import AND, CANNOT_TELL, NO, OR, YES, Answer, Finding, Reason, Truth, cannot_tell, no, yes
from app.facts.evidence_of import earliest, finding, found_or, reasons, undated, within
from app.knowledge.fact import ConditionFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import ACTIVE, ORDER, Concept, Condition, Encounter, Order, When

RECENT_DAYS = 90
"""How long a finding without a clinical status, or of an earlier encounter, counts as active."""
_SOURCES = {"problems": ("Condition",), "encounter": ("Condition", "Encounter"), "reason": (ORDER,)}


class Candidate(Struct, frozen=True):
    """One place where the concept stands: what it shows, since when, whether it is in force.

    `recent` says whether it lies in the window; `countable` whether it has a part in that question.
    """

    finding: Finding
    since: When | None
    standing: Truth
    recent: Truth = YES
    countable: bool = True


def answer(asked: ConditionFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether the concept stands on record, in force or ever, and new enough."""
    candidates = list(_candidates(asked, record))
    read = _read(asked.among)
    if not candidates:
        return found_or(record, [], [], read, asked.within_days)
    if asked.within_days is None:
        found = _found(candidates)
        return yes(found) if found else found_or(record, [], _unclear(candidates), read)
    counted = [each for each in candidates if each.countable]
    if asked.count_from == "latest":
        counted = [each for each in counted if each.recent is not NO]
        truth = _any(AND[each.standing, each.recent] for each in counted)
    else:
        first = reduce(lambda one, two: AND[one, two], (each.recent for each in counted), YES)
        if first is NO:
            return no()
        truth = AND[_any(each.standing for each in counted), first]
    if truth is YES:
        # Of what was not read, something may be older: then it was not the first.
        older = [source for source in read if source != ORDER and asked.count_from == "first"]
        return yes(_found(counted), reasons(record, older))
    unclear = _unclear(counted) if truth is CANNOT_TELL else []
    return cannot_tell(unclear) if unclear else found_or(record, [], [], read, asked.within_days)


@cache
def _read(among: tuple[str, ...]) -> tuple[str, ...]:
    """The sources of these parts of a record, each once."""
    return tuple(dict.fromkeys(source for part in among for source in _SOURCES[part]))


def _any(truths: Iterable[Truth]) -> Truth:
    return reduce(lambda one, two: OR[one, two], truths, NO)


def _found(candidates: list[Candidate]) -> list[Finding]:
    return [each.finding for each in candidates if each.standing is YES and each.recent is YES]


def _unclear(candidates: list[Candidate]) -> list[Reason]:
    """Why the dates leave it open; a finding whose date is exact enough has no reason."""
    open_ones = (each for each in candidates if CANNOT_TELL in (each.standing, each.recent))
    return list(dict.fromkeys(undated(each.finding.source, each.since) for each in open_ones))


def _candidates(asked: ConditionFact, record: Record) -> Iterator[Candidate]:
    listed, diagnosed = "problems" in asked.among, "encounter" in asked.among
    at_hand = record.at_hand if diagnosed else None
    for each in record.of("Condition").within(asked.in_):
        of_encounter = diagnosed and _of_encounter(each, record, at_hand)
        if listed or of_encounter:
            yield _from_condition(asked, each, record, of_encounter)
    if at_hand is not None and at_hand.reasons:
        yield from _from_reasons(asked, at_hand.reasons, "Encounter", at_hand.start, record)
    if "reason" in asked.among:
        for order in record.orders:
            if order.reasons:
                yield from _from_reasons(asked, order.reasons, ORDER, record.now, record)


def _of_encounter(each: Condition, record: Record, at_hand: Encounter | None) -> bool:
    """Whether it is a diagnosis of the current encounter, which may not have been sent itself."""
    if at_hand is not None and each.link in at_hand.diagnoses:
        return True
    named = record.encounter_id or (at_hand.id if at_hand else None)
    return named is not None and each.category == "encounter" and each.encounter == named


def _from_reasons(
    asked: ConditionFact, reasons: Iterable[Concept], source: str, since: When | None, record: Record
) -> Iterator[Candidate]:
    for reason in reasons:
        if not reason.sets.isdisjoint(asked.in_):
            shown = finding(reason, asked.in_, source, since)
            yield Candidate(shown, since, YES, _recent(asked, since, record), _new(asked, reason))


def _from_condition(asked: ConditionFact, each: Condition, record: Record, now: bool) -> Candidate:
    since = earliest(each.onset, written(each, record))
    shown = finding(each.concept, asked.in_, "Condition", since, suspected=each.suspected, link=each.link)
    force = YES if now and not each.abated else in_force(each, record)
    recent = _recent(asked, since, record) if since or force is YES else CANNOT_TELL
    if asked.status == "ever":
        return Candidate(shown, since, YES, recent, _new(asked, each.concept))
    over = each.abated or (_ended(each) and not now)
    return Candidate(shown, since, force, recent, not over and _new(asked, each.concept))


def _recent(asked: ConditionFact, since: When | None, record: Record) -> Truth:
    """Whether it lies in the window. What is in force without any date counts: it must not be lost."""
    if since is None or asked.within_days is None:
        return YES
    return since.days_before(record.today).compare("<=", asked.within_days)


def _new(asked: ConditionFact, concept: Concept) -> bool:
    return asked.later or not concept.later


def _ended(each: Condition) -> bool:
    return each.abated or (each.clinical_status is not None and each.clinical_status not in ACTIVE)


def in_force(each: Condition, record: Record) -> Truth:
    """Whether a condition is active: by its status, or by being recent where that says nothing.

    Without a status and without a date it is on the list and nothing says that it ended: in force. Of
    an encounter's diagnosis that encounter says how old it is; where it may not have been read, nobody.
    """
    if _ended(each):
        return NO
    if each.clinical_status is not None and each.category != "encounter":
        return YES
    recorded = written(each, record)
    since = recorded or each.onset
    recent = YES if since is None else within(since, RECENT_DAYS, record)
    unread = recorded is None and each.category == "encounter" and record.gaps("Encounter")
    return CANNOT_TELL if recent is NO and unread else recent


def written(each: Condition, record: Record) -> When | None:
    """When it was recorded; an encounter's diagnosis without a date of its own was so at its encounter."""
    if each.recorded is not None or each.category != "encounter":
        return each.recorded
    return record.visited(each)
