"""Suggestions: created from a template, changed from the EHR's own draft, or removed by id."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.fhir import model_of
from app.knowledge.recommendation import Suggestion
from app.record.values import Order
from app.suggest import Setting, filled, suggestion_action
from tests.content import knowledge
from tests.records import but, order

SETTING = Setting(patient="Patient/1", today="2026-06-01", encounter="Encounter/2")
OUTSIDE = but(SETTING, encounter=None)
DRAFT = order(
    "thumb-picture",
    name="p",
    raw={
        "resourceType": "ServiceRequest",
        "id": "p",
        "status": "draft",
        "intent": "order",
        "priority": "routine",
        "subject": {"reference": "Patient/1"},
        "code": {"text": "picture"},
        "note": [{"text": "as the EHR wrote it"}],
        "extension": [{"url": "https://ehr.example/x", "valueString": "kept"}],
    },
)


def suggestion(name: str) -> Suggestion:
    """A suggestion of the content."""
    return knowledge().suggestions[name]


@pytest.mark.parametrize("setting", [SETTING, OUTSIDE])
def test_a_created_order_is_valid_fhir(setting: Setting) -> None:
    action = suggestion_action(suggestion("rest-the-thumb"), None, setting)
    assert action is not None
    assert action.resource is not None
    assert (action.type, bool(action.resource_id)) == ("create", False)
    model_of("ServiceRequest").model_validate(action.resource)
    assert {"status", "intent", "subject", "reasonCode"} <= action.resource.keys()
    assert action.resource["subject"] == {"reference": "Patient/1"}
    assert action.resource["authoredOn"] == "2026-06-01"


def test_what_nothing_fills_is_left_out_with_all_that_held_it() -> None:
    inside = suggestion_action(suggestion("rest-the-thumb"), None, SETTING)
    outside = suggestion_action(suggestion("rest-the-thumb"), None, OUTSIDE)
    assert inside
    assert inside.resource
    assert outside
    assert outside.resource
    assert inside.resource["encounter"] == {"reference": "Encounter/2"}
    assert inside.resource["supportingInfo"] == [{"reference": "Encounter/2"}]
    assert not {"encounter", "supportingInfo"} & outside.resource.keys()


def test_an_update_carries_the_whole_draft_with_its_change() -> None:
    action = suggestion_action(suggestion("make-it-urgent"), DRAFT, SETTING)
    assert action is not None
    assert action.resource == {**DRAFT.raw, "priority": "urgent"}
    assert (action.type, bool(action.resource_id)) == ("update", False)


def test_an_update_leaves_the_draft_as_it_was() -> None:
    suggestion_action(suggestion("make-it-urgent"), DRAFT, SETTING)
    assert DRAFT.raw["priority"] == "routine"


def test_an_update_sends_no_nulls_and_nothing_empty_back() -> None:
    untidy = but(
        DRAFT,
        raw={**DRAFT.raw, "note": [None, {}], "code": {"text": "", "coding": []}, "doNotPerform": False},
    )
    action = suggestion_action(suggestion("make-it-urgent"), untidy, SETTING)
    assert action
    assert action.resource
    assert not {"note", "code"} & action.resource.keys()
    assert action.resource["doNotPerform"] is False


@pytest.mark.parametrize(
    "odd",
    [
        {"reasonCode": [0]},
        {"subject": {"reference": {"a": 1}}},
        {"category": {"text": "x"}},
        {"colour": "red"},
    ],
    ids=["wrong type", "an object for a text", "an object for a list", "an element that FHIR does not have"],
)
def test_an_order_that_is_no_fhir_is_not_sent_back_as_ours(odd: dict[str, Any]) -> None:
    order_as_sent = but(DRAFT, raw={**DRAFT.raw, **odd})
    assert suggestion_action(suggestion("make-it-urgent"), order_as_sent, SETTING) is None
    assert suggestion_action(suggestion("remove-order"), order_as_sent, SETTING) is not None


def test_decimals_and_long_ids_of_an_ehr_are_no_reason_to_keep_an_update_back() -> None:
    quantity = {"value": msgspec.Raw(b"1.50"), "unit": "x"}
    sent = but(DRAFT, raw={**DRAFT.raw, "id": "p" * 194, "quantityQuantity": quantity})
    assert suggestion_action(suggestion("make-it-urgent"), sent, SETTING) is not None


def test_a_removal_names_the_order() -> None:
    action = suggestion_action(suggestion("remove-order"), DRAFT, SETTING)
    assert action is not None
    assert (action.type, action.resource_id, action.resource) == ("delete", "ServiceRequest/p", None)


@pytest.mark.parametrize("name", ["remove-order", "make-it-urgent"])
@pytest.mark.parametrize("about", [None, but(DRAFT, reference="ServiceRequest")])
def test_without_an_order_with_an_id_nothing_can_be_changed(name: str, about: Order | None) -> None:
    assert suggestion_action(suggestion(name), about, SETTING) is None


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{patient}", "Patient/1"),
        ("for {patient}", "for {patient}"),
        (False, False),
        (0, 0),
        ({"a": {"b": "{encounter}"}}, {}),
        ([{"a": "{encounter}"}, "x"], ["x"]),
        (("x", "{today}"), ["x", "2026-06-01"]),
        ({"a": ["{encounter}"]}, {}),
    ],
)
def test_blanks_are_whole_strings_and_nothing_empty_stays(template: Any, expected: Any) -> None:
    assert filled(template, OUTSIDE) == expected
