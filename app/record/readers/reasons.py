"""Why something was ordered or done: the coded reasons, and those that references lead to."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from app.record.readers.conditions import SUSPECTED, VOID
from app.record.readers.elements import (
    codings,
    concept_of,
    concepts_of,
    known_or_any,
    match,
    says_nothing,
    spoken_state,
    word,
)
from app.record.readers.references import about, resolve
from app.record.readers.scope import Json, Scope
from app.record.readers.shapes import CONCEPT, reference, shaped, state
from app.record.values import Concept

_POINTED_AT = {"subject": reference, "patient": reference, "code": CONCEPT, "verificationStatus": state}


def reasons_of(resource: Json, scope: Scope) -> tuple[Concept, ...]:
    """Every reason that says anything; of a reference that leads nowhere, what it is displayed as."""
    return concepts_of(resource.get("reasonCode", ()), scope) + tuple(_referred(resource, scope))


def _referred(resource: Json, scope: Scope) -> Iterator[Concept]:
    """The reasons that references lead to."""
    for pointer in resource.get("reasonReference", ()):
        reason = referred(pointer, resource, scope)
        if reason is not None:
            yield reason


def referred(pointer: Json, holder: Json, scope: Scope) -> Concept | None:
    """What a reference leads to, or is displayed as; None where neither says anything, or that is void."""
    found = _pointed_at(pointer, holder, scope)
    stands = spoken_state(found.get("verificationStatus"))
    if not VOID.isdisjoint(stands):
        return None
    shown = match(scope, codings(found.get("code")), word(pointer.get("display")))
    reason = known_or_any(concept_of(found.get("code"), scope), shown)
    if reason is None:
        return None
    return replace(reason, suspected=reason.suspected or not SUSPECTED.isdisjoint(stands))


def unread_reasons(resource: Json, scope: Scope) -> int:
    """How many reasons are withheld, or only references that lead nowhere and say nothing."""
    nowhere = (leads_nowhere(each, resource, scope) for each in resource.get("reasonReference", ()))
    return sum(nowhere) + sum(map(says_nothing, resource.get("reasonCode", ())))


def leads_nowhere(pointer: Json, holder: Json, scope: Scope) -> bool:
    """Whether a reference says nothing itself, and what it leads to was not sent."""
    return not word(pointer.get("display")) and not _pointed_at(pointer, holder, scope)


def _pointed_at(pointer: Json, holder: Json, scope: Scope) -> Json:
    """What a reference leads to, in shape; nothing where that is missing or about somebody else."""
    found = shaped(resolve(pointer.get("reference"), holder, scope) or {}, _POINTED_AT) or {}
    subjects = [found[each] for each in ("subject", "patient") if each in found]
    return found if all(about(each, scope.patient_id) for each in subjects) else {}
