"""Procedures, requests, reports and images: what was done, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.record.readers import resources
from app.record.readers.elements import (
    aged,
    codings,
    concept_of,
    dated,
    link_of,
    match,
    status_of,
    text_of,
    together,
    word,
    words_of,
)
from app.record.readers.reasons import reasons_of
from app.record.readers.scope import Json, Kind, Scope
from app.record.values import Concept, Event, When

_PERFORMED = ("performedDateTime", "performedPeriod")
_ASKED = ("occurrenceDateTime", "occurrencePeriod", "authoredOn")
_REPORTED = ("effectiveDateTime", "effectivePeriod", "issued")
_PENDING = frozenset({"preparation", "in-progress", "on-hold", "suspended", "registered"})


def coded(resource: Json, scope: Scope) -> Concept | None:
    """What was done or ordered.

    Where no value set holds the code, its words are heard together with those of the body site, and
    then whom the order is for ("referral" says little, its specialty more).
    """
    code = resource.get("code")
    found = concept_of(code, scope)
    if found is not None and found.sets:
        return found
    sites = " ".join(words_of(site) for site in resource.get("bodySite", ()))
    if sites and code is not None:
        found = match(scope, codings(code), f"{words_of(code)} {sites}")
    performer = concept_of(resource.get("performerType"), scope)
    if performer is not None and performer.sets and not (found and found.sets):
        return performer
    return found


def _event(
    resource: Json, concept: Concept, scope: Scope, source: str, when: When | None, done: bool
) -> Event:
    category = resource.get("category") or ()
    return Event(
        concept,
        source,
        when=when,
        done=done,
        category=together([category] if isinstance(category, dict) else list(category), scope),
        reasons=reasons_of(resource, scope),
        link=link_of(resource),
    )


def _reader(
    source: str, names: tuple[str, ...], done: Callable[[str], bool]
) -> Callable[[Json, Concept, Scope], Iterable[Event]]:
    """Reads events whose date stands in these elements and whose status tells whether they are done."""

    def read(resource: Json, concept: Concept, scope: Scope) -> Iterable[Event]:
        when = dated(resource, names, scope) or aged(resource.get("performedAge"), scope)
        yield _event(resource, concept, scope, source, when, done(status_of(resource)))

    return read


def _not_pending(status: str) -> bool:
    """Whether it was done: what is on record without a status that says otherwise was."""
    return status not in _PENDING


def _images(resource: Json, scope: Scope) -> Concept | None:
    """The codes of the study, else its description, series and modalities in words."""
    series = resource.get("series", ())
    modalities = [*resource.get("modality", ()), *(each["modality"] for each in series if "modality" in each)]
    procedures = resource.get("procedureCode", ())
    shown = [
        *(word(each.get("display") or each.get("code")) for each in modalities),
        word(resource.get("description")),
        *(text_of(each) for each in procedures),
        *(word(each.get("description")) for each in series),
        *(word(each["bodySite"].get("display")) for each in series if "bodySite" in each),
    ]
    triples = [triple for each in procedures for triple in codings(each)]
    return match(scope, triples, " ".join(dict.fromkeys(filter(None, shown))))


PROCEDURE = Kind(
    source="Procedure",
    types=frozenset({"Procedure"}),
    shape=resources.PROCEDURE,
    concept=coded,
    read=_reader("Procedure", _PERFORMED, _not_pending),
    renames={
        "occurrenceDateTime": "performedDateTime",
        "occurrencePeriod": "performedPeriod",
        "reasonCodeableConcept": "reasonCode",
    },
    void=frozenset({"entered-in-error", "not-done", "aborted", "stopped"}),
    further=("bodySite",),
)
REQUEST_TYPES = frozenset({"ServiceRequest", "ProcedureRequest", "ReferralRequest"})
REQUEST_RENAMES = {
    "orderedOn": "authoredOn",
    "dateSent": "authoredOn",
    "scheduledDateTime": "occurrenceDateTime",
    "scheduledPeriod": "occurrencePeriod",
    "reasonCodeableConcept": "reasonCode",
    "reason": "reasonCode",
    "serviceRequested": "code",
    "specialty": "performerType",
    "notes": "note",
}
SERVICE_REQUEST = Kind(
    source="ServiceRequest",
    types=REQUEST_TYPES,
    shape=resources.SERVICE_REQUEST,
    concept=coded,
    read=_reader("ServiceRequest", _ASKED, lambda status: status == "completed"),
    renames=REQUEST_RENAMES,
    void=frozenset(
        {"entered-in-error", "revoked", "cancelled", "stopped", "aborted", "rejected", "failed", "draft"}
    ),
    further=("bodySite", "performerType"),
)
REPORT = Kind(
    source="DiagnosticReport",
    types=frozenset({"DiagnosticReport"}),
    shape=resources.REPORT,
    concept=coded,
    read=_reader("DiagnosticReport", _REPORTED, _not_pending),
    void=frozenset({"entered-in-error", "cancelled"}),
)
IMAGES = Kind(
    source="ImagingStudy",
    types=frozenset({"ImagingStudy"}),
    shape=resources.IMAGES,
    concept=_images,
    read=_reader("ImagingStudy", ("started",), _not_pending),
    renames={"modalityList": "modality"},
    void=frozenset({"entered-in-error", "cancelled"}),
    peek=None,
    validated=False,
)
