"""The short way: most entries are in no value set, and most of the others are plain FHIR R4.

Elements that many patients have in common are remembered by their JSON, as what the long way reads of them.
Whatever is unusual goes the long way, so that this changes nothing but the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from app.record.dates import instant, past
from app.record.fhir_models import passes
from app.record.readers import remembered, resources, sent
from app.record.readers.conditions import VOID, ended
from app.record.readers.encounters import begun, condition_of
from app.record.readers.references import about, target
from app.record.readers.scope import Kind, Scope, count
from app.record.readers.sent import UNDECODABLE
from app.record.values import Concept, Condition, Encounter, Medication, Observation

_VISITS = frozenset({"planned", "arrived", "triaged", "in-progress", "onleave", "finished"})
_RESULTS = frozenset({"registered", "preliminary", "final", "amended", "corrected"})
_PRESCRIPTIONS = frozenset({"active", "on-hold", "completed", "stopped", "ended"})
_INTENTS = frozenset({"order", "original-order", "plan", "reflex-order", "filler-order", "instance-order"})
_NOTHING = Concept()
_NO_PERIOD = sent.Period()


class _Pointer(msgspec.Struct, forbid_unknown_fields=True):
    """A pointer without a display: words would have to be heard."""

    reference: str


class _Diagnosis(msgspec.Struct):
    condition: _Pointer


_DIAGNOSES = msgspec.json.Decoder(tuple[_Diagnosis, ...])


def short_way(kind: Kind, entry: sent.Sent, scope: Scope) -> Sequence[Any] | None:
    """What is read of an entry of this source: a value, or nothing; None when it has to go the long way."""
    if entry.resourceType != kind.source or not _ours(entry, scope):
        return None
    try:
        concept = (
            _NOTHING
            if kind.peek is None
            else remembered.concept(_json(getattr(entry, kind.peek)), scope.watch)
        )
        if concept is None:
            return None
        if kind.peek is not None and not concept.coded and not concept.worded:
            return _irrelevant(kind, entry, concept, scope)
        read = _READERS.get(kind.source)
        name = _name(entry, scope) if read else None
        value = read(entry, name, concept, scope) if read and name else None
    except UNDECODABLE:
        return None
    return None if value is None else (value,)


def _irrelevant(kind: Kind, entry: sent.Sent, concept: Concept, scope: Scope) -> Sequence[Any] | None:
    """Nothing, unless further elements may say what the code does not."""
    for name in kind.further:
        if getattr(entry, name) is not UNSET:
            return None
    scope.tally.irrelevant += 1
    for system in concept.foreign:
        count(scope.tally.foreign, system)
    return ()


def _ours(entry: sent.Sent, scope: Scope) -> bool:
    """Whether the entry is about this patient; one that does not say about whom is taken to be."""
    subject = entry.subject or entry.patient
    if not subject or subject.reference == scope.about:
        return True
    return about({"reference": subject.reference or None}, scope.patient_id)


def _name(entry: sent.Sent, scope: Scope) -> str | None:
    """The id of an entry whose outside is written as FHIR R4 has it."""
    name, subject = entry.id, entry.subject
    if (
        not isinstance(name, str)
        or name != name.strip()
        or not subject
        or subject.reference != scope.about
        or entry.patient is not UNSET
        or entry.modifierExtension is not UNSET
    ):
        return None
    return name


def _json(element: sent.Element) -> bytes:
    """The JSON of an element, null where there is none."""
    return b"null" if isinstance(element, UnsetType) else bytes(element)


def _encounter(entry: sent.Encounter, name: str, _: Concept, scope: Scope) -> Encounter | None:
    status, period, given = entry.status, entry.period or _NO_PERIOD, entry.diagnosis
    if status not in _VISITS or not (entry.reason is entry.reasonReference is entry.actualPeriod is UNSET):
        return None
    diagnoses = () if isinstance(given, UnsetType) else _DIAGNOSES.decode(given)
    links = tuple(filter(None, [condition_of(each.condition.reference) for each in diagnoses]))
    if len(links) < len(diagnoses):
        return None
    return Encounter(
        name,
        remembered.visit_class(_json(entry.class_)),
        status,
        remembered.concepts(_json(entry.type), scope.watch),
        remembered.concepts(_json(entry.reasonCode), scope.watch),
        links,
        past(period.start, scope.today, scope.first),
        past(period.end, scope.today, scope.first),
        f"Encounter/{name}",
        links,
        begun(status, period.start),
    )


def _observation(entry: sent.Observation, name: str, concept: Concept, scope: Scope) -> Observation | None:
    """A measured value without components."""
    if entry.status not in _RESULTS or not (
        entry.component is entry.dataAbsentReason is UNSET
        and entry.valueCodeableConcept is entry.valueString is entry.valueBoolean is UNSET
    ):
        return None
    value = remembered.amount(_json(entry.valueQuantity))
    when = past(entry.effectiveDateTime, scope.today, scope.first)
    if value is None or when is None:
        return None
    low, high = remembered.normal(_json(entry.referenceRange))
    flags, at = remembered.flags(_json(entry.interpretation)), instant(entry.effectiveDateTime)
    return Observation(concept, value, None, when, flags, low, high, f"Observation/{name}", at)


def _condition(entry: sent.Condition, name: str, concept: Concept, scope: Scope) -> Condition | None:
    if not (
        entry.onsetPeriod is entry.onsetAge is entry.abatementPeriod is entry.abatementAge is UNSET
        and entry.abatementRange is entry.abatementString is entry.abatementBoolean is UNSET
        and entry.dateRecorded is entry.assertedDate is entry.context is UNSET
    ):
        return None
    stated, sure, how_bad, kept = map(
        _json, (entry.clinicalStatus, entry.verificationStatus, entry.severity, entry.category)
    )
    if not VOID.isdisjoint(remembered.words(sure)) or entry.abatementDateTime == "":
        return None
    found = target(entry.encounter.reference) if entry.encounter else None
    elements = {
        "code": _json(entry.code),
        "clinicalStatus": stated,
        "verificationStatus": sure,
        "severity": how_bad,
        "category": kept,
        "onsetDateTime": entry.onsetDateTime,
        "recordedDate": entry.recordedDate,
        "abatementDateTime": entry.abatementDateTime,
        "subject": entry.subject,
        "encounter": entry.encounter,
    }
    if not passes("Condition", resources.CONDITION, elements, scope.tally):
        return None
    status, onset = remembered.status(stated), past(entry.onsetDateTime, scope.today, scope.first)
    end = past(entry.abatementDateTime, scope.today, scope.first)
    return Condition(
        concept,
        status,
        concept.suspected or remembered.doubt(sure),
        onset,
        past(entry.recordedDate, scope.today, scope.first),
        ended(status, end, onset, scope.today),
        remembered.kept_as(kept),
        found[1] if found else None,
        remembered.how_bad(how_bad),
        f"Condition/{name}",
    )


def _request(entry: sent.MedicationRequest, name: str, concept: Concept, scope: Scope) -> Medication | None:
    status = entry.status
    if status not in _PRESCRIPTIONS or entry.intent not in _INTENTS:
        return None
    if not (
        entry.medicationReference is entry.reasonReference is entry.reasonCodeableConcept is UNSET
        and entry.priorPrescription is entry.doNotPerform is entry.note is entry.dateWritten is UNSET
    ):
        return None
    taken, dispensed, why = map(_json, (entry.dosageInstruction, entry.dispenseRequest, entry.reasonCode))
    elements = {
        "status": status,
        "intent": entry.intent,
        "medicationCodeableConcept": _json(entry.medicationCodeableConcept),
        "dosageInstruction": taken,
        "dispenseRequest": dispensed,
        "reasonCode": why,
        "category": _json(entry.category),
        "priority": _json(entry.priority),
        "authoredOn": entry.authoredOn,
        "subject": entry.subject,
    }
    if not passes("MedicationRequest", resources.MEDICATION_REQUEST, elements, scope.tally):
        return None
    days, amount, refills = remembered.dispensed(dispensed)
    return Medication(
        concept,
        status,
        past(entry.authoredOn, scope.today, scope.first),
        remembered.taken(taken),
        days,
        amount,
        refills,
        remembered.concepts(why, scope.watch),
        None,
        f"MedicationRequest/{name}",
    )


_READERS: Mapping[str, Callable[[Any, str, Concept, Scope], Any]] = {
    "Condition": _condition,
    "Encounter": _encounter,
    "MedicationRequest": _request,
    "Observation": _observation,
}
