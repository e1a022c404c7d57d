"""The orders of a call: the drafts as the EHR sent them, what they say, and which of them are judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from msgspec import structs

from app.errors import BadRequest
from app.record.readers import resources
from app.record.readers.elements import match, spoken_state, text_of, word, words_of
from app.record.readers.events import REQUEST_RENAMES, SERVICE_REQUEST, coded
from app.record.readers.medications import MEDICATION_REQUEST, medication
from app.record.readers.reasons import reasons_of, unread_reasons
from app.record.readers.references import about, relative
from app.record.readers.scope import Json, Kind, Loss, Lost, Scope, count, gaps_of
from app.record.readers.sent import UNDECODABLE, RawJson
from app.record.reading import checked, in_shape, void
from app.record.values import Concept, Gap, Order

SOURCE = "Order"
_ELEMENT = "context.draftOrders"
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
_AS_SENT = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
"""Keeps every digit of a decimal: the EHR gets its own order back, not our reading of it."""
_DECIMAL = re.compile(rb"\d[.eE]")


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

    `selections` None, or empty, means every draft. Medications and Conditions among the entries
    resolve references. Raises BadRequest for what is no Bundle, and for an order of another patient.
    """
    if draft_orders is None:
        return Drafts()
    as_sent, readable = (_resources(each) for each in _twice(draft_orders))
    scope = structs.replace(scope, drafts=_named(readable))
    pile = _Pile()
    for position, resource in enumerate(readable):
        try:
            _add(pile, position, resource, as_sent[position], scope)
        except Lost as lost:
            count(pile.losses, lost.loss)
        except BadRequest:
            raise
        except Exception as fault:
            count(pile.losses, Loss.UNREADABLE)
            count(scope.tally.faults, type(fault).__name__)
    orders = tuple(pile.orders)
    gaps = gaps_of(SOURCE, pile.losses)
    wanted = frozenset(filter(None, map(_plain, selections or ())))
    if not wanted:
        return Drafts(orders, orders, gaps, pile.void, pile.ignored)
    judged = tuple(order for order in orders if wanted & _names(order.raw))
    known = frozenset[str]().union(*(_names(each) for each in readable))
    return Drafts(orders, judged, gaps, pile.void, pile.ignored, len(wanted - known))


def _twice(draft_orders: RawJson | Json) -> tuple[Json, Json]:
    """The draft orders as they were sent, and with plain numbers to read."""
    if isinstance(draft_orders, dict):
        return draft_orders, draft_orders
    try:
        readable = msgspec.json.decode(draft_orders)
        as_sent = _AS_SENT.decode(draft_orders) if _DECIMAL.search(draft_orders) else readable
    except UNDECODABLE:
        raise BadRequest(_ELEMENT, "The draft orders are not JSON that can be read.") from None
    if not isinstance(readable, dict):
        raise BadRequest(_ELEMENT, "The draft orders are not a Bundle.")
    return as_sent, readable


def _resources(sent: Json) -> list[Json]:
    """The resource of each entry, or the entry itself where it is one; empty where there is none."""
    if sent.get("entry") is None:
        return [] if sent.get("resourceType", "Bundle") == "Bundle" else [sent]
    entries = sent["entry"] if isinstance(sent["entry"], list) else [sent["entry"]]
    found = [entry.get("resource", entry) if isinstance(entry, dict) else None for entry in entries]
    return [resource if isinstance(resource, dict) else {} for resource in found]


def _named(sent: Iterable[Json]) -> dict[str, Json]:
    return {name: each for each in sent for name in _names(each) if "/" in name}


def _names(resource: Mapping[str, Any]) -> frozenset[str]:
    """How a selection or reference may name the resource: `Type/id`, or by the id alone."""
    name = word(resource.get("id"))
    return frozenset({name, f"{word(resource.get('resourceType'))}/{name}"} if name else ())


def _plain(selection: object) -> str:
    """`Type/id` of a selection, which may be absolute or versioned; ids of drafts may hold anything."""
    return relative(selection) or word(selection)


def _add(pile: _Pile, position: int, resource: Json, as_sent: Json, scope: Scope) -> None:
    """Put one entry where it belongs."""
    if not isinstance(resource.get("resourceType"), str):
        raise Lost(Loss.UNREADABLE)
    kind = _KINDS.get(resource["resourceType"])
    if kind is None:
        pile.ignored += 1
        return
    shape = in_shape(kind, _with_items(resource))
    if not about(shape.get("subject"), scope.patient_id):
        raise BadRequest(
            f"{_ELEMENT}.entry[{position}].resource.subject", "This draft order is for another patient."
        )
    if void(kind, shape):
        pile.void += 1
        return
    concept = _concept(pile, kind, shape, scope)
    for _ in range(unread_reasons(shape, scope)):
        count(pile.losses, Loss.UNREASONED)
    order = _order(position, checked(kind, shape, scope), concept, as_sent, scope)
    twins = pile.by_reference.setdefault(order.reference, [])
    if as_sent in twins and "/" in order.reference:
        pile.ignored += 1  # the same order sent twice is one order
        return
    pile.orders.append(structs.replace(order, twin=len(twins)) if twins else order)
    twins.append(as_sent)


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


def _order(position: int, resource: Json, concept: Concept, as_sent: Json, scope: Scope) -> Order:
    reasons = tuple(dict.fromkeys([*reasons_of(resource, scope), *_suspicions(resource, scope)]))
    name, kind = word(resource.get("id")), resource["resourceType"]
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
        raw=as_sent,
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
