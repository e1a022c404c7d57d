"""Patients for whom another drug than an opioid is ordered, and what is offered in place of a drug."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    condition,
    drug,
    observation,
    person,
    prescription,
    study,
)
from tests.cards.drug_orders import (
    ACETAMINOPHEN_500,
    ACUTE,
    ASPIRIN_81,
    CHRONIC,
    CYCLOBENZAPRINE_10,
    DIAZEPAM_5,
    GABAPENTIN_300,
    HYDROCODONE_5_APAP_325,
    IBUPROFEN_600,
    LORAZEPAM_1,
    NAPROXEN_500,
    OXYCODONE_5,
    PREDNISONE_10,
    WARFARIN_5,
    allergy,
    created,
    found,
    ordered,
    shown,
    taken,
)

# Benzodiazepines, relaxants, steroids, gabapentin, acetaminophen


async def test_diazepam_for_a_spasm_of_the_back_is_discouraged_and_more_so_from_65():
    spasm = drug(DIAZEPAM_5, ("icd", "M62.830"))
    assert await shown(ACUTE, drafts=(spasm,)) == {"avoid-benzodiazepine": "info"}
    assert await shown(ACUTE, drafts=(spasm,), patient=person(70)) == {"avoid-benzodiazepine": "warning"}
    panic = condition(("icd", "F41.0"), days_ago=500)
    assert await shown(ACUTE, panic, drafts=(spasm,)) == {}


async def test_two_tablets_before_an_mri_are_sedation_and_not_treatment():
    tablets = ordered(LORAZEPAM_1, dispenseRequest={"quantity": {"value": 2, "unit": "tablet"}})
    mri = study("72148", LOW_BACK_PAIN)
    assert "avoid-benzodiazepine" not in await shown(CHRONIC, drafts=(tablets, mri))
    assert "avoid-benzodiazepine" in await shown(CHRONIC, drafts=(tablets,))


async def test_cyclobenzaprine_is_ruled_out_by_heart_failure_and_kept_short_without():
    draft = ordered(CYCLOBENZAPRINE_10, **taken(1, 3, days=30))
    failing = condition(("icd", "I50.9"), days_ago=400)
    card = (await found(ACUTE, failing, drafts=(draft,)))["short-muscle-relaxant-course"]
    assert (card["indicator"], card["summary"]) == ("warning", "cyclobenzaprine: ruled out by heart failure.")
    assert await shown(ACUTE, drafts=(draft,)) == {"short-muscle-relaxant-course": "info"}
    week = ordered(CYCLOBENZAPRINE_10, **taken(1, 3, days=7))
    assert await shown(ACUTE, drafts=(week,)) == {}


async def test_prednisone_is_for_neither_back_pain_nor_judged_in_sciatica_or_asthma():
    assert await shown(ACUTE, drafts=(ordered(PREDNISONE_10),)) == {"avoid-systemic-steroid": "info"}
    assert await shown(ACUTE, drafts=(drug(PREDNISONE_10, ("icd", "M54.31")),)) == {}
    assert await shown(ACUTE, drafts=(drug(PREDNISONE_10, ("icd", "J45.909")),)) == {}


async def test_gabapentin_is_information_and_beside_an_opioid_a_warning():
    draft = drug(GABAPENTIN_300, ("icd", "M54.31"))
    assert await shown(ACUTE, drafts=(draft,)) == {"gabapentinoid-limited-benefit": "info"}
    taking = prescription(OXYCODONE_5, days_ago=5)
    assert await shown(ACUTE, taking, drafts=(draft,)) == {"gabapentinoid-limited-benefit": "warning"}
    neuropathy = condition(("icd", "E11.42"), days_ago=500)
    assert await shown(ACUTE, neuropathy, drafts=(draft,)) == {}


async def test_acetaminophen_of_all_products_is_added_up_whatever_it_is_for():
    taking = prescription(ACETAMINOPHEN_500, days_ago=5, **taken(1, 4))
    draft = drug(HYDROCODONE_5_APAP_325, ("icd", "S52.501A"), **taken(1, 4, days=3))
    card = (await found(CHRONIC, taking, drafts=(draft,)))["acetaminophen-daily-limit"]
    assert "3300 mg a day" in card["summary"]
    assert "acetaminophen 325 mg × 4/day = 1300 (this order)" in card["detail"]
    assert await shown(taking, drafts=(draft,)) == {}


async def test_with_cirrhosis_the_limit_is_2000_mg():
    cirrhosis = condition(("icd", "K74.60"), days_ago=500)
    draft = ordered(ACETAMINOPHEN_500, **taken(1, 5))
    assert await shown(CHRONIC, cirrhosis, drafts=(draft,)) == {"acetaminophen-daily-limit": "warning"}
    assert await shown(CHRONIC, drafts=(draft,)) == {}


# NSAIDs


STOMACH_ULCER = condition(("icd", "K25.9"), days_ago=4000, status="resolved")
IBUPROFEN = ordered(IBUPROFEN_600, **taken(1, 3, days=7))


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        (observation("98979-8", 24, "mL/min/{1.73_m2}", 30), "24"),
        (condition(("icd", "N18.4"), days_ago=400), "kidney disease"),
        (STOMACH_ULCER, "gastric ulcer"),
        (prescription(WARFARIN_5, days_ago=20), "warfarin"),
        (condition(("icd", "I50.9"), days_ago=400), "heart failure"),
        (condition(("icd", "I21.9"), days_ago=200), "infarction"),
        (condition(("icd", "Z34.90"), days_ago=60), "pregnan"),
        (allergy(NAPROXEN_500), "naproxen"),
        (condition(("icd", "K74.60"), days_ago=400), "cirrhosis"),
        (prescription(NAPROXEN_500, days_ago=5), "naproxen"),
    ],
    ids=["eGFR", "kidney", "ulcer", "anticoagulant", "heart failure", "infarct", "pregnancy", "allergy",
         "cirrhosis", "second NSAID"],
)  # fmt: skip
async def test_the_reason_against_an_nsaid_is_named(reason: Json, named: str):
    card = (await found(CHRONIC, reason, drafts=(IBUPROFEN,)))["nsaid-caution"]
    assert card["indicator"] == "warning"
    assert named in card["summary"]


@pytest.mark.parametrize(
    "harmless",
    [
        prescription(IBUPROFEN_600, days_ago=5),
        prescription(ASPIRIN_81, days_ago=5, **taken(1, 1)),
        condition(("icd", "I21.9"), days_ago=400),
        observation("98979-8", 31, "mL/min/{1.73_m2}", 30),
    ],
    ids=["the same NSAID again", "aspirin for the heart", "an infarct of last year", "eGFR 31"],
)
async def test_no_caution_about_an_nsaid_with(harmless: Json):
    assert await shown(CHRONIC, harmless, drafts=(IBUPROFEN,)) == {}


async def test_a_gel_is_no_nsaid_and_neither_is_a_patient_without_back_pain_our_business():
    gel = {**IBUPROFEN, "medicationCodeableConcept": {"text": "diclofenac 1 % gel"}}
    assert await shown(CHRONIC, STOMACH_ULCER, drafts=(gel,)) == {}
    assert await shown(STOMACH_ULCER, drafts=(drug(IBUPROFEN_600),)) == {}


async def test_where_an_nsaid_is_ruled_out_acetaminophen_is_a_fallback_and_less_of_it_from_65():
    adult = (await found(CHRONIC, STOMACH_ULCER, drafts=(IBUPROFEN,)))["nsaid-caution"]
    assert created(adult)[1:] == ["diclofenac 1 % gel", "acetaminophen 500 mg tablet"]
    old = (await found(CHRONIC, STOMACH_ULCER, drafts=(IBUPROFEN,), patient=person(70)))["nsaid-caution"]
    drafts = [each["resource"] for each in actions(old) if each["type"] == "create"]
    most = [each["dosageInstruction"][0].get("maxDosePerPeriod") for each in drafts[1:]]
    assert [each["numerator"]["value"] for each in most if each] == [2000]


# What is offered in place of an opioid


async def offers(*resources: Json, **more: Any) -> list[str]:
    """What the first-line card creates for oxycodone in acute pain."""
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=3))
    return created((await found(ACUTE, *resources, drafts=(draft,), **more))["avoid-first-line-opioid"])


async def test_an_nsaid_is_offered_only_where_every_caution_was_read_and_is_a_no():
    assert "naproxen 500 mg tablet" in await offers()
    for without in ("allergies", "observations", "procedures"):
        assert not any("naproxen" in each for each in await offers(without=(without,)))
    for reason in (STOMACH_ULCER, prescription(WARFARIN_5), allergy(IBUPROFEN_600)):
        assert not any("naproxen" in each for each in await offers(reason))


async def test_from_65_on_the_dose_is_half_and_an_egfr_of_the_last_year_is_needed():
    assert not any("naproxen" in each for each in await offers(patient=person(70)))
    egfr = observation("98979-8", 70, "mL/min/{1.73_m2}", 100)
    assert "naproxen 250 mg tablet" in await offers(egfr, patient=person(70))
    old = observation("98979-8", 70, "mL/min/{1.73_m2}", 400)
    assert not any("naproxen" in each for each in await offers(old, patient=person(70)))


async def test_an_nsaid_that_is_offered_gets_no_caution_of_its_own():
    draft = ordered(OXYCODONE_5, **taken(1, 4, days=3))
    card = (await found(ACUTE, drafts=(draft,)))["avoid-first-line-opioid"]
    naproxen = next(each["resource"] for each in actions(card) if "naproxen" in str(each))
    assert await shown(ACUTE, drafts=({**naproxen, "id": "m9"},)) == {}


async def test_duloxetine_is_offered_only_in_chronic_pain_and_with_its_doubt():
    asked = observation("44261-6", 3, "{score}", 20)
    chronic = (await found(CHRONIC, asked, hook="patient-view"))["stepped-care"]
    duloxetine = next(each for each in actions(chronic) if "duloxetine" in str(each))
    assert "Some guidelines" in duloxetine["description"]
    acute = (await found(ACUTE, asked, hook="patient-view"))["stepped-care"]
    assert "naproxen 500 mg tablet" in created(acute)
    assert not any("duloxetine" in each for each in created(acute))
