"""What stands on record as an allergy, from the resource to the NSAID that is offered or ordered."""

from __future__ import annotations

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    SYSTEMS,
    Json,
    cards,
    concept,
    condition,
    content,
    drug,
    prefetched,
    topics,
)
from tests.cards.drug_orders import IBUPROFEN_600

PAIN = condition(LOW_BACK_PAIN, id="pain")
DRUG_ALLERGY = concept(("snomed", "416098002"), text="Drug allergy")
IBUPROFEN = concept(("rxnorm", "5640"), text="ibuprofen")


def allergy(code: Json, *substances: Json) -> Json:
    """An allergy, and what its reactions were to."""
    reactions = [{"substance": each, "manifestation": [{"text": "hives"}]} for each in substances]
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": code,
        **({"reaction": reactions} if reactions else {}),
    }


async def offered(*records: Json) -> bool:
    """Whether an NSAID is offered when the chart is opened."""
    (card,) = await cards("patient-view", prefetch=prefetched(PAIN, *records))
    return any("naproxen" in each["label"] for each in card["suggestions"])


async def cautioned(*records: Json) -> str | None:
    """How strongly an order of ibuprofen is cautioned against, and whether for an allergy."""
    found = await cards("order-sign", drug(IBUPROFEN_600, LOW_BACK_PAIN), prefetch=prefetched(PAIN, *records))
    return topics(found).get("nsaid-caution")


@pytest.mark.parametrize("code", [DRUG_ALLERGY, {"text": "Other"}])
async def test_a_class_of_allergy_is_read_with_the_substance_that_the_patient_reacted_to(code: Json) -> None:
    known = allergy(code, concept(text="penicillin"), IBUPROFEN)
    assert (await offered(known), await cautioned(known)) == (False, "warning")


async def test_a_reaction_to_something_else_keeps_no_nsaid_from_being_offered() -> None:
    penicillin = allergy(DRUG_ALLERGY, concept(text="penicillin"))
    assert (await offered(penicillin), await cautioned(penicillin)) == (True, None)


@pytest.mark.parametrize(
    "text",
    ["Indocin", "COX-2 inhibitors", "Cox2 inhibitor", "Salicylates", "Vioxx", "salicylate (substance)"],
)
async def test_an_allergy_to_a_kind_or_a_brand_of_nsaid_is_one_to_nsaids(text: str) -> None:
    known = allergy({"text": text})
    assert (await offered(known), await cautioned(known)) == (False, "info")


@pytest.mark.parametrize("rxcui", ["3355", "35827", "4502"])
async def test_an_allergy_coded_as_a_bare_ingredient_counts_without_a_display(rxcui: str) -> None:
    known = allergy(concept(("rxnorm", rxcui)))
    assert (await offered(known), await cautioned(known)) == (False, "warning")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("diclofenac 75 mg EC tablet", "nsaid"),
        ("Arthrotec 75", "nsaid"),
        ("diclofenac 1 % gel", "nsaid-topical"),
    ],
)
def test_what_the_words_beside_a_bare_ingredient_say_of_a_prescription_is_heard_as_before(
    text: str, name: str
) -> None:
    found = content().codes.match([(SYSTEMS["rxnorm"], "3355", "diclofenac")], text)
    assert found.sets & {"nsaid", "nsaid-topical"} == {name}


def test_poisoning_with_salicylates_is_no_allergy() -> None:
    assert "nsaid-allergy" not in content().codes.match([], "Salicylate poisoning").sets
