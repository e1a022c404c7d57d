"""Every suggestion of the content as a resource: valid, coded, a draft for the patient, with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from app.fhir import model_of
from app.record.values import Concept, Order
from app.suggest import Setting, suggestion_action
from tests.calls import LOW_BACK_PAIN, condition, drug, observation, person, prescription, study
from tests.cards.drug_orders import (
    ACUTE,
    CHRONIC,
    IBUPROFEN_600,
    NAPROXEN_500,
    OXYCODONE_5,
    WARFARIN_5,
    allergy,
    created,
    found,
    ordered,
    taken,
)
from tests.whole_records import content

SETTINGS = {
    "in an encounter": Setting(patient="Patient/p1", today="2026-11-20", encounter="Encounter/e1"),
    "outside one": Setting(patient="Patient/p1", today="2026-11-20"),
}
SUGGESTIONS = content().suggestions
BY_ACTION = {
    action: [name for name, each in SUGGESTIONS.items() if each.action == action]
    for action in ("create", "update", "delete")
}
MRI = {**study("72133", LOW_BACK_PAIN), "note": [{"text": "as it was sent"}], "priority": "routine"}
DRAFT = Order("ServiceRequest", "ServiceRequest/s1", 0, Concept(), raw=MRI)
ITEM = {
    "ServiceRequest": "code",
    "MedicationRequest": "medicationCodeableConcept",
    "Appointment": "serviceType",
}


def resource_of(name: str, setting: Setting, order: Order | None = None) -> dict[str, Any]:
    """The resource of a suggestion's one action."""
    action = suggestion_action(SUGGESTIONS[name], order, setting)
    assert action is not None
    assert action.resource is not None
    return action.resource


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", BY_ACTION["create"])
def test_what_is_created_is_a_valid_coded_draft_with_subject_and_reason(name: str, setting: str) -> None:
    made = resource_of(name, SETTINGS[setting])
    model_of(made["resourceType"]).model_validate(made)
    assert (made["status"], made["intent"]) == ("draft", "order")
    assert made["subject"] == {"reference": "Patient/p1"}
    assert ("encounter" in made) is (setting == "in an encounter")
    for concept in (made[ITEM[made["resourceType"]]], *made["reasonCode"]):
        assert concept["text"]
        assert all(each["system"] and each["code"] and each["display"] for each in concept["coding"])


@pytest.mark.parametrize("name", BY_ACTION["create"])
def test_the_code_of_what_is_created_means_what_its_text_says(name: str) -> None:
    """Where its words put an order in a value set, its code does so too."""
    made = resource_of(name, SETTINGS["outside one"])
    item = made[ITEM[made["resourceType"]]]
    coded = content().codes.match([(each["system"], each["code"], "") for each in item["coding"]], "").coded
    said = content().codes.match([], item["text"]).worded
    assert coded or not said, (name, said)


@pytest.mark.parametrize("name", BY_ACTION["update"])
def test_an_update_carries_the_whole_draft_and_changes_only_what_it_says(name: str) -> None:
    made = resource_of(name, SETTINGS["outside one"], DRAFT)
    model_of("ServiceRequest").model_validate(made)
    changed = set(SUGGESTIONS[name].changes)
    assert changed
    assert {key: each for key, each in made.items() if key not in changed} == {
        key: each for key, each in MRI.items() if key not in changed
    }


@pytest.mark.parametrize("name", BY_ACTION["delete"])
def test_a_removal_names_its_order_and_holds_nothing_else(name: str) -> None:
    action = suggestion_action(SUGGESTIONS[name], DRAFT, SETTINGS["outside one"])
    assert action is not None
    assert (action.resource_id, action.resource) == ("ServiceRequest/s1", None)


# What is offered fits the patient


OPIOID = ordered(OXYCODONE_5, **taken(1, 4, days=3))
EGFR = observation("98979-8", 70, "mL/min/{1.73_m2}", 100)


async def offered(*resources: Any, **more: Any) -> list[str]:
    """Everything that all cards of an opioid for acute pain, and of an open chart, offer to order."""
    signed = await found(ACUTE, *resources, drafts=(OPIOID,), **more)
    opened = await found(ACUTE, *resources, hook="patient-view", **more)
    return [each for card in (*signed.values(), *opened.values()) for each in created(card)]


def oral_nsaids(names: list[str]) -> list[str]:
    """The NSAIDs by mouth among the names of orders."""
    return [each for each in names if "naproxen" in each or "ibuprofen" in each]


async def test_an_nsaid_is_offered_to_a_healthy_adult() -> None:
    assert oral_nsaids(await offered()) == ["naproxen 500 mg tablet"] * 2


@pytest.mark.parametrize(
    "reason",
    [
        observation("98979-8", 24, "mL/min/{1.73_m2}", 30),
        *(
            condition(("icd", code), days_ago=200)
            for code in (
                "N18.4",
                "Z99.2",
                "K25.9",
                "K92.2",
                "I50.9",
                "I21.9",
                "I63.9",
                "K74.60",
                "Z33.1",
                "Z34.90",
            )
        ),
        prescription(WARFARIN_5, days_ago=5),
        prescription(NAPROXEN_500, days_ago=5),
        allergy(IBUPROFEN_600),
    ],
    ids=str,
)
async def test_no_nsaid_is_offered_where_it_would_be_cautioned_against(reason: Any) -> None:
    assert oral_nsaids(await offered(reason)) == []


async def test_at_65_or_with_liver_disease_doses_are_low() -> None:
    assert oral_nsaids(await offered(EGFR, patient=person(65))) == ["naproxen 250 mg tablet"] * 2
    assert oral_nsaids(await offered(patient=person(64))) == ["naproxen 500 mg tablet"] * 2
    hepatitis = condition(("icd", "K73.9"), days_ago=900)
    assert oral_nsaids(await offered(hepatitis)) == ["naproxen 250 mg tablet"] * 2
    ulcer = condition(("icd", "K25.9"), days_ago=4000)
    for patient, least in ((person(70), 2000), (person(40), 3000)):
        card = (await found(ACUTE, ulcer, drafts=(OPIOID,), patient=patient))["avoid-first-line-opioid"]
        most = [
            each["actions"][0]["resource"]["dosageInstruction"][0]["maxDosePerPeriod"]["numerator"]["value"]
            for each in card["suggestions"]
            if "acetaminophen" in each["label"]
        ]
        assert most == [least]


async def test_duloxetine_is_offered_in_chronic_pain_only_and_not_beside_what_it_clashes_with() -> None:
    fluoxetine, questions = prescription("310385"), observation("91351-7", 3, "{score}", 20)
    chronic = await found(CHRONIC, questions, hook="patient-view")
    assert any("duloxetine" in each for card in chronic.values() for each in created(card))
    clash = await found(CHRONIC, questions, fluoxetine, hook="patient-view")
    assert not any("duloxetine" in each for card in clash.values() for each in created(card))
    assert not any("duloxetine" in each for each in await offered())


async def test_a_statin_without_a_reason_offers_nothing() -> None:
    assert await found(ACUTE, drafts=(drug("617312"),)) == {}


BY_MRI = [
    name
    for name, each in content().recommendations.items()
    if any("-mri" in offer.suggestion for offer in each.offer)
]


@pytest.mark.parametrize("name", BY_MRI)
def test_whoever_is_offered_an_mri_is_told_of_a_device_that_may_not_be_safe_in_it(name: str) -> None:
    card = content().recommendations[name]
    told = any([each.text for each in note.when] == ["mri_unsafe_device"] for note in card.say.notes)
    withheld = all(
        any(each.text in ("mri_hindered", "mri_unsafe_device") for each in offer.unless)
        for offer in card.offer
        if "-mri" in offer.suggestion
    )
    assert told or withheld


async def test_a_pacemaker_is_named_on_the_card_that_offers_an_emergency_mri() -> None:
    device = condition(("icd", "Z95.0"), days_ago=900, text="pacemaker")
    card = (await found(condition(("icd", "G83.4"), days_ago=2), device))["suspect-cauda-equina"]
    assert "Check MRI safety: " in card["detail"]
    assert "394451000119106" in str(card["suggestions"])
