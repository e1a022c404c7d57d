"""The orders of a call: the drafts as the EHR sent them, what they say, and which of them are judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from msgspec import structs

from app.errors import BadRequest
from app.record.entries import GROUPS, Entry, chosen, entries, named, whole
from app.record.readers import resources
from app.record.readers.elements import match, spoken_state, text_of, word, words_of
from app.record.readers.events import REQUEST_RENAMES, SERVICE_REQUEST, coded
from app.record.readers.medications import MEDICATION_REQUEST, medication
from app.record.readers.reasons import reasons_of, unread_reasons
from app.record.readers.references import about
from app.record.readers.scope import Json, Kind, Loss, Lost, Scope, count, gaps_of
from app.record.readers.sent import RawJson
from app.record.reading import checked, in_shape, void
from app.record.values import Concept, Gap, Order

SOURCE = "Order"
_VOID = frozenset(
    {
        "entered-in-error",
        "cancelled",
        "stopped",
        "revoked",
        "completed",
        "aborted",
        "rejected",
        "failed",
        "ended",
    }
)
_MEDICATION = replace(MEDICATION_REQUEST, void=_VOID)
_SERVICE = replace(SERVICE_REQUEST, void=_VOID, validated=False)
_OTHER = Kind(
    source="ServiceRequest",
    types=frozenset(
        {
            "CommunicationRequest",
            "DeviceRequest",
            "DeviceUseRequest",
            "DiagnosticOrder",
            "NutritionOrder",
            "SupplyRequest",
            "VisionPrescription",
        }
    ),
    shape=resources.SERVICE_REQUEST,
    concept=coded,
    read=SERVICE_REQUEST.read,
    renames={**REQUEST_RENAMES, "codeCodeableConcept": "code", "itemCodeableConcept": "code"},
    void=_VOID,
    validated=False,
)
_KINDS = {name: kind for kind in (_MEDICATION, _SERVICE, _OTHER) for name in kind.types}
_BESIDE = frozenset(
    {
        "Account",
        "AllergyIntolerance",
        "Appointment",
        "BodyStructure",
        "Claim",
        "Condition",
        "Consent",
        "Coverage",
        "Device",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "EpisodeOfCare",
        "Goal",
        "Group",
        "HealthcareService",
        "ImagingStudy",
        "List",
        "Location",
        "Medication",
        "Observation",
        "Organization",
        "Patient",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "Provenance",
        "QuestionnaireResponse",
        "RelatedPerson",
        "RiskAssessment",
        "Specimen",
        "Substance",
    }
)
"""What stands beside orders and asks for nothing itself; any other type may be an order."""


class Drafts(msgspec.Struct, frozen=True):
    """The orders of a call. `judged` are those that were selected, or all.

    `void` counts drafts that are not to be carried out, `ignored` entries that are no orders,
    `unmatched` selections that name no entry.
    """

    orders: tuple[Order, ...] = ()
    judged: tuple[Order, ...] = ()
    gaps: tuple[Gap, ...] = ()
    void: int = 0
    ignored: int = 0
    unmatched: int = 0


@dataclass(slots=True)
class _Pile:
    """What the entries came to, while they are gone through."""

    orders: list[Order] = field(default_factory=list)
    by_reference: dict[str, list[Json]] = field(default_factory=dict)
    losses: dict[Loss, int] = field(default_factory=dict)
    void: int = 0
    ignored: int = 0


def read_orders(
    draft_orders: RawJson | Json | None, selections: Sequence[str] | None, scope: Scope
) -> Drafts:
    """The orders in `draftOrders`: a Bundle of any type, or a bare resource.

    `selections` None or empty, or none of which names an entry, means every draft. Medications and
    Conditions among the entries resolve references; an entry that may be an order and is none that is
    known is a gap. Raises BadRequest for what is no Bundle, and for an order of another patient.
    """
    if draft_orders is None:
        return Drafts()
    sent = entries(draft_orders)
    scope = structs.replace(scope, drafts=named(sent))
    pile = _Pile()
    for position, entry in enumerate(sent):
        try:
            _add(pile, position, entry, scope)
        except Lost as lost:
            count(pile.losses, lost.loss)
        except BadRequest:
            raise
        except Exception as fault:
            count(pile.losses, Loss.UNREADABLE)
            count(scope.tally.faults, type(fault).__name__)
    orders = tuple(pile.orders)
    picked, unmatched = chosen(sent, selections or ())
    judged = tuple(order for order in orders if order.position in picked)
    return Drafts(orders, judged, gaps_of(SOURCE, pile.losses), pile.void, pile.ignored, unmatched)


def _add(pile: _Pile, position: int, entry: Entry, scope: Scope) -> None:
    """Put one entry where it belongs."""
    resource = entry.resource
    kind = _KINDS.get(word(resource.get("resourceType")))
    if kind is None:
        if not _asks_nothing(resource, scope):
            raise Lost(Loss.UNREADABLE)
        pile.ignored += 1
        return
    shape = in_shape(kind, _with_items(resource))
    if not about(shape.get("subject"), scope.patient_id):
        raise BadRequest(f"{entry.where}.subject", "This draft order is for another patient.")
    if void(kind, shape):
        pile.void += 1
        return
    concept = _concept(pile, kind, shape, scope)
    for _ in range(unread_reasons(shape, scope)):
        count(pile.losses, Loss.UNREASONED)
    order = _order(position, checked(kind, shape, scope), concept, entry, scope)
    twins = pile.by_reference.setdefault(order.reference, [])
    if entry.as_sent in twins and "/" in order.reference:
        pile.ignored += 1  # the same order sent twice is one order
        return
    pile.orders.append(structs.replace(order, twin=len(twins)) if twins else order)
    twins.append(entry.as_sent)


def _asks_nothing(resource: Json, scope: Scope) -> bool:
    """Whether what is no order stands there for the others: a group is as good as what it groups."""
    kind = word(resource.get("resourceType"))
    return kind in _BESIDE or (kind in GROUPS and whole(resource, scope.drafts))


def _with_items(resource: Json) -> Json:
    """An order of DSTU2 that lists what is ordered as items, with their codes as its own."""
    items = resource.get("item")
    if resource["resourceType"] != "DiagnosticOrder" or not isinstance(items, list):
        return resource
    return {**resource, "code": [each.get("code") for each in items if isinstance(each, dict)]}


def _concept(pile: _Pile, kind: Kind, resource: Json, scope: Scope) -> Concept:
    """What is ordered; a draft may not say it yet, and a reference that leads nowhere is a gap."""
    try:
        concept = kind.concept(resource, scope) or Concept()
    except Lost as lost:
        count(pile.losses, lost.loss)
        return Concept()
    if not concept.sets:
        for system in concept.foreign:
            count(scope.tally.foreign, system)
    return concept


def _order(position: int, resource: Json, concept: Concept, entry: Entry, scope: Scope) -> Order:
    reasons = tuple(dict.fromkeys([*reasons_of(resource, scope), *_suspicions(resource, scope)]))
    name = "" if entry.contained else word(resource.get("id"))
    kind = resource["resourceType"]
    drug = medication(resource, concept, scope) if kind in _MEDICATION.types else None
    return Order(
        kind,
        f"{kind}/{name}" if name else kind,
        position,
        concept,
        reasons=reasons,
        priority=word(resource.get("priority")).lower() or None,
        status=word(resource.get("status")).lower() or None,
        categories=frozenset[str]().union(*map(spoken_state, resource.get("category", ()))),
        reason_unread=unread_reasons(resource, scope) > 0,
        drug=structs.replace(drug, reasons=reasons) if drug else None,
        raw=entry.as_sent,
    )


def _suspicions(resource: Json, scope: Scope) -> Iterable[Concept]:
    """What words of doubt in the order's own text point to: "rule out" asks for a look, not for a no."""
    told = [*resource.get("reasonCode", ()), *resource.get("orderDetail", ())]
    texts = [
        text_of(resource.get("code")),
        *map(words_of, told),
        *(word(note.get("text")) for note in resource.get("note", ())),
    ]
    for text in dict.fromkeys(filter(None, texts)):
        found = match(scope, (), text)
        if found is not None and found.suspected:
            yield found
