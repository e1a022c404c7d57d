"""The one reading path: undecoded FHIR entries in, neutral values out, and a gap for what was lost.

Each entry is peeked at, put into shape, checked with fhir.resources and read, under a guard: one bad
entry never sinks the rest, and never counts as an empty one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app.answer import CANNOT_TELL, NO, YES, Truth
from app.record.dates import first_day, past, when
from app.record.fhir_models import accepted
from app.record.readers import resources
from app.record.readers.conditions import ALLERGY, CONDITION
from app.record.readers.elements import dated, is_false, is_true, spoken_state, status_of, word
from app.record.readers.encounters import ENCOUNTER
from app.record.readers.events import IMAGES, PROCEDURE, REPORT, SERVICE_REQUEST
from app.record.readers.medications import MEDICATION_REQUEST, unresolved_medications
from app.record.readers.observations import OBSERVATION
from app.record.readers.quick import short_way
from app.record.readers.references import about, referable
from app.record.readers.scope import Json, Kind, Loss, Lost, Scope, Tally, count, gaps_of
from app.record.readers.sent import UNDECODABLE, Resource, opened, whole
from app.record.readers.shapes import shaped
from app.record.record import Collection
from app.record.steps import Steps, finished
from app.record.values import Encounter, Gap, Patient, When

__all__ = [
    "KINDS",
    "Scope",
    "Tally",
    "read_collection",
    "read_patient",
    "referable",
    "unresolved_medications",
]

KINDS = {
    kind.source: kind
    for kind in (
        ALLERGY,
        CONDITION,
        ENCOUNTER,
        IMAGES,
        MEDICATION_REQUEST,
        OBSERVATION,
        PROCEDURE,
        REPORT,
        SERVICE_REQUEST,
    )
}
LONG = 50
"""Entries of a source that is read in steps."""
STEP = 120
"""So much is read without a pause, in entries that go the short way: less than half a millisecond."""
_VALIDATED, _LONG_WAY = 8, 24
"""What others take, in the same measure."""
_RENAMES = {"patient": "subject"}
_SEXES = frozenset({"female", "male", "other"})
_NOT_ORDERED = frozenset({"option", "proposal"})
_UNCLEAR = (Gap("Patient", "date of death could not be read"),)


def read_collection(source: str, raws: Sequence[Resource], gaps: tuple[Gap, ...], scope: Scope) -> Collection:
    """The watched values of one FHIR resource type, and what could not be read of it.

    `raws` are resources as they were sent, `gaps` what is known already not to have been sent. Never
    raises for what an entry holds.
    """
    return finished(reading(source, raws, gaps, scope))


def reading(source: str, raws: Sequence[Resource], gaps: tuple[Gap, ...], scope: Scope) -> Steps[Collection]:
    """The same in steps of some entries, between which others may have their turn."""
    kind = KINDS[source]
    items: list[Any] = []
    losses: dict[Loss, int] = {}
    until: dict[Loss, date] = {}
    work = 0
    for raw in raws:
        if work >= STEP:
            work = 0
            yield
        work += 1
        try:
            found = _by_short_way(kind, raw, scope)
            if found is None:
                work += _LONG_WAY
                found = _by_long_way(kind, raw, scope)
            elif found and kind.validated:
                work += _VALIDATED
            items += found
        except Lost as lost:
            count(losses, lost.loss)
            until[lost.loss] = max(until.get(lost.loss, lost.until), lost.until)
        except Exception as fault:
            count(losses, Loss.UNREADABLE)
            until[Loss.UNREADABLE] = date.max
            count(scope.tally.faults, type(fault).__name__)
    if len(raws) > LONG:
        yield
    return Collection(tuple(items), _by_set(items), gaps + gaps_of(source, losses, until))


def _by_set(items: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    sets: dict[str, list[Any]] = {}
    for item in items:
        for name in _sets_of_visit(item) if isinstance(item, Encounter) else item.concept.sets:
            sets.setdefault(name, []).append(item)
    return {name: tuple(each) for name, each in sets.items()}


def _sets_of_visit(visit: Encounter) -> frozenset[str]:
    concepts = visit.types + visit.reasons
    if len(concepts) == 1:
        return concepts[0].sets
    return frozenset[str]().union(*(concept.sets for concept in concepts))


def _by_short_way(kind: Kind, raw: Resource, scope: Scope) -> Sequence[Any] | None:
    entry = opened(kind.source, raw) if scope.filtering else None
    return None if entry is None else short_way(kind, entry, scope)


def _by_long_way(kind: Kind, raw: Resource, scope: Scope) -> Sequence[Any]:
    sent = decoded(raw)
    if sent.get("resourceType") not in kind.types:
        return ()
    resource = in_shape(kind, sent)
    if not about(resource.get("subject"), scope.patient_id):
        raise Lost(Loss.OTHER_PATIENT)
    if void(kind, resource):
        scope.tally.void += 1
        return ()
    concept = kind.concept(resource, scope)
    if concept is None:
        seen = dated(resource, kind.dates, scope)
        raise Lost(Loss.UNREADABLE, seen.latest if seen else date.max)
    if kind is not ENCOUNTER and not concept.sets:
        scope.tally.irrelevant += 1
        for system in concept.foreign:
            count(scope.tally.foreign, system)
        return ()
    return list(kind.read(checked(kind, resource, scope), concept, scope))


def decoded(resource: Resource) -> Json:
    """One resource as a mapping. Raises Lost for broken JSON and for what is no resource."""
    try:
        sent = whole(resource)
    except UNDECODABLE:
        raise Lost(Loss.UNREADABLE) from None
    if not isinstance(sent, dict) or not isinstance(sent.get("resourceType"), str):
        raise Lost(Loss.UNREADABLE)
    return sent


def in_shape(kind: Kind, sent: Json) -> Json:
    """The elements that are read, under their R4 names and in their R4 form; `sent` stays as it is."""
    renamed = sent
    if not (kind.renames.keys().isdisjoint(sent) and _RENAMES.keys().isdisjoint(sent)):
        renamed = dict(sent)
        for old, new in (*_RENAMES.items(), *kind.renames.items()):
            if sent.get(old) and not sent.get(new):
                renamed[new] = sent[old]
    return {**(shaped(renamed, kind.shape) or {}), "resourceType": sent["resourceType"]}


def void(kind: Kind, resource: Json) -> bool:
    """Whether the resource says of itself that it does not count: an error, refuted, not to be done."""
    said = spoken_state(resource.get("verificationStatus")) | {status_of(resource)}
    return (
        not said.isdisjoint(kind.void)
        or word(resource.get("intent")).lower() in _NOT_ORDERED
        or is_true(resource.get("doNotPerform"))
        or is_true(resource.get("notDone"))
    )


def checked(kind: Kind, resource: Json, scope: Scope) -> Json:
    """A resource in shape as its model accepts it. Raises Lost when an extension changes its meaning."""
    if resource.get("modifierExtension"):
        raise Lost(Loss.UNREADABLE)
    return accepted(kind.source, resource, scope.tally) if kind.validated else resource


def read_patient(raw: Resource | None, scope: Scope) -> tuple[Patient, tuple[Gap, ...]]:
    """Age, sex and whether the patient died; a Patient that is somebody else is never used.

    A death that cannot be read is a gap: it must not silence what a living patient needs.
    """
    if raw is None:
        return Patient(), ()
    try:
        sent = decoded(raw)
    except Lost as lost:
        return Patient(), gaps_of("Patient", {lost.loss: 1})
    resource = shaped(sent, resources.PATIENT) or {}
    if resource.get("resourceType") != "Patient" or resource.get("modifierExtension"):
        return Patient(), gaps_of("Patient", {Loss.UNREADABLE: 1})
    if word(resource.get("id")) not in ("", scope.patient_id):
        return Patient(), gaps_of("Patient", {Loss.OTHER_PATIENT: 1})
    sex = word(resource.get("gender")).lower()
    birth = past(resource.get("birthDate"), scope.today, scope.first)
    died = _died(resource, birth, scope.today)
    return Patient(
        birth, sex if sex in _SEXES else None, died is YES
    ), _UNCLEAR if died is CANNOT_TELL else ()


def _died(resource: Json, birth: When | None, today: date) -> Truth:
    """By the truth value, else by a day that has come; a day of no life is what systems write for none."""
    said, day = resource.get("deceasedBoolean"), resource.get("deceasedDateTime")
    if said is not None:
        return YES if is_true(said) else NO if is_false(said) else CANNOT_TELL
    if day is None:
        return NO
    if when(day) is None:
        return CANNOT_TELL
    return YES if past(day, today, first_day(birth, today)) else NO
