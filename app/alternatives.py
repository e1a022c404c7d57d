"""Changed orders that cards offer, rated like the orders of the call (Argonaut PAMA guide). Pure.

A client that shows ratings would otherwise know nothing of the order that it gets for a click.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Raw, structs

from app.protocol.request import HookRequest
from app.protocol.response import Action, Card
from app.record import envelope

Json = Mapping[str, Any]
Rate = Callable[[HookRequest], Iterable[Action]]
"""The ratings of the orders of a request, each as an update of its order."""


def with_rated_alternatives(cards: Iterable[Card], request: HookRequest, rate: Rate) -> list[Card]:
    """The cards, their changed orders rated as if the request had held them."""
    return [_rated_card(card, request, rate) for card in cards]


def _rated_card(card: Card, request: HookRequest, rate: Rate) -> Card:
    if not any(_changes_order(action) for each in card.suggestions or () for action in each.actions or ()):
        return card
    suggestions = [
        structs.replace(each, actions=[_rated(action, request, rate) for action in each.actions or ()])
        for each in card.suggestions or ()
    ]
    return structs.replace(card, suggestions=suggestions)


def _changes_order(action: Action) -> bool:
    return action.type == "update" and (action.resource or {}).get("resourceType") == "ServiceRequest"


def _rated(action: Action, request: HookRequest, rate: Rate) -> Action:
    changed = action.resource
    if changed is None or not _changes_order(action):
        return action
    for rated in rate(_with_draft(request, changed)):
        if rated.resource and rated.resource.get("id") == changed.get("id"):
            return structs.replace(action, resource=rated.resource)
    return action


def _with_draft(request: HookRequest, changed: Json) -> HookRequest:
    """The request as it would be after the click."""
    sent = envelope.resources(request.context.draft_orders or Raw(b"{}"))
    entries = [{"resource": changed if _names(raw, changed) else raw} for raw in sent]
    bundle = msgspec.json.encode({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return structs.replace(request, context=structs.replace(request.context, draft_orders=Raw(bundle)))


class _Named(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""


def _names(raw: Raw, changed: Json) -> bool:
    try:
        named = msgspec.json.decode(raw, type=_Named)
    except msgspec.DecodeError:
        return False
    return (named.resource_type, named.id) == (changed["resourceType"], changed.get("id"))
