"""Why something was ordered or done: the coded reasons, and those that references lead to."""

from __future__ import annotations

from collections.abc import Iterator

from app.record.readers.elements import concept_of, concepts_of, match, word
from app.record.readers.references import about, resolve
from app.record.readers.scope import Json, Scope
from app.record.readers.shapes import CONCEPT, reference, shaped
from app.record.values import Concept

_ABOUT = {"subject": reference, "patient": reference}


def reasons_of(resource: Json, scope: Scope) -> tuple[Concept, ...]:
    """Every reason that says anything; of a reference that leads nowhere, what it is displayed as."""
    return concepts_of(resource.get("reasonCode", ()), scope) + tuple(_referred(resource, scope))


def _referred(resource: Json, scope: Scope) -> Iterator[Concept]:
    for pointer in resource.get("reasonReference", ()):
        found = resolve(pointer.get("reference"), resource, scope) or {}
        subjects = shaped(found, _ABOUT) or {}
        ours = all(about(each, scope.patient_id) for each in subjects.values())
        coded = concept_of(shaped(found.get("code"), CONCEPT), scope) if ours else None
        reason = coded or match(scope, (), word(pointer.get("display")))
        if reason is not None:
            yield reason
