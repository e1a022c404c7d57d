"""Encounters: where and why the patient was seen, and which diagnoses belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.record.dates import instant, past
from app.record.readers import resources
from app.record.readers.elements import concepts_of, link_of, match, status_of, word
from app.record.readers.reasons import leads_nowhere, referred
from app.record.readers.references import relative, target
from app.record.readers.scope import Json, Kind, Scope
from app.record.values import Concept, Encounter

_ACT_CODES = ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://hl7.org/fhir/v3/ActCode")
_CODING = ("system", "code", "display")
_SPOKEN = {
    "inpatient": "IMP",
    "outpatient": "AMB",
    "ambulatory": "AMB",
    "emergency": "EMER",
    "home": "HH",
    "home health": "HH",
    "field": "FLD",
    "virtual": "VR",
    "observation": "OBSENC",
    "short stay": "SS",
}


def _read(resource: Json, concept: Concept, scope: Scope) -> Iterable[Encounter]:
    period = resource.get("period") or {}
    pointers = [each.get("condition") or {} for each in resource.get("diagnosis", ())]
    pointers += resource.get("reasonReference", ())
    said = (_said(each, resource, scope) for each in pointers)
    yield Encounter(
        word(resource.get("id")) or None,
        class_code=class_named(resource.get("class")),
        status=status_of(resource) or None,
        types=concepts_of(resource.get("type", ()), scope),
        reasons=concepts_of(resource.get("reasonCode", ()), scope) + tuple(filter(None, said)),
        diagnoses=tuple(filter(None, (condition_of(each.get("reference")) for each in pointers))),
        start=past(period.get("start"), scope.today, scope.first),
        end=past(period.get("end"), scope.today, scope.first),
        link=link_of(resource),
        bare=tuple(filter(None, (_bare(each, resource, scope) for each in pointers))),
        at=begun(status_of(resource), period.get("start")),
    )


def begun(status: str, start: object) -> datetime | None:
    """The moment at which a visit started: which of a day is the current one; of what is over nobody asks."""
    return None if status == "finished" else instant(start)


def _said(pointer: Json, resource: Json, scope: Scope) -> Concept | None:
    """What a pointer says itself, or what is contained where it leads; other Conditions are read as such."""
    if _inside(pointer.get("reference")):
        return referred(pointer, resource, scope)
    return match(scope, (), word(pointer.get("display")))


def _bare(pointer: Json, resource: Json, scope: Scope) -> str | None:
    """Where a pointer without words leads, but for what is contained."""
    reference = pointer.get("reference")
    if _inside(reference):
        return word(reference) if leads_nowhere(pointer, resource, scope) else None
    return None if word(pointer.get("display")) else condition_of(reference)


def _inside(reference: object) -> bool:
    """Whether a reference leads to a contained resource."""
    return word(reference).startswith("#")


def class_named(coding: Json | None) -> str | None:
    """A v3-ActCode; a site's own code only where it says one of them in words."""
    system, code, display = (word((coding or {}).get(name)) for name in _CODING)
    shown = display.lower()
    if system in ("", *_ACT_CODES):
        return _SPOKEN.get(code.lower(), code.upper()) or _SPOKEN.get(shown)
    return _SPOKEN.get(shown) or code or None


def condition_of(reference: object) -> str | None:
    """`Condition/id`, as the link of the Condition is written."""
    found = target(reference)
    return relative(reference) or (f"Condition/{found[1]}" if found else None)


def _any(resource: Json, scope: Scope) -> Concept:
    """Every encounter matters: facts ask for classes and dates, too."""
    return Concept()


ENCOUNTER = Kind(
    source="Encounter",
    types=frozenset({"Encounter"}),
    shape=resources.ENCOUNTER,
    concept=_any,
    read=_read,
    renames={"reason": "reasonCode", "actualPeriod": "period"},
    void=frozenset({"entered-in-error", "cancelled"}),
    peek=None,
    validated=False,
)
