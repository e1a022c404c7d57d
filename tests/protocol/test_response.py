"""What cannot be said cannot be constructed, and nothing empty is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.protocol.response import Action, Card, Coding, Link, Response, Source, Suggestion, encode


def card(**changes: Any) -> Card:
    """A plain card with fields replaced."""
    plain: dict[str, Any] = {
        "uuid": "0d6b4a3c-8b5e-4f7a-9b0e-0a8a3f1f3b11",
        "summary": "Say it.",
        "indicator": "info",
        "source": Source(label="Guideline"),
    }
    return Card(**(plain | changes))


def suggestion(**changes: Any) -> Suggestion:
    """A suggestion without actions, with fields replaced."""
    return Suggestion(**({"label": "Do", "uuid": "0d6b4a3c-8b5e-4f7a-9b0e-0a8a3f1f3b12"} | changes))


def test_no_cards_is_said_with_an_empty_list() -> None:
    assert encode(Response(cards=[])) == b'{"cards":[]}'


def test_what_has_no_value_is_left_out() -> None:
    written = json.loads(encode(Response(cards=[card()])))["cards"][0]
    assert sorted(written) == ["indicator", "source", "summary", "uuid"]


def test_names_are_those_of_the_specification() -> None:
    remove = Action(type="delete", description="Remove it.", resource_id="ServiceRequest/1")
    full = card(
        suggestions=[suggestion(is_recommended=True, actions=[remove])],
        selection_behavior="any",
        override_reasons=[Coding(code="a", system="https://x.example", display="Said")],
        links=[
            Link(label="More", url="https://x.example", type="smart", app_context="1", autolaunchable=True)
        ],
    )
    written = json.loads(encode(Response(cards=[full], system_actions=[remove])))
    shown = written["cards"][0]
    assert {"selectionBehavior", "overrideReasons"} <= shown.keys()
    assert shown["suggestions"][0]["isRecommended"] is True
    assert shown["suggestions"][0]["actions"][0]["resourceId"] == "ServiceRequest/1"
    assert shown["links"][0]["appContext"] == "1"
    assert shown["links"][0]["type"] == "smart"
    assert "systemActions" in written


def test_a_summary_of_139_code_points_is_said_and_one_more_is_not() -> None:
    assert card(summary="ü" * 139).summary
    with pytest.raises(ValueError, match="139"):
        card(summary="ü" * 140)


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": " "},
        {"detail": ""},
        {"suggestions": []},
        {"links": []},
        {"override_reasons": []},
        {"selection_behavior": "any"},
        {"suggestions": [suggestion()]},
        {"suggestions": [suggestion(is_recommended=True)] * 2, "selection_behavior": "at-most-one"},
        {"override_reasons": [Coding(code="a", system="b")]},
    ],
)
def test_a_card_against_the_specification_cannot_be_made(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        card(**changes)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "delete", "description": "d"},
        {"type": "delete", "description": "d", "resource_id": "A/1", "resource": {"resourceType": "A"}},
        {"type": "create", "description": "d"},
        {"type": "create", "description": "d", "resource": {}},
        {"type": "update", "description": "d", "resource": {"resourceType": "A"}, "resource_id": "A/1"},
        {"type": "create", "description": " ", "resource": {"resourceType": "A"}},
    ],
)
def test_an_action_against_the_specification_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Action(**fields)


def test_an_absolute_link_has_no_app_context() -> None:
    with pytest.raises(ValueError, match="smart"):
        Link(label="a", url="https://x.example", type="absolute", app_context="1")


def test_a_suggestion_has_a_label_and_no_empty_list_of_actions() -> None:
    with pytest.raises(ValueError, match="label"):
        suggestion(label=" ")
    with pytest.raises(ValueError, match="empty"):
        suggestion(actions=[])


def test_a_response_has_no_empty_list_of_system_actions() -> None:
    with pytest.raises(ValueError, match="empty"):
        Response(cards=[], system_actions=[])


def test_a_response_has_no_empty_extension() -> None:
    with pytest.raises(ValueError, match="empty"):
        Response(cards=[], extension={})


def test_what_stands_in_the_extension_is_written_as_the_rest_is() -> None:
    remove = Action(type="delete", description="Removes it.", resource_id="ServiceRequest/1")
    written = json.loads(encode(Response(cards=[], extension={"systemActions": [remove]})))
    assert written["extension"]["systemActions"][0]["resourceId"] == "ServiceRequest/1"
