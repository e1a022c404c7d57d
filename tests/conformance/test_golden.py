"""Each kind of client gets what was reviewed; what all of them must get is said here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.profiles import ProfileName
from tests.conformance.golden import FOLDER, cases, golden, path
from tests.conformance.invariants import check_first_release
from tests.conformance.statements import holds

CASES = cases()


def kept(name: str, scenario: str) -> dict[str, Any]:
    """A committed response."""
    found: dict[str, Any] = json.loads(path(name, scenario).read_text(encoding="utf-8"))["response"]
    return found


@pytest.mark.parametrize(("name", "scenario"), CASES)
async def test_a_client_gets_what_was_reviewed(name: ProfileName, scenario: str) -> None:
    said = await golden(name, scenario)
    assert path(name, scenario).read_text(encoding="utf-8") == said, (
        "run `make openapi` and review the change"
    )


def test_no_file_is_left_over() -> None:
    assert set(FOLDER.rglob("*.json")) == {path(*each) for each in CASES}


@pytest.mark.parametrize(("name", "scenario"), CASES)
def test_every_card_of_the_specification_is_a_card_of_each_client(name: str, scenario: str) -> None:
    whole, shown = kept("spec", scenario)["cards"], kept(name, scenario)["cards"]
    said = [(each["summary"], each["indicator"], each["source"]["label"]) for each in shown]
    assert said == [(each["summary"], each["indicator"], each["source"]["label"]) for each in whole]
    assert said


@pytest.mark.parametrize(("name", "scenario"), CASES)
def test_every_suggestion_of_the_specification_is_offered_or_said(name: str, scenario: str) -> None:
    for whole, shown in zip(kept("spec", scenario)["cards"], kept(name, scenario)["cards"], strict=True):
        labels = " ".join(each["label"] for each in shown.get("suggestions", []))
        for suggestion in whole.get("suggestions", []):
            assert suggestion["label"] in labels + shown["detail"]


def test_epic_gets_one_action_a_suggestion_any_no_update_and_alphanumeric_topics() -> None:
    for name, scenario in CASES:
        for card in kept(name, scenario)["cards"] if name == "epic" else ():
            assert card["source"]["topic"]["code"].isalnum()
            assert card.get("selectionBehavior", "any") == "any"
            for suggestion in card.get("suggestions", []):
                assert [each["type"] in ("create", "delete") for each in suggestion["actions"]] == [True]


@holds("SA-3")
def test_no_card_says_again_what_the_rating_says() -> None:
    for card in kept("spec", "rated")["cards"]:
        assert "appropriate" not in card["summary"] + card["detail"]


def test_a_rating_stands_where_each_client_looks_for_it() -> None:
    spec, sandbox = kept("spec", "rated"), kept("sandbox", "rated")
    assert "extension" not in spec
    assert sandbox["systemActions"] == sandbox["extension"]["systemActions"] == spec["systemActions"]
    assert kept("cds-hooks-1.0", "rated")["extension"]["systemActions"] == spec["systemActions"]
    assert "systemActions" not in kept("cds-hooks-1.0", "rated")
    assert kept("epic", "rated")["systemActions"] == spec["systemActions"]


@holds("V-1", "Q-9")
@pytest.mark.parametrize("scenario", [each for name, each in CASES if name == "cds-hooks-1.0"])
def test_a_client_of_1_0_finds_nothing_that_came_later(scenario: str) -> None:
    response = kept("cds-hooks-1.0", scenario)
    check_first_release(response)
    for card in response["cards"]:
        assert card.get("selectionBehavior", "at-most-one") == "at-most-one"


@holds("V-1")
def test_a_client_of_1_0_deletes_by_the_id_in_resource() -> None:
    deleted = [
        action
        for card in kept("cds-hooks-1.0", "opioid")["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
        if action["type"] == "delete"
    ]
    assert [action["resource"] for action in deleted] == ["MedicationRequest/oxycodone"]


def test_oracle_gets_text_without_marks_and_nothing_to_click() -> None:
    (card,) = kept("oracle", "red-flag")["cards"]
    assert set(card) == {"summary", "indicator", "detail", "source"}
    assert "**" not in card["detail"]
    assert card["indicator"] == "critical"
