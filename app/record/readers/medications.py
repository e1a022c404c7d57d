"""Medication requests: which product, how it is taken, for how long, and what the reference hides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from app.record.dates import past
from app.record.dosage import dosages, supply
from app.record.fhir_models import NOT_READABLE
from app.record.readers import resources
from app.record.readers.elements import (
    codings,
    concept_of,
    known_or_any,
    link_of,
    match,
    status_of,
    together,
    word,
)
from app.record.readers.reasons import reasons_of
from app.record.readers.references import relative, resolve
from app.record.readers.scope import Json, Kind, Loss, Lost, Scope
from app.record.readers.sent import UNDECODABLE, Resource, Sent
from app.record.readers.sent import MedicationRequest as SentRequest
from app.record.readers.shapes import shaped
from app.record.values import Concept, Medication

TYPES = frozenset({"MedicationRequest", "MedicationOrder"})
RENAMES = {
    "dateWritten": "authoredOn",
    "reasonCodeableConcept": "reasonCode",
}
_STATUSES = frozenset(
    {"active", "cancelled", "completed", "draft", "ended", "entered-in-error", "on-hold", "stopped"}
)
_REFERENCE = b'"medicationReference"'


def product(resource: Json, scope: Scope) -> Concept | None:
    """The medication: coded or worded in place, or where the reference leads, or what that is displayed as.

    Raises Lost when a reference leads nowhere and nothing else is said.
    """
    stated, pointer = resource.get("medicationCodeableConcept"), resource.get("medicationReference")
    found = concept_of(stated, scope)
    if pointer is None or (found is not None and found.sets):
        return found
    sent = resolve(pointer.get("reference"), resource, scope)
    code, *parts = _of_medication(sent) if sent else [{}]
    inside = [code, *parts]
    coded = [coding for each in (stated, *inside) for coding in codings(each)]
    shown = match(scope, coded, word(pointer.get("display")))
    found = known_or_any(found, concept_of(code, scope), together(inside, scope), shown)
    if found is None:
        raise Lost(Loss.UNREADABLE if sent else Loss.UNRESOLVED)
    return found


def _of_medication(medication: Json) -> list[Json]:
    """The code of a Medication, and its ingredients."""
    sent = shaped(medication, resources.MEDICATION) or {}
    if sent.get("modifierExtension"):
        raise Lost(Loss.UNREADABLE)
    return [
        sent.get("code") or {},
        *(each["itemCodeableConcept"] for each in sent.get("ingredient", ()) if each),
    ]


def medication(resource: Json, concept: Concept, scope: Scope) -> Medication:
    """The values of one medication request, whatever its status."""
    dispense = resource.get("dispenseRequest") or {}
    days, amount, refills = supply(dispense)
    return Medication(
        concept,
        status=_status(resource),
        authored=past(resource.get("authoredOn"), scope.today, scope.first),
        dosages=dosages([understood(each) for each in resource.get("dosageInstruction", ())]),
        supply_days=days,
        quantity=amount,
        refills=refills,
        reasons=reasons_of(resource, scope),
        prior=relative((resource.get("priorPrescription") or {}).get("reference")),
        link=link_of(resource),
    )


def _status(resource: Json) -> str | None:
    """The status; a word that FHIR does not have says neither that it is taken nor that it is over."""
    said = status_of(resource)
    return (said if said in _STATUSES else "unknown") if said else None


def understood(instruction: Json) -> Json:
    """The instruction, unless an extension changes its meaning."""
    return NOT_READABLE if instruction.get("modifierExtension") else instruction


def _read(resource: Json, concept: Concept, scope: Scope) -> Iterable[Medication]:
    yield medication(resource, concept, scope)


class _Pointer(msgspec.Struct):
    reference: str | None = None


class _Peek(msgspec.Struct):
    medicationReference: _Pointer | None = None


_PEEK = msgspec.json.Decoder(_Peek)
_POINTER = msgspec.json.Decoder(_Pointer | None)


def unresolved_medications(requests: Iterable[Resource], others: Mapping[str, Resource]) -> set[str]:
    """The `Medication/id` references (or full URLs) of requests that nothing sent along answers."""
    missing = set()
    for request in requests:
        try:
            pointer = _pointer(request)
        except UNDECODABLE:
            continue
        if pointer is not None and pointer.reference:
            missing.add(pointer.reference)
    return {each for each in missing if fetchable(each, others)}


def _pointer(request: Resource) -> _Pointer | None:
    if isinstance(request, SentRequest):
        given = request.medicationReference
        return _POINTER.decode(given) if isinstance(given, msgspec.Raw) else None
    if isinstance(request, Sent) or _REFERENCE not in bytes(request):
        return None
    return _PEEK.decode(request).medicationReference


def fetchable(reference: str, others: Mapping[str, Resource]) -> bool:
    """Whether a reference points to a Medication on a server that was not sent along."""
    name = relative(reference) or ""
    return name.startswith("Medication/") and name not in others and ".." not in reference


MEDICATION_REQUEST = Kind(
    source="MedicationRequest",
    types=TYPES,
    shape=resources.MEDICATION_REQUEST,
    concept=product,
    read=_read,
    renames=RENAMES,
    void=frozenset({"entered-in-error", "cancelled", "draft"}),
    peek="medicationCodeableConcept",
    dates=("authoredOn",),
    further=("medicationReference",),
)
