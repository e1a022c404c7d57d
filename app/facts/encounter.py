"""The encounter of this call, and earlier ones."""

from __future__ import annotations

from collections.abc import Iterable

from app.answer import Answer, Finding, Reason, Truth
from app.facts.evidence_of import found_or, undated, within
from app.knowledge.fact import EncounterFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Concept, Condition, Encounter, Order

SOURCE = "Encounter"
DIAGNOSES = "Condition"
"""Where the diagnoses stand that an encounter only points to."""
PLANNED = "planned"
"""The status of a visit that has not taken place."""


def answer(asked: EncounterFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether such an encounter is on record."""
    at_hand = record.at_hand
    candidates = [each for each in record.of(SOURCE).items if each is at_hand or each.status != PLANNED]
    if asked.current:
        candidates = [at_hand] if at_hand else []
    findings: list[Finding] = []
    unclear: list[Reason] = []
    conditions: tuple[Condition, ...] = record.of(DIAGNOSES).within(asked.reason_in)
    for each in candidates:
        about = _about(asked, each, conditions)
        if not _fits(asked, each, about) or (asked.before_today and _starts_today(each, record)):
            continue
        recent = within(each.start, asked.within_days, record)
        if recent is Truth.YES:
            findings.append(_finding(asked, each, about))
        elif recent is Truth.CANNOT_TELL:
            unclear.append(undated(SOURCE, each.start))
    sources = [SOURCE, DIAGNOSES] if asked.reason_in else [SOURCE]
    return found_or(record, findings, unclear, sources, asked.within_days)


def _about(asked: EncounterFact, each: Encounter, conditions: Iterable[Condition]) -> list[Concept]:
    """The reasons of the encounter, and what was diagnosed or first written down there."""
    made = (
        one.concept
        for one in conditions
        if one.link in each.diagnoses or (one.encounter is not None and one.encounter == each.id)
    )
    return [*_within(each.reasons, asked.reason_in), *made]


def _fits(asked: EncounterFact, each: Encounter, about: list[Concept]) -> bool:
    return (
        (not asked.class_in or each.class_code in asked.class_in)
        and (not asked.type_in or bool(_within(each.types, asked.type_in)))
        and (not asked.reason_in or bool(about))
    )


def _within(concepts: Iterable[Concept], names: Iterable[str]) -> list[Concept]:
    names = frozenset(names)
    return [each for each in concepts if not each.sets.isdisjoint(names)]


def _starts_today(each: Encounter, record: Record) -> bool:
    return each.start is not None and each.start.earliest == record.today == each.start.latest


def _finding(asked: EncounterFact, each: Encounter, about: list[Concept]) -> Finding:
    """The encounter by what was asked for; worded when its type or its reason is known by words only."""
    matched = [(_within(each.types, asked.type_in), asked.type_in)]
    matched.append((about, asked.reason_in))
    worded = any(found and all(one.coded.isdisjoint(names) for one in found) for found, names in matched)
    said = [one for found, _ in matched for one in found]
    shown = next((one.display for one in (*said, *each.types, *each.reasons) if one.display), "encounter")
    return Finding(shown, SOURCE, each.start.text if each.start else None, worded, link=each.link)
