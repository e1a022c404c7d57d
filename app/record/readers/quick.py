"""The short way for encounters and observations that are written as FHIR R4 has it.

Whatever is unusual goes the long way, so that this changes nothing but the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from app.record.dates import past
from app.record.readers.elements import bounded, codings, states, text_of, unit_of
from app.record.readers.encounters import class_of, condition_of
from app.record.readers.observations import spoken
from app.record.readers.references import UNDECODABLE
from app.record.readers.scope import RawJson, Scope
from app.record.readers.shapes import CONCEPT, shaped
from app.record.values import Concept, Encounter, Observation, Quantity, WatchedCodes


class _Reference(msgspec.Struct, frozen=True):
    reference: str


class _Coding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    system: str = ""
    code: str = ""
    display: str = ""


class _Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    start: str = ""
    end: str = ""


class _Pointer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pointer without a display: words would have to be heard."""

    reference: str


class _Diagnosis(msgspec.Struct, frozen=True):
    condition: _Pointer


class _Encounter(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    resourceType: str
    id: str
    status: str
    class_: _Coding
    subject: _Reference
    type: tuple[Raw, ...] = ()
    reasonCode: tuple[Raw, ...] = ()
    diagnosis: tuple[_Diagnosis, ...] = ()
    period: _Period = _Period()
    reason: Raw | UnsetType = UNSET
    actualPeriod: Raw | UnsetType = UNSET
    patient: Raw | UnsetType = UNSET
    modifierExtension: Raw | UnsetType = UNSET
    reasonReference: Raw | UnsetType = UNSET


class _Quantity(msgspec.Struct, frozen=True):
    value: float
    unit: str = ""
    system: str = ""
    code: str = ""
    comparator: str = ""


class _Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    low: _Quantity | None = None
    high: _Quantity | None = None
    text: Any = None


class _Observation(msgspec.Struct, frozen=True):
    resourceType: str
    id: str
    status: str
    code: Raw
    subject: _Reference
    effectiveDateTime: str
    valueQuantity: _Quantity
    interpretation: tuple[Raw, ...] = ()
    referenceRange: tuple[_Range, ...] = ()
    component: Raw | UnsetType = UNSET
    patient: Raw | UnsetType = UNSET
    dataAbsentReason: Raw | UnsetType = UNSET
    modifierExtension: Raw | UnsetType = UNSET
    valueCodeableConcept: Raw | UnsetType = UNSET
    valueString: Raw | UnsetType = UNSET
    valueBoolean: Raw | UnsetType = UNSET


_ENCOUNTER = msgspec.json.Decoder(_Encounter)
_OBSERVATION = msgspec.json.Decoder(_Observation)
_PLAIN_STATUS = frozenset({"planned", "arrived", "triaged", "in-progress", "onleave", "finished"})
_PLAIN_RESULT = frozenset({"registered", "preliminary", "final", "amended", "corrected"})


def encounter(raw: RawJson, scope: Scope) -> Encounter | None:
    """The encounter, or None when it has to go the long way."""
    try:
        sent = _ENCOUNTER.decode(raw)
    except UNDECODABLE:
        return None
    unusual = (
        sent.reason,
        sent.reasonReference,
        sent.actualPeriod,
        sent.patient,
        sent.modifierExtension,
    )
    types = [_concept(bytes(each), scope.watch) for each in sent.type]
    reasons = [_concept(bytes(each), scope.watch) for each in sent.reasonCode]
    if (
        any(each is not UNSET for each in unusual)
        or sent.resourceType != "Encounter"
        or sent.status not in _PLAIN_STATUS
        or not _ours(sent.id, sent.subject, scope)
        or None in types
        or None in reasons
    ):
        return None
    pointers = (condition_of(each.condition.reference) for each in sent.diagnosis)
    return Encounter(
        sent.id,
        class_of(sent.class_.system, sent.class_.code, sent.class_.display),
        sent.status,
        tuple(filter(None, types)),
        tuple(filter(None, reasons)),
        tuple(filter(None, pointers)),
        past(sent.period.start, scope.today),
        past(sent.period.end, scope.today),
        f"Encounter/{sent.id}",
    )


def observation(raw: RawJson, scope: Scope) -> Observation | None:
    """A measured value without components, or None when it has to go the long way."""
    try:
        sent = _OBSERVATION.decode(raw)
    except UNDECODABLE:
        return None
    unusual = (
        sent.component,
        sent.patient,
        sent.dataAbsentReason,
        sent.modifierExtension,
        sent.valueCodeableConcept,
        sent.valueString,
        sent.valueBoolean,
    )
    concept = _concept(bytes(sent.code), scope.watch)
    flags = [_flags(bytes(each)) for each in sent.interpretation]
    if (
        any(each is not UNSET for each in unusual)
        or sent.resourceType != "Observation"
        or sent.status not in _PLAIN_RESULT
        or not _ours(sent.id, sent.subject, scope)
        or concept is None
        or not concept.sets
        or None in flags
    ):
        return None
    normal = next((each for each in sent.referenceRange if each.low or each.high), _Range())
    return Observation(
        concept,
        value=_amount(sent.valueQuantity),
        when=past(sent.effectiveDateTime, scope.today),
        interpretation=frozenset[str]().union(*filter(None, flags)),
        reference_low=_amount(normal.low),
        reference_high=_amount(normal.high),
        link=f"Observation/{sent.id}",
    )


QUICK: Mapping[str, Callable[[RawJson, Scope], Encounter | Observation | None]] = {
    "Encounter": encounter,
    "Observation": observation,
}


def _ours(name: str, subject: _Reference, scope: Scope) -> bool:
    return bool(name) and name == name.strip() and subject.reference == f"Patient/{scope.patient_id}"


@lru_cache(maxsize=4_096)
def _concept(raw: bytes, watch: WatchedCodes) -> Concept | None:
    """A CodeableConcept after matching; None for what says nothing or is no concept."""
    try:
        concept = shaped(msgspec.json.decode(raw), CONCEPT)
    except UNDECODABLE:
        return None
    triples, text = codings(concept), text_of(concept)
    return watch.match(triples, text) if triples or text else None


@lru_cache(maxsize=1_024)
def _flags(raw: bytes) -> frozenset[str] | None:
    try:
        return spoken(states(shaped(msgspec.json.decode(raw), CONCEPT)))
    except UNDECODABLE:
        return None


def _amount(value: _Quantity | None) -> Quantity | None:
    if value is None:
        return None
    return Quantity(bounded(value.comparator, value.value), _unit(value.code, value.unit, value.system))


@lru_cache(maxsize=1_024)
def _unit(code: str, unit: str, system: str) -> str | None:
    return unit_of({"code": code.strip(), "unit": unit.strip(), "system": system.strip()})
