"""Patients for whom an opioid is ordered, from the body to the card."""

from __future__ import annotations

import pytest

from tests.calls import Json, actions, cards, concept, condition, drug, prefetched, prescription, procedure
from tests.cards.drug_orders import (
    ACUTE,
    BUPRENORPHINE_PATCH,
    CHRONIC,
    FENTANYL_75,
    HYDROCODONE_5_APAP_325,
    METHADONE_10,
    NALOXONE,
    ON_OPIOIDS,
    OXYCODONE_5,
    OXYCODONE_ER_10,
    SUBOXONE_8,
    TRAMADOL_50,
    created,
    found,
    ordered,
    shown,
    taken,
    visit,
)

OPIOID_USE_DISORDER = condition(("icd", "F11.20"), days_ago=900)
OVERDOSE = condition(("icd", "T40.2X1A"), days_ago=900, status="resolved")

# Long-acting opioids


async def test_a_patch_for_acute_pain_is_warned_of_and_its_removal_offered():
    card = (await found(ACUTE, drafts=(ordered(FENTANYL_75),)))["start-immediate-release"]
    assert card["indicator"] == "warning"
    assert "acute pain" in card["summary"]
    assert "delete" in [each["type"] for each in actions(card)]
    assert "No daily dose can be computed" in card["detail"]


async def test_a_long_acting_opioid_in_long_term_therapy_is_no_start():
    draft = ordered(OXYCODONE_ER_10, **taken(1, 2, days=30))
    assert "start-immediate-release" not in await shown(CHRONIC, ON_OPIOIDS, drafts=(draft,))
    assert "start-immediate-release" in await shown(CHRONIC, drafts=(draft,))


async def test_a_buprenorphine_patch_is_information():
    card = await shown(ACUTE, drafts=(ordered(BUPRENORPHINE_PATCH),))
    assert card["start-immediate-release"] == "info"


async def test_methadone_is_judged_as_an_opioid_for_pain_and_as_treatment_never():
    methadone = ordered(METHADONE_10, **taken(1, 3))
    assert "start-immediate-release" in await shown(ACUTE, drafts=(methadone,))
    # The disorder itself is a risk of infection in new pain.
    treated = await shown(ACUTE, OPIOID_USE_DISORDER, drafts=(methadone,))
    assert treated == {"suspect-spinal-infection": "info"}


async def test_buprenorphine_with_naloxone_gets_no_opioid_card():
    assert await shown(ACUTE, OVERDOSE, drafts=(ordered(SUBOXONE_8, **taken(2, 1, days=28)),)) == {}


# Dose


async def test_current_and_drafted_opioids_add_up_and_the_parts_are_shown():
    taking = prescription(METHADONE_10, days_ago=5, **taken(1, 1))
    draft = ordered(HYDROCODONE_5_APAP_325, **taken(1, 4, days=3))
    card = (await found(CHRONIC, taking, drafts=(draft,)))["reassess-high-dose"]
    assert card["summary"].startswith("Opioids come to 67 MME a day")
    assert "methadone 10 mg × 1/day = 47" in card["detail"]
    assert "hydrocodone 5 mg × 4/day = 20 (this order)" in card["detail"]


async def test_a_renewal_counts_once():
    taking = prescription(OXYCODONE_5, days_ago=20, **taken(1, 4))
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=3))
    assert "reassess-high-dose" not in await shown(CHRONIC, taking, drafts=(draft,))


async def test_a_patch_of_75_micrograms_an_hour_is_180_mme_a_day():
    instruction = {
        "timing": {"repeat": {"frequency": 1, "period": 72, "periodUnit": "h"}},
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "patch"}}],
    }
    draft = ordered(FENTANYL_75, dosageInstruction=[instruction])
    card = (await found(CHRONIC, ON_OPIOIDS, drafts=(draft,)))["reassess-high-dose"]
    assert card["summary"].startswith("Opioids come to at least 180 MME a day")


async def test_a_part_that_cannot_be_computed_makes_the_total_at_least_and_says_why():
    taking = prescription(METHADONE_10, days_ago=5, dosageInstruction=[{"text": "as directed"}])
    draft = ordered(OXYCODONE_5, **taken(2, 4, days=3))
    card = (await found(CHRONIC, taking, drafts=(draft,)))["reassess-high-dose"]
    assert "at least 60 MME" in card["summary"]
    assert "methadone 10 mg: only free text" in card["detail"]


async def test_two_opioids_drafted_get_one_card_about_the_total():
    drafts = (ordered(OXYCODONE_5, **taken(2, 4)), ordered(METHADONE_10, id="m2", **taken(1, 1)))
    sent = prefetched(CHRONIC, ON_OPIOIDS)
    topics = [card["source"]["topic"]["code"] for card in await cards("order-sign", *drafts, prefetch=sent)]
    assert topics.count("reassess-high-dose") == 1


async def test_a_second_opioid_whose_dose_cannot_be_computed_asks_for_it_when_no_other_card_does():
    draft = ordered(TRAMADOL_50, dosageInstruction=[{"text": "as directed"}])
    card = (await found(CHRONIC, ON_OPIOIDS, drafts=(draft,)))["dose-not-computable"]
    assert card["indicator"] == "info"
    assert "tramadol 50 mg: only free text" in card["detail"]


# Supply


@pytest.mark.parametrize(("days", "fires"), [(7, False), (8, True)])
async def test_a_supply_of_more_than_7_days_is_too_long_in_acute_pain(days: int, fires: bool):
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=days))
    assert ("limit-acute-supply" in await shown(ACUTE, drafts=(draft,))) is fires
    assert "limit-acute-supply" not in await shown(CHRONIC, drafts=(draft,))


async def test_the_days_follow_from_quantity_and_use_40_by_4():
    draft = ordered(OXYCODONE_5, **taken(1, 4))
    draft["dispenseRequest"] = {"quantity": {"value": 40, "unit": "tablet"}}
    card = (await found(ACUTE, drafts=(draft,)))["limit-acute-supply"]
    assert card["summary"].startswith("oxycodone: 10 days in acute back pain")


async def test_surgery_silences_the_first_line_card_and_not_the_supply():
    operation = procedure(("snomed", "52734007"), days_ago=12)
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=14))
    assert await shown(ACUTE, operation, drafts=(draft,)) == {"limit-acute-supply": "warning"}


# Naloxone


async def test_naloxone_is_offered_for_a_risk_and_is_a_suggestion_where_another_opioid_card_stands():
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=3))
    alone = await found(CHRONIC, OVERDOSE, prescription(OXYCODONE_5, days_ago=20), drafts=(draft,))
    assert list(alone) == ["offer-naloxone"]
    folded = await found(ACUTE, OVERDOSE, drafts=(draft,))
    assert list(folded) == ["avoid-first-line-opioid"]
    assert "naloxone 4 mg nasal spray" in created(folded["avoid-first-line-opioid"])


async def test_naloxone_inside_another_tablet_is_no_naloxone_at_home():
    tablet = prescription(SUBOXONE_8, days_ago=200)
    tablet["medicationCodeableConcept"] = concept(("rxnorm", SUBOXONE_8), ("rxnorm", NALOXONE))
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=3))
    current = prescription(OXYCODONE_5, days_ago=20)
    assert "offer-naloxone" in await shown(CHRONIC, OVERDOSE, current, tablet, drafts=(draft,))
    spray = prescription(NALOXONE, days_ago=200)
    assert await shown(CHRONIC, OVERDOSE, current, spray, drafts=(draft,)) == {}


# Whom other rules judge


@pytest.mark.parametrize(
    "exempt",
    [
        condition(("icd", "G89.3"), days_ago=30),
        condition(("icd", "D57.1"), days_ago=3000),
        condition(("icd", "Z51.5"), days_ago=30),
        visit("IMP"),
    ],
    ids=["cancer pain", "sickle cell disease", "palliative care", "inpatient"],
)
async def test_opioid_cards_are_silent_for(exempt: Json):
    draft = ordered(FENTANYL_75, **taken(1, 1, days=30))
    sent = (CHRONIC, OVERDOSE, exempt)
    assert await shown(*sent, drafts=(draft,)) == {}


async def test_a_red_flag_silences_the_deterrent_and_not_drug_safety():
    palsy = condition(("icd", "M21.371"), days_ago=3)
    found_now = await shown(ACUTE, palsy, drafts=(ordered(OXYCODONE_5, **taken(3, 4, days=14)),))
    assert found_now == {
        "severe-neurological-deficit": "critical",
        "reassess-high-dose": "warning",
        "limit-acute-supply": "warning",
    }


# Long-term therapy


async def test_long_term_therapy_is_reviewed_when_the_chart_opens_and_when_an_opioid_is_signed():
    opened = await shown(CHRONIC, ON_OPIOIDS, hook="patient-view")
    assert opened["review-long-term-opioid"] == "info"
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=28))
    assert await shown(CHRONIC, ON_OPIOIDS, drafts=(draft,)) == {"review-long-term-opioid": "info"}
    statin = drug("617312", id="m2")
    assert await shown(CHRONIC, ON_OPIOIDS, drafts=(statin,)) == {}
