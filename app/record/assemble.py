"""A record from what was gathered for one call; each source is read when a fact first asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct, structs

from app.protocol.request import HookRequest
from app.record.orders import Drafts, read_orders
from app.record.prefetch import Material
from app.record.readers.references import Referable, referable
from app.record.readers.sent import Resource
from app.record.reading import (
    KINDS,
    LONG,
    Scope,
    Tally,
    read_collection,
    read_patient,
    reading,
)
from app.record.record import Collection, Record
from app.record.steps import Steps
from app.record.values import Gap, WatchedCodes

NOT_ASKED = "not asked for"
_EMPTY = Collection()


class Assembled(Struct, frozen=True):
    """The record, the drafts it was made of, and the numbers of what was read, for the log.

    `reading` are the sources that take long, each to be read in steps before the record is asked for it.
    """

    record: Record
    drafts: Drafts
    tally: Tally
    reading: Mapping[str, Steps[Collection]]


def assemble(
    request: HookRequest, material: Material, watch: WatchedCodes, today: date, *, selected_only: bool
) -> Assembled:
    """The record of one call. BadRequest when a draft belongs to another patient."""
    context = request.context
    tally = Tally()
    raws = material.resources
    others = Referable(raws.get("Medication", ()), raws.get("Condition", ()))
    scope = Scope(watch, context.patient_id, today, others=others, tally=tally)
    patient, patient_gaps = read_patient(_patient_of(raws.get("Patient", ()), context.patient_id), scope)
    born = structs.replace(scope, birth=patient.birth)
    drafts = read_orders(context.draft_orders, context.selections if selected_only else None, born)

    def read(source: str) -> Collection:
        gaps = _gaps(material, source)
        if source == "Patient":
            return Collection(gaps=gaps + patient_gaps)
        sent = raws.get(source)
        if not sent:
            return Collection(gaps=gaps) if gaps else _EMPTY
        return read_collection(source, sent, gaps, born)

    record = Record(
        hook=request.hook,
        today=today,
        patient=patient,
        read=read,
        orders=drafts.orders,
        judged=drafts.judged,
        order_gaps=drafts.gaps,
        encounter_id=context.encounter_id,
        sent=lambda name: others.get(name) is not None,
    )
    slow = {
        source: reading(source, each, _gaps(material, source), born)
        for source, each in raws.items()
        if len(each) > LONG and source in KINDS
    }
    return Assembled(record, drafts, tally, slow)


def _patient_of(sent: Sequence[Resource], patient_id: str) -> Resource | None:
    """The one that is this patient, where several were sent; else the first, for what is wrong with it."""
    if len(sent) < 2:
        return sent[0] if sent else None
    return next((each for each in sent if f"Patient/{patient_id}" in referable([each])), sent[0])


def _gaps(material: Material, source: str) -> tuple[Gap, ...]:
    """What was not sent or fetched; a source that no query asked for was not read either."""
    known = tuple(gap for gap in material.gaps if gap.source == source)
    if known or source in material.answered:
        return known
    return (Gap(source, NOT_ASKED),)
