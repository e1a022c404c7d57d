"""The check itself: a good response passes, and each fault is caught."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.invariants import check_response

ORDER = {
    "resourceType": "ServiceRequest",
    "id": "1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/1"},
}
GOOD: dict[str, Any] = {
    "cards": [
        {
            "uuid": "0d6b4a3c-8b5e-5f7a-9b0e-0a8a3f1f3b11",
            "summary": "s" * 139,
            "detail": "Why.",
            "indicator": "warning",
            "source": {
                "label": "Guideline",
                "url": "https://guideline.example/1",
                "topic": {"code": "a", "system": "https://topics.example", "display": "A"},
            },
            "suggestions": [
                {
                    "label": "Change",
                    "uuid": "0d6b4a3c-8b5e-5f7a-9b0e-0a8a3f1f3b12",
                    "isRecommended": True,
                    "actions": [{"type": "update", "description": "Change it.", "resource": ORDER}],
                },
                {
                    "label": "Remove",
                    "uuid": "0d6b4a3c-8b5e-5f7a-9b0e-0a8a3f1f3b13",
                    "actions": [
                        {"type": "delete", "description": "Remove it.", "resourceId": "ServiceRequest/1"}
                    ],
                },
            ],
            "selectionBehavior": "at-most-one",
            "overrideReasons": [{"code": "r", "system": "https://reasons.example", "display": "Reason"}],
            "links": [{"label": "More", "url": "https://guideline.example/2", "type": "absolute"}],
        }
    ],
    "systemActions": [{"type": "update", "description": "Rate it.", "resource": ORDER}],
}


def card(body: dict[str, Any]) -> dict[str, Any]:
    """The only card."""
    found: dict[str, Any] = body["cards"][0]
    return found


def action(body: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """The only action of a suggestion."""
    found: dict[str, Any] = card(body)["suggestions"][number]["actions"][0]
    return found


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the card at a dotted path; numbers are places in lists."""

    def change(body: dict[str, Any]) -> None:
        at: Any = card(body)
        *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
        for step in way:
            at = at[step]
        at[last] = value

    return change


def without(path: str) -> Callable[[dict[str, Any]], None]:
    """A change that takes something away from the card."""

    def change(body: dict[str, Any]) -> None:
        at: Any = card(body)
        *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
        for step in way:
            at = at[step]
        del at[last]

    return change


FAULTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no cards": lambda body: body.pop("cards"),
    "cards null": lambda body: body.update(cards=None),
    "empty systemActions": lambda body: body.update(systemActions=[]),
    "unknown key in the response": lambda body: body.update(card=1),
    "unknown key in the card": put("hint", "x"),
    "null": put("detail", None),
    "empty text": put("detail", ""),
    "empty list": put("links", []),
    "empty object": put("source.topic", {}),
    "null inside a resource": put("suggestions.0.actions.0.resource.note", None),
    "empty list inside a resource": put("suggestions.0.actions.0.resource.reasonCode", []),
    "no uuid": without("uuid"),
    "uuid in capitals": put("uuid", "0D6B4A3C-8B5E-5F7A-9B0E-0A8A3F1F3B11"),
    "no uuid at all": put("uuid", "card-1"),
    "urn": put("uuid", "urn:uuid:0d6b4a3c-8b5e-5f7a-9b0e-0a8a3f1f3b11"),
    "uuid twice": put("suggestions.0.uuid", "0d6b4a3c-8b5e-5f7a-9b0e-0a8a3f1f3b11"),
    "summary of 140": put("summary", "s" * 140),
    "blank summary": put("summary", " "),
    "no summary": without("summary"),
    "unknown indicator": put("indicator", "hard-stop"),
    "no source": without("source"),
    "source without label": without("source.label"),
    "relative source url": put("source.url", "/guideline"),
    "relative icon": put("source.icon", "icon.png"),
    "topic without system": without("source.topic.system"),
    "topic without display": without("source.topic.display"),
    "topic with a version": put("source.topic.version", "1"),
    "suggestions without selectionBehavior": without("selectionBehavior"),
    "selectionBehavior without suggestions": without("suggestions"),
    "unknown selectionBehavior": put("selectionBehavior", "all"),
    "two recommended of at most one": put("suggestions.1.isRecommended", True),
    "suggestion without label": without("suggestions.0.label"),
    "suggestion without uuid": without("suggestions.0.uuid"),
    "suggestion with actionSelectionBehavior": put("suggestions.0.actionSelectionBehavior", "any"),
    "action without description": without("suggestions.0.actions.0.description"),
    "system action without description": lambda body: body["systemActions"][0].pop("description"),
    "action of another type": put("suggestions.0.actions.0.type", "Create"),
    "delete without resourceId": without("suggestions.1.actions.0.resourceId"),
    "delete with a bare id": put("suggestions.1.actions.0.resourceId", "1"),
    "delete with a resource": put("suggestions.1.actions.0.resource", ORDER),
    "update without resource": without("suggestions.0.actions.0.resource"),
    "update with resourceId": put("suggestions.0.actions.0.resourceId", "ServiceRequest/1"),
    "update without id": without("suggestions.0.actions.0.resource.id"),
    "resource as text": put("suggestions.0.actions.0.resource", "{}"),
    "resource without type": without("suggestions.0.actions.0.resource.resourceType"),
    "resource of an unknown type": put("suggestions.0.actions.0.resource.resourceType", "Order"),
    "invalid resource": without("suggestions.0.actions.0.resource.subject"),
    "unknown element of a resource": put("suggestions.0.actions.0.resource.colour", "red"),
    "unknown element inside a resource": put("suggestions.0.actions.0.resource.subject.colour", "red"),
    "override reason without display": without("overrideReasons.0.display"),
    "override reason without system": without("overrideReasons.0.system"),
    "override reason without code": without("overrideReasons.0.code"),
    "link without label": without("links.0.label"),
    "link without type": without("links.0.type"),
    "link of another type": put("links.0.type", "relative"),
    "relative link": put("links.0.url", "more.html"),
    "appContext on an absolute link": put("links.0.appContext", "x"),
}


def test_a_good_response_passes() -> None:
    check_response(GOOD)


def test_no_cards_at_all_is_a_good_response() -> None:
    check_response({"cards": []})


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_caught(fault: str) -> None:
    body = copy.deepcopy(GOOD)
    FAULTS[fault](body)
    with pytest.raises(AssertionError, match=r"\w"):
        check_response(body)
