"""What lies deeper than usual, or is named oddly, still counts: nested Bundles, groups, selections, cuts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    cards,
    condition,
    drug,
    observation,
    person,
    prefetched,
    prescription,
    searchset,
    study,
    topics,
)

BACK_PAIN = condition(LOW_BACK_PAIN, id="lbp")
FEVER = observation("8310-5", 39.0, "Cel", 1, id="fever")
DIAZEPAM = prescription("596", 5, id="diazepam")
MRI, OXYCODONE = study("72148", LOW_BACK_PAIN), drug("5489", LOW_BACK_PAIN)
BOTH = {"avoid-opioid-with-benzodiazepine": "warning", "avoid-first-line-opioid": "warning"}


def bundle(*resources: Json) -> Json:
    """A Bundle as it may stand where a resource is expected."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in resources],
    }


def group(*contained: Json) -> Json:
    """A group of orders that it contains."""
    return {
        "resourceType": "RequestGroup",
        "id": "g1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "contained": list(contained),
        "action": [{"resource": {"reference": f"#{each['id']}"}} for each in contained],
    }


@pytest.mark.parametrize("nest", [bundle, group])
async def test_a_red_flag_is_not_lost_because_the_order_lies_deeper(nest: type[Json]) -> None:
    found = await cards("order-sign", nest(MRI), prefetch=prefetched(BACK_PAIN, FEVER))
    assert topics(found) == {"suspect-spinal-infection": "warning"}


@pytest.mark.parametrize("nest", [bundle, group])
async def test_an_opioid_beside_a_benzodiazepine_is_told_though_it_lies_deeper(nest: type[Json]) -> None:
    found = await cards("order-sign", nest(OXYCODONE), prefetch=prefetched(BACK_PAIN, DIAZEPAM))
    assert topics(found) == BOTH


@pytest.mark.parametrize(("nest", "offered"), [(bundle, {"create", "delete"}), (group, {"create"})])
async def test_only_an_order_with_an_id_of_its_own_can_be_removed(
    nest: type[Json], offered: set[str]
) -> None:
    found = await cards("order-sign", nest(OXYCODONE), prefetch=prefetched(BACK_PAIN))
    assert {each["type"] for card in found for each in actions(card)} == offered


async def test_a_red_flag_stays_when_a_draft_is_of_a_type_that_nobody_knows() -> None:
    draft = {**MRI, "resourceType": "ImagingOrder"}
    found = await cards("order-sign", draft, prefetch=prefetched(BACK_PAIN, FEVER))
    assert topics(found) == {"suspect-spinal-infection": "warning"}
    assert "1 Order could not be read" in found[0]["detail"]


@pytest.mark.parametrize(
    "selection", ["MedicationRequest/m1 ", "medicationrequest/m1", "urn:uuid:5e1f", "MedicationRequest/gone"]
)
async def test_an_opioid_is_judged_whatever_the_selection_calls_it(selection: str) -> None:
    found = await cards(
        "order-select", OXYCODONE, prefetch=prefetched(BACK_PAIN, DIAZEPAM), selections=[selection]
    )
    assert topics(found) == BOTH


async def test_a_draft_that_is_not_saved_yet_is_selected_by_its_full_url() -> None:
    unsaved = {name: what for name, what in OXYCODONE.items() if name != "id"}
    entries = [
        {"fullUrl": "urn:uuid:5e1f", "resource": unsaved},
        {"fullUrl": "urn:uuid:77aa", "resource": {**MRI, "id": "s1"}},
    ]
    found = await cards(
        "order-select",
        prefetch=prefetched(BACK_PAIN, DIAZEPAM),
        selections=["urn:uuid:5e1f"],
        draftOrders={"resourceType": "Bundle", "type": "collection", "entry": entries},
    )
    assert topics(found) == BOTH


NAPROXEN = "Add naproxen 500 mg twice a day, 10 days"
CANCER = condition(("snomed", "399068003"), id="cancer", days_ago=900)
NOTICE = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]}


def conditions(**odd: Any) -> Json:
    """A prefetch whose problem list is an odd Bundle around the back pain."""
    return {**prefetched(), "conditions": {**searchset([BACK_PAIN]), **odd}}


@pytest.mark.parametrize(
    "odd",
    [
        {"total": 2, "entry": [{"resource": BACK_PAIN}, {"resource": NOTICE, "search": {"mode": "outcome"}}]},
        {"total": 5, "link": {"relation": "self", "url": "https://ehr.example/1"}},
        {"total": "5"},
        {"link": [{"relation": "next"}]},
    ],
)
async def test_a_problem_list_that_was_cut_is_said_however_the_cut_is_written(odd: Json) -> None:
    (card,) = await cards("patient-view", prefetch=conditions(**odd))
    assert "**Could not check.** Only the first page was sent" in card["detail"]


async def test_cancer_in_a_bundle_within_the_problem_list_is_found_and_no_nsaid_is_offered() -> None:
    entries = [{"resource": BACK_PAIN}, {"resource": searchset([CANCER])}]
    found = await cards("patient-view", prefetch=conditions(entry=entries, total=2))
    assert topics(found) == {"new-pain-with-cancer-history": "warning"}
    assert NAPROXEN not in [each["label"] for each in found[0]["suggestions"]]


CHILD, SOMEBODY_ELSE = person(12), {**person(80), "id": "p2"}


@pytest.mark.parametrize("sent", [[SOMEBODY_ELSE, CHILD], [CHILD, SOMEBODY_ELSE], [{"id": 5}, CHILD]])
async def test_a_child_is_a_child_though_another_patient_was_sent_as_well(sent: list[Json]) -> None:
    prefetch = {**prefetched(BACK_PAIN), "patient": searchset(sent)}
    (card,) = await cards("order-sign", MRI, prefetch=prefetch)
    assert topics([card]) == {"outside-adult-scope": "info"}
    assert "another patient" not in card["detail"]


async def test_somebody_else_alone_is_never_taken_for_the_patient() -> None:
    prefetch = {**prefetched(BACK_PAIN), "patient": searchset([SOMEBODY_ELSE, SOMEBODY_ELSE])}
    found = await cards("order-sign", MRI, prefetch=prefetch)
    assert [card for card in found if "belongs to another patient" in card["detail"]] == found != []
