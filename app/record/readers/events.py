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
from app.record.values import Concept, Event

_PERFORMED = ("performedDateTime", "performedPeriod")
_ASKED = ("occurrenceDateTime", "occurrencePeriod", "authoredOn")
_REPORTED = ("effectiveDateTime", "effectivePeriod", "issued")
_OVER = frozenset(
    {
        "completed",
        *("partial", "preliminary", "final", "amended", "corrected", "appended", "modified"),
        *("available", "online", "nearline", "offline"),
    }
)
_PENDING = frozenset(
    {
        *("preparation", "in-progress", "on-hold", "suspended", "registered", "active"),
        *("planned", "proposed", "requested", "received", "accepted"),
    }
)


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
    if sites and found is not None:
        found = match(scope, codings(code), f"{words_of(code)} {sites}")
    performer = concept_of(resource.get("performerType"), scope)
    if performer is not None and performer.sets and not (found and found.sets):
        return performer
    return found


def _reader(
    source: str, names: tuple[str, ...], *, otherwise: bool
) -> Callable[[Json, Concept, Scope], Iterable[Event]]:
    """Reads events whose date stands in these elements.

    `otherwise` is whether one counts as done whose status says neither that it is nor that it is not.
    """

    def read(resource: Json, concept: Concept, scope: Scope) -> Iterable[Event]:
        status, category = status_of(resource), resource.get("category") or ()
        known = status in _OVER or status in _PENDING
        yield Event(
            concept,
            source,
            when=dated(resource, names, scope) or aged(resource.get("performedAge"), scope),
            done=status in _OVER if known else otherwise,
            certain=known,
            category=together([category] if isinstance(category, dict) else list(category), scope),
            reasons=reasons_of(resource, scope),
            link=link_of(resource),
        )

    return read


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
    read=_reader("Procedure", _PERFORMED, otherwise=True),
    dates=_PERFORMED,
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
    read=_reader("ServiceRequest", _ASKED, otherwise=False),
    dates=_ASKED,
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
    read=_reader("DiagnosticReport", _REPORTED, otherwise=True),
    dates=_REPORTED,
    void=frozenset({"entered-in-error", "cancelled"}),
)
IMAGES = Kind(
    source="ImagingStudy",
    types=frozenset({"ImagingStudy"}),
    shape=resources.IMAGES,
    concept=_images,
    read=_reader("ImagingStudy", ("started",), otherwise=True),
    dates=("started",),
    renames={"modalityList": "modality", "availability": "status"},
    void=frozenset({"entered-in-error", "cancelled"}),
    peek=None,
    validated=False,
)
