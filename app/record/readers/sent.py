"""Resources as they were sent, each decoded in one pass into the elements that are read of it.

Of most elements the JSON is kept: what is not needed is never decoded, and what many patients have in
common is known by its JSON. An entry that does not fit is no fault: it is decoded as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

UNDECODABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding raises for JSON that is broken, of the wrong types or too deep."""
Element = Raw | UnsetType
Text = str | None | UnsetType


class Reference(Struct, gc=False):
    """A reference, as far as it is written as FHIR R4 has it."""

    reference: Text = UNSET
    display: Text = UNSET


Pointer = Reference | None | UnsetType


class Period(Struct, gc=False):
    """A period of two dates."""

    start: Text = UNSET
    end: Text = UNSET


class Sent(Struct, gc=False, kw_only=True):
    """What all resources have in common."""

    resourceType: str
    id: Text = UNSET
    status: Text = UNSET
    code: Element = UNSET
    subject: Pointer = UNSET
    patient: Pointer = UNSET
    modifierExtension: Element = UNSET
    contained: Element = UNSET


class Observation(Sent, gc=False, kw_only=True):
    """An Observation."""

    effectiveDateTime: Text = UNSET
    effectivePeriod: Element = UNSET
    effectiveInstant: Element = UNSET
    issued: Element = UNSET
    valueQuantity: Element = UNSET
    valueCodeableConcept: Element = UNSET
    valueString: Element = UNSET
    valueBoolean: Element = UNSET
    valueInteger: Element = UNSET
    valueRange: Element = UNSET
    dataAbsentReason: Element = UNSET
    interpretation: Element = UNSET
    referenceRange: Element = UNSET
    component: Element = UNSET


class Encounter(Sent, gc=False, kw_only=True, rename={"class_": "class"}):
    """An Encounter."""

    class_: Element = UNSET
    type: Element = UNSET
    reasonCode: Element = UNSET
    reasonReference: Element = UNSET
    diagnosis: Element = UNSET
    period: Period | UnsetType | None = UNSET
    reason: Element = UNSET
    actualPeriod: Element = UNSET


class Condition(Sent, gc=False, kw_only=True):
    """A Condition."""

    clinicalStatus: Element = UNSET
    verificationStatus: Element = UNSET
    category: Element = UNSET
    severity: Element = UNSET
    encounter: Pointer = UNSET
    recordedDate: Text = UNSET
    onsetDateTime: Text = UNSET
    onsetPeriod: Element = UNSET
    onsetAge: Element = UNSET
    abatementDateTime: Text = UNSET
    abatementPeriod: Element = UNSET
    abatementAge: Element = UNSET
    abatementRange: Element = UNSET
    abatementString: Element = UNSET
    abatementBoolean: Element = UNSET
    dateRecorded: Element = UNSET
    assertedDate: Element = UNSET
    context: Element = UNSET


class _Request(Sent, gc=False, kw_only=True):
    intent: Text = UNSET
    priority: Element = UNSET
    doNotPerform: Element = UNSET
    authoredOn: Text = UNSET
    category: Element = UNSET
    reasonCode: Element = UNSET
    reasonReference: Element = UNSET
    note: Element = UNSET
    reasonCodeableConcept: Element = UNSET


class MedicationRequest(_Request, gc=False, kw_only=True):
    """A MedicationRequest."""

    medicationCodeableConcept: Element = UNSET
    medicationReference: Element = UNSET
    priorPrescription: Element = UNSET
    dosageInstruction: Element = UNSET
    dispenseRequest: Element = UNSET
    dateWritten: Element = UNSET


class ServiceRequest(_Request, gc=False, kw_only=True):
    """A ServiceRequest."""

    bodySite: Element = UNSET
    performerType: Element = UNSET
    orderDetail: Element = UNSET
    occurrenceDateTime: Element = UNSET
    occurrencePeriod: Element = UNSET
    orderedOn: Element = UNSET
    dateSent: Element = UNSET
    scheduledDateTime: Element = UNSET
    scheduledPeriod: Element = UNSET
    reason: Element = UNSET
    serviceRequested: Element = UNSET
    specialty: Element = UNSET
    notes: Element = UNSET


class Procedure(Sent, gc=False, kw_only=True):
    """A Procedure."""

    category: Element = UNSET
    bodySite: Element = UNSET
    notDone: Element = UNSET
    reasonCode: Element = UNSET
    reasonReference: Element = UNSET
    performedDateTime: Element = UNSET
    performedPeriod: Element = UNSET
    performedAge: Element = UNSET
    occurrenceDateTime: Element = UNSET
    occurrencePeriod: Element = UNSET
    reasonCodeableConcept: Element = UNSET


class DiagnosticReport(Sent, gc=False, kw_only=True):
    """A DiagnosticReport."""

    category: Element = UNSET
    effectiveDateTime: Element = UNSET
    effectivePeriod: Element = UNSET
    issued: Element = UNSET


class AllergyIntolerance(Sent, gc=False, kw_only=True):
    """An AllergyIntolerance."""

    clinicalStatus: Element = UNSET
    verificationStatus: Element = UNSET
    recordedDate: Element = UNSET
    reaction: Element = UNSET
    substance: Element = UNSET
    assertedDate: Element = UNSET


RawJson = Raw | bytes
"""One resource as the EHR sent it, not decoded yet."""
Resource = RawJson | Sent
SENT: Mapping[str, type[Sent]] = {
    each.__name__: each
    for each in (
        AllergyIntolerance,
        Condition,
        DiagnosticReport,
        Encounter,
        MedicationRequest,
        Observation,
        Procedure,
        ServiceRequest,
    )
}
"""By FHIR type; resources of any other are decoded as a whole."""
_DECODERS = {name: msgspec.json.Decoder(each) for name, each in SENT.items()}


def opened(source: str, resource: Resource) -> Sent | None:
    """The resource in its elements, or None where it has to be decoded as a whole."""
    if isinstance(resource, Sent):
        return resource
    decoder = _DECODERS.get(source)
    try:
        return decoder.decode(resource) if decoder else None
    except UNDECODABLE:
        return None


def whole(resource: Resource) -> Any:
    """All of the resource that was kept, as plain JSON values. Raises UNDECODABLE for broken JSON."""
    return msgspec.json.decode(msgspec.json.encode(resource) if isinstance(resource, Sent) else resource)
