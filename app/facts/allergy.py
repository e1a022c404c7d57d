"""Allergies and intolerances on record."""

from __future__ import annotations

from app.answer import Answer
from app.facts.evidence_of import finding, found_or
from app.knowledge.fact import AllergyFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Allergy, Order

SOURCE = "AllergyIntolerance"
PAST = frozenset({"inactive", "resolved"})


def answer(asked: AllergyFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether an allergy to the substance stands on record and is not marked as past."""
    standing: list[Allergy] = [
        each for each in record.of(SOURCE).within(asked.in_) if each.clinical_status not in PAST
    ]
    findings = [
        finding(each.concept, asked.in_, SOURCE, each.recorded, suspected=each.suspected, link=each.link)
        for each in standing
    ]
    return found_or(record, findings, [], [SOURCE])
