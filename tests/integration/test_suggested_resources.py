"""What suggestions create and change, held against the validator of a real FHIR server (Medplum)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from app.answering import Answered
from app.record.values import Concept, Order
from app.suggest import Setting, suggestion_action
from tests.integration.servers import HERE, missing_tool, needed
from tests.specificity.records import VARIANTS, Variant, answered, patients, red_flag
from tests.whole_records import content

pytestmark = pytest.mark.integration
SETTINGS = (
    Setting(patient="Patient/p1", today="2026-11-20", encounter="Encounter/e1"),
    Setting(patient="Patient/p1", today="2026-11-20"),
)
DRAFT = {
    "resourceType": "ServiceRequest",
    "id": "s1",
    "status": "draft",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "72133"}]},
}
ORDER = Order("ServiceRequest", "ServiceRequest/s1", 0, Concept(), raw=DRAFT)


def faults(resources: Sequence[dict[str, Any]]) -> list[list[str]]:
    """What Medplum finds wrong with each."""
    needed(missing_tool())
    lines = "\n".join(json.dumps(each) for each in resources)
    done = subprocess.run(
        ["node", "validate.mjs"],
        cwd=HERE,
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def offered(answer: Answered) -> list[dict[str, Any]]:
    """Every resource that the cards of an answer would create or change."""
    suggestions = [each for card in answer.response.cards for each in card.suggestions or ()]
    resources = [action.resource for each in suggestions for action in each.actions]
    return [dict(each) for each in resources if each]


def test_every_suggestion_in_and_outside_an_encounter_is_valid() -> None:
    made = [
        (name, action.resource)
        for name, each in content().suggestions.items()
        for setting in SETTINGS
        if (action := suggestion_action(each, ORDER, setting)) is not None and action.resource
    ]
    found = faults([resource for _, resource in made])
    assert len(found) == len(made) >= 60
    assert {name: each for (name, _), each in zip(made, found, strict=True) if each} == {}


def test_what_cards_of_whole_records_offer_is_valid() -> None:
    some = patients()[::4]
    made = [each for who in some for variant in VARIANTS.values() for each in offered(answered(who, variant))]
    made += [each for who in some for each in offered(answered(who, Variant(10), red_flag(who)))]
    found = faults(made)
    assert len(made) >= 60
    assert [each for each in zip(made, found, strict=True) if each[1]] == []


def test_the_validator_refuses_what_is_wrong() -> None:
    (missing, unknown) = faults([{**DRAFT, "intent": None}, {**DRAFT, "colour": "red"}])
    assert missing
    assert unknown
