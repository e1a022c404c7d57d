"""Procedures, earlier studies and referrals: what was done or asked for, and when."""

from __future__ import annotations

from collections.abc import Sequence

from app.answer import Answer, Finding, Reason, Truth
from app.facts.evidence_of import finding, found_or, in_order, undated, within
from app.knowledge.fact import EventFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Event, Order

PROCEDURE = ("Procedure",)
STUDY = ("Procedure", "DiagnosticReport", "ImagingStudy", "ServiceRequest")
REFERRAL = ("ServiceRequest",)


def procedure(asked: EventFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether the procedure was done; where asked for counts too, the open requests as well."""
    sources = PROCEDURE if asked.status == "done" else (*PROCEDURE, *REFERRAL)
    return _answer(asked, record, sources, asked.status)


def study(asked: EventFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether such a study exists: as a procedure, a report, images, or a request marked complete."""
    return _answer(asked, record, STUDY, asked.status)


def referral(asked: EventFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether the patient was referred: a request in force or completed."""
    return _answer(asked, record, REFERRAL, "either")


def _answer(asked: EventFact, record: Record, sources: tuple[str, ...], status: str) -> Answer:
    findings: list[Finding] = []
    unclear: list[Reason] = []
    for source in sources:
        events: Sequence[Event] = in_order(record.of(source).within(asked.in_))
        for each in events:
            if status != "either" and each.done is not (status == "done"):
                continue
            recent = within(each.when, asked.within_days, record)
            if recent is Truth.YES:
                findings.append(finding(each.concept, asked.in_, source, each.when, link=each.link))
            elif recent is Truth.CANNOT_TELL:
                unclear.append(undated(source, each.when))
    return found_or(record, findings, unclear, sources, asked.within_days)
