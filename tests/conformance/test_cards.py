"""Responses, cards, suggestions, actions, links: what the invariants say, shown on real answers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    cards,
    condition,
    drug,
    person,
    post,
    prefetched,
    request,
    study,
)
from tests.conformance.invariants import check_response
from tests.conformance.statements import holds

BACK_PAIN = condition(LOW_BACK_PAIN)
RETENTION = condition(("icd", "R33.9"), days_ago=2)
CT = study("72133", LOW_BACK_PAIN, priority="routine", note=[{"text": "as discussed"}])
OXYCODONE = drug("1049621", LOW_BACK_PAIN)


async def many() -> list[Json]:
    """Cards of every kind of call."""
    return [
        *await cards("order-sign", CT, OXYCODONE, prefetch=prefetched(BACK_PAIN)),
        *await cards("order-select", CT, prefetch=prefetched(BACK_PAIN, RETENTION)),
        *await cards("patient-view", prefetch=prefetched(BACK_PAIN)),
        *await cards("order-sign", CT, prefetch=prefetched(BACK_PAIN, patient=person(age=12))),
    ]


@holds("S-1", "S-2")
async def test_an_answer_is_200_with_cards_and_no_empty_system_actions() -> None:
    answer = await post(request("order-sign", CT, prefetch=prefetched(BACK_PAIN)))
    assert (answer.status_code, list(answer.json())) == (200, ["cards"])


@holds("S-3")
async def test_nothing_to_say_is_an_empty_list() -> None:
    answer = await post(request("patient-view", prefetch=prefetched()))
    assert (answer.status_code, answer.json()) == (200, {"cards": []})


@holds("C-1", "U-2")
async def test_cards_and_suggestions_carry_lower_case_uuids_that_differ() -> None:
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    found = await cards("order-sign", CT, OXYCODONE, prefetch=prefetched(BACK_PAIN))
    uuids = [each["uuid"] for card in found for each in (card, *card.get("suggestions", []))]
    assert all(uuid.fullmatch(each) for each in uuids)
    assert len(uuids) == len(set(uuids))


@holds("C-2", "Q-1")
async def test_a_summary_is_plain_text_of_at_most_139_characters_even_with_the_longest_order() -> None:
    named = study("72133", LOW_BACK_PAIN)
    named["code"]["text"] = named["code"]["coding"][0]["display"] = "Computed tomography " * 30
    for card in [*await many(), *await cards("order-sign", named, prefetch=prefetched(BACK_PAIN))]:
        assert 0 < len(card["summary"]) <= 139
        assert not re.search(r"\*\*|\[.*\]\(|\n", card["summary"])


@holds("C-3")
async def test_detail_is_markdown_without_raw_html_or_links_of_its_own() -> None:
    for card in await many():
        assert not re.search(r"<[a-zA-Z/!]|\]\(", card["detail"])


@holds("C-4", "C-5", "C-6", "C-7", "C-8", "C-9")
async def test_indicator_and_source_are_as_specified() -> None:
    for card in await many():
        assert card["indicator"] in ("info", "warning", "critical")
        assert card["source"]["label"].strip()
        assert card["source"].get("url", "https://").startswith("https://")
        assert card["source"]["topic"].keys() == {"code", "system", "display"}
        assert "icon" not in card["source"]


@holds("C-10", "C-11", "cds-resp-6")
async def test_a_selection_behavior_stands_with_suggestions_and_only_then() -> None:
    found = await many()
    assert {bool(card.get("suggestions")) for card in found} == {True, False}
    for card in found:
        assert ("selectionBehavior" in card) == bool(card.get("suggestions"))


@holds("C-12", "cds-resp-4")
async def test_override_reasons_are_codings_with_a_display_on_every_warning_and_critical_card() -> None:
    for card in await many():
        reasons = card.get("overrideReasons", [])
        assert reasons or card["indicator"] == "info"
        assert all(each.keys() == {"code", "system", "display"} for each in reasons)


@holds("C-13", "L-1", "L-2", "cds-resp-3")
async def test_links_are_absolute_https_without_app_context() -> None:
    for link in [link for card in await many() for link in card.get("links", [])]:
        assert link.keys() == {"label", "url", "type"}
        assert link["type"] == "absolute"
        assert link["url"].startswith("https://")


@holds("C-14", "X-1", "X-2")
async def test_extensions_of_cards_are_objects_with_reverse_dns_names() -> None:
    for card in await many():
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[A-Za-z0-9-]+)+", name) for name in card.get("extension", {}))


@holds("U-1", "U-3", "U-4", "U-5", "cds-resp-1", "cds-resp-7")
async def test_suggestions_have_a_label_and_one_action() -> None:
    for suggestion in [each for card in await many() for each in card.get("suggestions", [])]:
        assert suggestion["label"].strip()
        assert len(suggestion["actions"]) == 1
        assert suggestion.keys() <= {"label", "uuid", "isRecommended", "actions"}


@holds("A-1", "A-2", "cds-resp-5")
async def test_actions_say_what_they_do() -> None:
    for action in [action for card in await many() for action in actions(card)]:
        assert action["type"] in ("create", "update", "delete")
        assert action["description"].strip()


@holds("A-3")
async def test_what_is_created_is_a_new_draft_about_the_patient_without_an_id() -> None:
    created = [
        action["resource"] for card in await many() for action in actions(card) if action["type"] == "create"
    ]
    assert created
    for resource in created:
        assert "id" not in resource
        assert (resource["status"], resource["subject"]) == ("draft", {"reference": "Patient/p1"})


@holds("A-4", "A-6")
async def test_what_is_updated_is_the_whole_order_that_was_sent() -> None:
    updated = [
        action["resource"] for card in await many() for action in actions(card) if action["type"] == "update"
    ]
    assert updated
    for resource in updated:
        assert (resource["id"], resource["note"]) == (CT["id"], CT["note"])
        assert resource.keys() >= CT.keys()


@holds("A-5", "A-6", "cds-resp-2")
async def test_what_is_deleted_is_a_draft_that_was_sent_by_reference() -> None:
    deleted = [action for card in await many() for action in actions(card) if action["type"] == "delete"]
    assert {each["resourceId"] for each in deleted} <= {"ServiceRequest/s1", "MedicationRequest/m1"}
    assert deleted
    assert not any("resource" in each for each in deleted)


@holds("SA-1")
async def test_no_system_action_is_sent_to_a_client_that_did_not_ask() -> None:
    for body in (
        request("order-sign", CT, prefetch=prefetched(BACK_PAIN)),
        request("order-select", CT, prefetch={}),
    ):
        assert "systemActions" not in (await post(body)).json()


BROKEN: dict[str, Any] = {
    "a system action without a description": {
        "cards": [],
        "systemActions": [{"type": "update", "resource": CT}],
    },
    "an empty list of system actions": {"cards": [], "systemActions": []},
}


@holds("Q-3", "S-2")
@pytest.mark.parametrize("fault", BROKEN)
def test_the_validator_of_every_answer_refuses(fault: str) -> None:
    with pytest.raises(AssertionError):
        check_response(BROKEN[fault])
