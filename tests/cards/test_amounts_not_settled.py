"""Daily amounts that the order does not settle: none is claimed, and none passes for a low one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls import LOW_BACK_PAIN, Json, drug, post, prefetched, prescription, request
from tests.cards.drug_orders import ACETAMINOPHEN_500, CHRONIC, OXYCODONE_5, found, ordered


def instructed(value: float, unit: str, timing: Json, **more: Any) -> list[Json]:
    """One instruction: so much, so often."""
    return [{"doseAndRate": [{"doseQuantity": {"value": value, "unit": unit}}], "timing": timing, **more}]


def every(hours: float) -> Json:
    """Every so many hours."""
    return {"repeat": {"frequency": 1, "period": hours, "periodUnit": "h"}}


def named(text: str, *instructions: Json) -> Json:
    """A draft that only words name."""
    return {**ordered("1", dosageInstruction=list(instructions)), "medicationCodeableConcept": {"text": text}}


async def left_open(*resources: Json, draft: Json) -> list[str]:
    """Why recommendations about this draft could not be decided, where there is no card."""
    answer = await post(request("order-sign", draft, prefetch=prefetched(CHRONIC, *resources)))
    assert answer.json()["cards"] == []
    whys: list[str] = answer.json()["extension"]["example.plumbline.undecided"]["Order"]
    return whys


COMBINED = ["Acetaminophen and caffeine", "acetaminophen with caffeine", "butalbital, acetaminophen"]


@pytest.mark.parametrize("text", COMBINED)
async def test_milligrams_of_a_combination_in_words_are_no_low_dose_of_acetaminophen(text: str) -> None:
    draft = named(text, *instructed(60, "mg", every(4)))
    assert await left_open(draft=draft) == ["acetaminophen: dose in mg of a combination"]


async def test_a_combination_that_is_taken_leaves_open_what_a_draft_of_acetaminophen_comes_to() -> None:
    taking = prescription("1", days_ago=3, dosageInstruction=instructed(60, "mg", every(4)))
    taking["medicationCodeableConcept"] = {"text": "Acetaminophen and Codeine Phosphate"}
    draft = drug(ACETAMINOPHEN_500, LOW_BACK_PAIN, dosageInstruction=instructed(650, "mg", every(6)))
    body = request("order-sign", draft, prefetch=prefetched(CHRONIC, taking))
    undecided = (await post(body)).json()["extension"]["example.plumbline.undecided"]
    assert undecided["MedicationRequest"] == ["acetaminophen: dose in mg of a combination"]


@pytest.mark.parametrize(
    "text", ["Oxycodone and Acetaminophen", "oxycodone, acetaminophen", "oxycodone w/ APAP"]
)
async def test_milligrams_of_the_other_ingredient_are_no_high_dose_of_an_opioid(text: str) -> None:
    draft = named(text, *instructed(325, "mg", every(4)))
    assert "reassess-high-dose" not in await found(CHRONIC, drafts=(draft,))


async def test_a_plain_name_with_advice_is_still_computed_from_its_milligrams() -> None:
    draft = named("acetaminophen 500 mg tablet, take with food", *instructed(1000, "mg", every(6)))
    assert "4000 mg a day" in (await found(CHRONIC, drafts=(draft,)))["acetaminophen-daily-limit"]["summary"]


@pytest.mark.parametrize("period", [{"value": 24}, {"value": 1}])
async def test_a_maximum_in_a_period_without_its_unit_hides_no_high_dose(period: Json) -> None:
    most = {"numerator": {"value": 12, "unit": "tablet"}, "denominator": period}
    tablets = instructed(2, "tablet", every(4), asNeededBoolean=True, maxDosePerPeriod=most)
    draft = ordered(ACETAMINOPHEN_500, dosageInstruction=tablets)
    assert "6000 mg a day" in (await found(CHRONIC, drafts=(draft,)))["acetaminophen-daily-limit"]["summary"]
    draft = ordered(OXYCODONE_5, dosageInstruction=tablets)
    assert "90 MME a day" in (await found(CHRONIC, drafts=(draft,)))["reassess-high-dose"]["summary"]


async def test_a_code_that_disagrees_with_what_is_repeated_leaves_the_amount_open() -> None:
    timing = {"repeat": {"period": 1, "periodUnit": "d"}, "code": {"text": "QID"}}
    draft = ordered(ACETAMINOPHEN_500, dosageInstruction=instructed(2, "tablet", timing))
    assert await left_open(draft=draft) == ["not exact enough to decide"]


async def test_as_needed_counts_at_the_higher_of_code_and_what_is_repeated() -> None:
    timing = {"repeat": {"period": 1, "periodUnit": "d"}, "code": {"text": "QID PRN"}}
    draft = ordered(ACETAMINOPHEN_500, dosageInstruction=instructed(2, "tablet", timing))
    assert "4000 mg a day" in (await found(CHRONIC, drafts=(draft,)))["acetaminophen-daily-limit"]["summary"]
