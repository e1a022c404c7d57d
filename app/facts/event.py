"""Procedures, earlier studies and referrals: what was done or asked for, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.answer import Answer, Finding, Reason, Truth, cannot_tell, yes
from app.facts.evidence_of import finding, found_or, in_order, undated, within
from app.knowledge.fact import EventFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Event, Order

PROCEDURE = ("Procedure",)
STUDY = ("Procedure", "DiagnosticReport", "ImagingStudy", "ServiceRequest")
REFERRAL = ("ServiceRequest",)
NO_STATUS = "status not recorded"


def procedure(asked: EventFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether the procedure was done; where asked for counts too, the open requests as well."""
    sources = PROCEDURE if asked.status == "done" else (*PROCEDURE, *REFERRAL)
    return _answer(asked, record, sources, asked.status)


def study(asked: EventFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether such a study exists: as a procedure, a report, images, or a request marked complete.

    One of which that is not certain is no sign of anything, only perhaps a reason against something.
    """
    found = _answer(asked, record, STUDY, asked.status)
    return cannot_tell(found.unknown) if found.unknown else found


def referral(asked: EventFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether the patient was referred: a request in force or completed."""
    return _answer(asked, record, REFERRAL, "either")


def _answer(asked: EventFact, record: Record, sources: tuple[str, ...], status: str) -> Answer:
    """A yes for which no status is certain has that as its reason to be no more than taken for one.

    So it supports what it is a sign of, and does not stop what it would be a reason against.
    """
    findings: list[Finding] = []
    unclear: list[Reason] = []
    doubts: list[Reason] = []
    certain = False
    for each, recent in _events(asked, record, sources):
        counts = status == "either" or each.done is (status == "done")
        if counts and recent is Truth.YES:
            findings.append(finding(each.concept, asked.in_, each.source, each.when, link=each.link))
            certain = certain or each.certain
        elif recent is Truth.CANNOT_TELL and (counts or not each.certain):
            unclear.append(undated(each.source, each.when))
        if not each.certain:
            doubts.append(Reason(each.source, NO_STATUS))
    if findings and not certain:
        return yes(findings, dict.fromkeys(doubts))
    return found_or(record, findings, [*unclear, *dict.fromkeys(doubts)], sources, asked.within_days)


def _events(asked: EventFact, record: Record, sources: tuple[str, ...]) -> Iterator[tuple[Event, Truth]]:
    """What may lie in the window, of each source the latest first; and whether it does."""
    for source in sources:
        events: Sequence[Event] = in_order(record.of(source).within(asked.in_))
        for each in events:
            recent = within(each.when, asked.within_days, record)
            if recent is not Truth.NO:
                yield each, recent
