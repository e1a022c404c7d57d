"""Changed orders on cards carry the rating that they would have after the click."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Raw

from app.alternatives import with_rated_alternatives
from app.protocol.request import Context, HookRequest
from app.protocol.response import Action, Card, Source, Suggestion

CHANGED = {"resourceType": "ServiceRequest", "id": "a", "code": {"text": "changed"}}
SENT = {"resourceType": "ServiceRequest", "id": "a", "code": {"text": "sent"}}
OTHER = {"resourceType": "MedicationRequest", "id": "a"}
RATED = {**CHANGED, "extension": [{"url": "rating"}]}


def card(*actions: Action) -> Card:
    """A card that offers each action as a click."""
    clicks = [Suggestion(label="Click", uuid=str(n), actions=[each]) for n, each in enumerate(actions)]
    return Card(
        uuid="1",
        summary="Rather that.",
        indicator="info",
        source=Source(label="Us"),
        suggestions=clicks or None,
        selection_behavior="any" if clicks else None,
    )


def update(resource: dict[str, Any]) -> Action:
    """A change of an order."""
    return Action(type="update", description="Changes the order.", resource=resource)


def request(*drafts: Any) -> HookRequest:
    """A call with these drafts, as they were sent."""
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts]}
    return HookRequest("order-sign", "1", Context("p1", draft_orders=Raw(json.dumps(bundle).encode())))


def drafts_of(call: HookRequest) -> list[Any]:
    """The drafts of a call."""
    return [each["resource"] for each in json.loads(bytes(call.context.draft_orders or b""))["entry"]]


def test_a_changed_order_is_rated_among_the_other_drafts() -> None:
    asked: list[list[Any]] = []

    def rate(call: HookRequest) -> Iterable[Action]:
        asked.append(drafts_of(call))
        return [update({"resourceType": "ServiceRequest", "id": "z"}), update(RATED)]

    (rated,) = with_rated_alternatives([card(update(CHANGED))], request(OTHER, SENT, 5), rate)
    assert rated == card(update(RATED))
    assert asked == [[OTHER, CHANGED, 5]]


def test_a_changed_order_takes_the_place_of_the_one_in_a_bundle_among_the_drafts() -> None:
    asked: list[list[Any]] = []

    def rate(call: HookRequest) -> Iterable[Action]:
        asked.append(drafts_of(call))
        return []

    nested = {"resourceType": "Bundle", "entry": [{"resource": SENT}]}
    with_rated_alternatives([card(update(CHANGED))], request(OTHER, nested), rate)
    assert asked == [[OTHER, CHANGED]]


def test_a_changed_order_that_has_no_rating_is_offered_as_it_was() -> None:
    assert with_rated_alternatives([card(update(CHANGED))], request(SENT), lambda _: []) == [
        card(update(CHANGED))
    ]


def test_what_changes_no_order_is_left_alone_and_costs_nothing() -> None:
    def never(_: HookRequest) -> Iterable[Action]:
        raise AssertionError

    cards = [
        card(),
        card(Action(type="delete", description="Removes it.", resource_id="ServiceRequest/a")),
        card(Action(type="create", description="Adds it.", resource=CHANGED)),
        card(update(OTHER)),
    ]
    assert with_rated_alternatives(cards, request(SENT), never) == cards


def test_other_clicks_of_the_same_card_stay() -> None:
    removal = Action(type="delete", description="Removes it.", resource_id="ServiceRequest/a")
    (rated,) = with_rated_alternatives(
        [card(removal, update(CHANGED))], request(SENT), lambda _: [update(RATED)]
    )
    assert rated == card(removal, update(RATED))
