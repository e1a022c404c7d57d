"""Conditions and allergies: what stands on the problem list, how sure, since when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec.structs import replace

from app.record.dates import past
from app.record.readers import resources
from app.record.readers.elements import (
    aged,
    concept_of,
    known_or_any,
    link_of,
    spoken_state,
    states,
    words_of,
)
from app.record.readers.references import target
from app.record.readers.scope import Json, Kind, Scope
from app.record.values import ACTIVE, Allergy, Concept, Condition, When

SUSPECTED = frozenset({"provisional", "differential", "unconfirmed"})
_CLINICAL = ("active", "recurrence", "relapse", "remission", "inactive", "resolved")
"""The states that say something, those first that win where several are given."""
_CATEGORIES = {"problem-list-item": "problem", "encounter-diagnosis": "encounter"}
_UNDATED_ENDS = ("abatementRange", "abatementString", "abatementBoolean")


def _code(resource: Json, scope: Scope) -> Concept | None:
    return concept_of(resource.get("code"), scope)


def _condition(resource: Json, concept: Concept, scope: Scope) -> Iterable[Condition]:
    status, onset = clinical_status(resource.get("clinicalStatus")), _onset(resource, scope)
    yield Condition(
        concept,
        clinical_status=status,
        suspected=concept.suspected or doubted(resource.get("verificationStatus")),
        onset=onset,
        recorded=past(resource.get("recordedDate"), scope.today, scope.first),
        abated=_abated(resource, status, onset, scope),
        category=category(resource.get("category", ())),
        encounter=_encounter(resource),
        severity=severity(resource.get("severity")),
        link=link_of(resource),
    )


def clinical_status(concept: Json | None) -> str | None:
    """The clinical status; a word that nobody knows says as little as none."""
    said = spoken_state(concept)
    return next((each for each in _CLINICAL if each in said), None)


def doubted(concept: Json | None) -> bool:
    """Whether a verification status leaves open that it is so."""
    return not SUSPECTED.isdisjoint(spoken_state(concept))


def _onset(resource: Json, scope: Scope) -> When | None:
    began = (resource.get("onsetPeriod") or {}).get("start")
    return (
        past(resource.get("onsetDateTime"), scope.today, scope.first)
        or past(began, scope.today, scope.first)
        or aged(resource.get("onsetAge"), scope)
    )


def _abated(resource: Json, status: str | None, onset: When | None, scope: Scope) -> bool:
    """An end in the future has not come; an open period has none. A status beats an end without a date."""
    at, period, age = (resource.get(f"abatement{name}") for name in ("DateTime", "Period", "Age"))
    if at or period or (age and scope.birth):
        end = past((period or {}).get("end"), scope.today, scope.first) or aged(age, scope)
        return ended(status, past(at, scope.today, scope.first) or end, onset, scope.today)
    said = age or any(resource.get(name) not in (None, False, "false") for name in _UNDATED_ENDS)
    return bool(said) and status not in ACTIVE


def ended(status: str | None, end: When | None, onset: When | None, today: date) -> bool:
    """Whether it is over by its end; one before its onset is none.

    What is said to be active is over only by an end that surely lies behind it.
    """
    if end is None or (onset is not None and end.latest < onset.earliest):
        return False
    return end.latest < today or status not in ACTIVE


def category(concepts: Iterable[Json]) -> str | None:
    """Problem or encounter, the first that is said; None for anything else."""
    said = states(*concepts)
    said |= {word.replace(" ", "-") for word in said}
    return next((ours for theirs, ours in _CATEGORIES.items() if theirs in said), None)


def _encounter(resource: Json) -> str | None:
    found = target((resource.get("encounter") or {}).get("reference"))
    return found[1] if found else None


def severity(concept: Json | None) -> str | None:
    """In one word where it has one: "Severe (severity modifier)" is severe."""
    shown = words_of(concept) or next(iter(states(concept)), "")
    return shown.partition(" (")[0].lower() or None


def _substance(resource: Json, scope: Scope) -> Concept | None:
    """What the patient cannot take: the code may name a class only, and each reaction a substance of it."""
    substances = [concept_of(each.get("substance"), scope) for each in resource.get("reaction", ())]
    found = known_or_any(_code(resource, scope), *substances)
    others = [each for each in substances if each and found and not each.sets <= found.sets]
    if found is None or not others:
        return found
    coded = found.coded.union(*(each.coded for each in others))
    return replace(found, coded=coded, worded=found.worded.union(*(each.worded for each in others)))


def _allergy(resource: Json, concept: Concept, scope: Scope) -> Iterable[Allergy]:
    status = resource.get("status")
    said = status.lower() if isinstance(status, str) else None
    stated = clinical_status(resource.get("clinicalStatus"))
    yield Allergy(
        concept,
        clinical_status=stated or (said if said in ("active", "inactive", "resolved") else None),
        suspected=concept.suspected or doubted(resource.get("verificationStatus")) or said in SUSPECTED,
        recorded=past(resource.get("recordedDate"), scope.today, scope.first),
        link=link_of(resource),
    )


VOID = frozenset({"entered-in-error", "refuted"})
CONDITION = Kind(
    source="Condition",
    types=frozenset({"Condition"}),
    shape=resources.CONDITION,
    concept=_code,
    read=_condition,
    renames={"dateRecorded": "recordedDate", "assertedDate": "recordedDate", "context": "encounter"},
    void=VOID,
)
ALLERGY = Kind(
    source="AllergyIntolerance",
    types=frozenset({"AllergyIntolerance"}),
    shape=resources.ALLERGY,
    concept=_substance,
    read=_allergy,
    renames={"substance": "code", "assertedDate": "recordedDate"},
    void=VOID,
    further=("reaction",),
)
