"""Through the whole service: the encounter of the call that was not sent, or not wholly, is no plain no."""

from __future__ import annotations

from typing import Any

import pytest

from app.answering import UNDECIDED
from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    cards,
    concept,
    condition,
    day,
    drug,
    observation,
    post,
    prefetched,
    request,
    study,
    topics,
)
from tests.cards.drug_orders import taken

FEVER = observation("8310-5", 39.0, "Cel")
MRI = study("72148", LOW_BACK_PAIN)
PAIN = condition(LOW_BACK_PAIN, id="c")
IBUPROFEN = drug("197806", LOW_BACK_PAIN, **taken(1, 3, days=5))


def encounter(name: str = "e1", days_ago: int = 0, **more: Any) -> Json:
    """The encounter in progress."""
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day(days_ago)}T08:00:00Z"},
        **more,
    }


EARLIER = encounter("e0", 50, status="finished")
LEFT_OUT = "the current encounter was not sent"
UNNAMED = "a diagnosis of the current encounter was not sent"
ONLY_POINTING = [
    encounter(diagnosis=[{"condition": {"reference": "Condition/c9"}}]),
    encounter(reasonReference=[{"reference": "Condition/c9"}]),
    encounter(diagnosis=[{"condition": {"reference": "#c9"}}]),
]


@pytest.mark.parametrize(
    ("visit", "why"), [(EARLIER, LEFT_OUT), *((each, UNNAMED) for each in ONLY_POINTING)]
)
async def test_no_imaging_order_is_to_be_removed_while_the_reason_of_the_visit_was_not_read(
    visit: Json, why: str
) -> None:
    (card,) = await cards("order-sign", MRI, prefetch=prefetched(visit), encounterId="e1")
    assert card["source"]["topic"]["code"] == "avoid-early-imaging"
    assert "Red flags not fully checked" in card["summary"]
    assert f"{why[0].upper()}{why[1:]}: encounters" in card["detail"]
    assert [each["type"] for each in actions(card) if each["type"] == "delete"] == []


@pytest.mark.parametrize(
    ("visit", "why"), [(EARLIER, LEFT_OUT), *((each, UNNAMED) for each in ONLY_POINTING)]
)
async def test_beside_a_fever_an_empty_list_says_that_the_visit_was_not_read(visit: Json, why: str) -> None:
    answer = await post(request("patient-view", prefetch=prefetched(visit, FEVER), encounterId="e1"))
    assert answer.json()["cards"] == []
    assert answer.json()["extension"][UNDECIDED]["Encounter"] == [why]


async def test_an_encounter_that_was_sent_whole_leaves_the_order_as_easy_to_remove_as_before() -> None:
    asthma = condition(("icd", "J45.909"), id="c9")
    for visit in (encounter(), ONLY_POINTING[0]):
        (card,) = await cards("order-sign", MRI, prefetch=prefetched(visit, asthma), encounterId="e1")
        assert "not fully checked" not in card["summary"]
        assert "delete" in [each["type"] for each in actions(card)]


@pytest.mark.parametrize(
    "pointing",
    [{"diagnosis": [{"condition": {"reference": "#c"}}]}, {"reasonReference": [{"reference": "#c"}]}],
)
async def test_back_pain_that_the_visit_contains_brings_the_suspicion_of_infection(pointing: Json) -> None:
    visit = encounter(contained=[PAIN], **pointing)
    found = await cards("patient-view", prefetch=prefetched(visit, FEVER), encounterId="e1")
    assert topics(found) == {"suspect-spinal-infection": "warning"}


@pytest.mark.parametrize("first", ["never closed", "today"])
async def test_a_visit_that_was_never_closed_does_not_hide_that_of_today(first: str) -> None:
    never_closed = encounter("e0", 700, **{"class": {"code": "IMP"}})
    today = encounter(reasonCode=[concept(LOW_BACK_PAIN)])
    visits = (never_closed, today) if first == "never closed" else (today, never_closed)
    found = await cards("patient-view", prefetch=prefetched(*visits, FEVER))
    assert topics(found) == {"suspect-spinal-infection": "warning"}

    kidneys = condition(("icd", "N18.5"), id="ckd")
    found = await cards("order-sign", IBUPROFEN, prefetch=prefetched(*visits, kidneys))
    assert "nsaid-caution" in topics(found)
