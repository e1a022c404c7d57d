"""Patients with a tumour of the spine, weak signs of cancer, an aneurysm, bleeding risk, earlier surgery."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    cards,
    condition,
    day,
    drug,
    observation,
    person,
    prefetched,
    prescription,
    procedure,
    study,
    topics,
)

BACK_PAIN = condition(LOW_BACK_PAIN, id="lbp", days_ago=10)
FORTY_DAYS = condition(LOW_BACK_PAIN, id="lbp", days_ago=40)
METASTASIS = condition(("icd", "C79.51"), days_ago=400)
ANEURYSM = condition(("snomed", "233985008"), days_ago=900)
FOOT_DROP = condition(("snomed", "6077001"), days_ago=3)
HOSPICE = condition(("snomed", "385763009"), days_ago=20)
MRI = study("72148", LOW_BACK_PAIN)
STATIN = drug("617310", ("icd", "E78.5"))
OXYCODONE = drug("1049621", LOW_BACK_PAIN)
APIXABAN = "1364445"
CLOPIDOGREL, ASPIRIN = "309362", "243670"
WHOLE_SPINE, CONTRAST_MRI = "30855-1", "24967-2"


async def found(
    *resources: Json, drafts: tuple[Json, ...] = (), patient: Json | None = None, **more: Any
) -> dict[str, Json]:
    """The cards by topic, when the chart is opened or these orders are signed."""
    sent = prefetched(*resources, patient=patient or person(66), without=more.pop("without", ()))
    shown = await cards("order-sign" if drafts else "patient-view", *drafts, prefetch=sent, **more)
    return {card["source"]["topic"]["code"]: card for card in shown}


async def shown(*resources: Json, **more: Any) -> dict[str, str]:
    """Topic → indicator."""
    return topics(list((await found(*resources, **more)).values()))


def codes(card: Json) -> list[str]:
    """The codes of the orders that a card would create."""
    created = [each["resource"] for each in actions(card) if each["type"] == "create"]
    return [each["code"]["coding"][0]["code"] for each in created]


def encounter(kind: str) -> Json:
    """The encounter in progress."""
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day(0)}T08:00:00Z"},
    }


# Metastasis and myeloma


async def test_new_pain_with_a_metastasis_asks_for_the_whole_spine_and_takes_the_place_of_the_history():
    seen = await found(BACK_PAIN, METASTASIS)
    assert {name: card["indicator"] for name, card in seen.items()} == {
        "suspect-spinal-metastasis": "warning"
    }
    assert codes(seen["suspect-spinal-metastasis"]) == [WHOLE_SPINE]


async def test_myeloma_counts_as_well():
    assert "suspect-spinal-metastasis" in await shown(BACK_PAIN, condition(("snomed", "109989006")))


async def test_with_a_new_deficit_it_is_critical_beside_any_draft():
    seen = await shown(BACK_PAIN, METASTASIS, FOOT_DROP, drafts=(STATIN,))
    assert seen["suspect-spinal-metastasis"] == "critical"
    assert "suspect-spinal-metastasis" not in await shown(BACK_PAIN, METASTASIS, drafts=(STATIN,))


async def test_an_mri_since_the_pain_began_ends_it_and_an_older_one_does_not():
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "24968-0"}], "text": "MRI whole spine"},
    }
    assert await shown(BACK_PAIN, METASTASIS, {**report, "effectiveDateTime": day(5)}) == {
        "stepped-care": "info"
    }
    assert "suspect-spinal-metastasis" in await shown(
        BACK_PAIN, METASTASIS, {**report, "effectiveDateTime": day(60)}
    )


async def test_in_hospice_neither_the_metastasis_nor_the_cancer_asks_for_imaging():
    assert await shown(BACK_PAIN, METASTASIS, HOSPICE) == {}


async def test_palliative_care_beside_treatment_does_not_hide_it():
    palliative = condition(("icd", "Z51.5"), days_ago=20)
    assert "suspect-spinal-metastasis" in await shown(BACK_PAIN, METASTASIS, palliative)


async def test_no_deterrent_stands_beside_it():
    assert await shown(BACK_PAIN, METASTASIS, drafts=(MRI, OXYCODONE)) == {
        "suspect-spinal-metastasis": "warning"
    }


# Weak signs of cancer


def weight(kilograms: float, days_ago: int) -> Json:
    """A measured weight."""
    return observation("29463-7", kilograms, "kg", days_ago)


async def test_weight_loss_and_lasting_pain_at_66_ask_for_a_radiograph_and_an_esr():
    seen = await found(FORTY_DAYS, weight(80, 300), weight(75, 3))
    assert seen["weak-cancer-indicators"]["indicator"] == "info"
    assert codes(seen["weak-cancer-indicators"]) == ["840361000", "30341-2", "185389009"]


async def test_one_weak_sign_alone_never_fires():
    assert "weak-cancer-indicators" not in await shown(FORTY_DAYS, weight(80, 300), weight(77, 3))
    assert "weak-cancer-indicators" not in await shown(BACK_PAIN, weight(80, 300), weight(75, 3))


async def test_semaglutide_explains_the_weight():
    drug_for_weight = prescription("1991302", days_ago=60)
    assert "weak-cancer-indicators" not in await shown(
        FORTY_DAYS, weight(80, 300), weight(75, 3), drug_for_weight
    )


async def test_weak_signs_make_an_imaging_deterrent_one_step_gentler_and_silence_nothing():
    sweats = condition(("icd", "R61"), days_ago=30)
    anaemia = condition(("icd", "D64.9"), days_ago=30)
    assert await shown(BACK_PAIN, sweats, anaemia, drafts=(MRI,)) == {
        "weak-cancer-indicators": "info",
        "avoid-early-imaging": "info",
    }


async def test_a_site_that_sends_no_observations_still_sees_the_warning():
    seen = await found(BACK_PAIN, drafts=(MRI,), without=("observations",))
    assert seen["avoid-early-imaging"]["indicator"] == "warning"
    assert "Red flags not fully checked" in seen["avoid-early-imaging"]["summary"]
    assert "delete" not in [each["type"] for each in actions(seen["avoid-early-imaging"])]


async def test_a_history_of_cancer_takes_the_place_of_weak_signs():
    cancer = condition(("icd", "Z85.3"), days_ago=3000)
    assert await shown(FORTY_DAYS, cancer, weight(80, 300), weight(75, 3)) == {
        "new-pain-with-cancer-history": "warning"
    }


# The aorta


async def test_an_aneurysm_with_new_pain_goes_by_ambulance_and_nothing_is_ordered_in_the_clinic():
    card = (await found(BACK_PAIN, ANEURYSM))["suspect-aortic-emergency"]
    assert (card["indicator"], actions(card)) == ("critical", [])
    assert "ambulance" in card["summary"]


async def test_in_the_emergency_department_an_ultrasound_is_offered():
    card = (await found(BACK_PAIN, ANEURYSM, encounter("EMER")))["suspect-aortic-emergency"]
    assert codes(card) == ["24547-2"]


async def test_a_rupture_needs_no_back_pain_and_an_old_one_is_past():
    assert await shown(condition(("icd", "I71.30"), days_ago=1)) == {"suspect-aortic-emergency": "critical"}
    assert await shown(condition(("icd", "I71.30"), days_ago=31)) == {}


async def test_an_aneurysm_with_older_pain_is_no_emergency():
    assert "suspect-aortic-emergency" not in await shown(FORTY_DAYS, ANEURYSM)
    assert await shown(ANEURYSM) == {}


async def test_after_a_repair_it_is_a_warning():
    repaired = procedure(("snomed", "444588006"), days_ago=700)
    assert (await shown(BACK_PAIN, ANEURYSM, repaired))["suspect-aortic-emergency"] == "warning"


async def test_a_rupture_after_an_old_repair_stays_critical_whatever_was_not_read():
    repaired = procedure(("snomed", "444588006"), days_ago=700)
    rupture = condition(("icd", "I71.30"), days_ago=5)
    for without in ((), ("encounters",), ("procedures",), ("encounters", "observations")):
        seen = await shown(BACK_PAIN, rupture, repaired, without=without)
        assert seen["suspect-aortic-emergency"] == "critical", without


@pytest.mark.parametrize("status", ["unknown", "scheduled", "planned", None])
async def test_a_repair_that_perhaps_was_not_done_leaves_a_dissection_critical(status: str | None):
    dissection = condition(("icd", "I71.00"), days_ago=2)
    repair = procedure(("snomed", "444588006"), days_ago=1)
    assert "suspect-aortic-emergency" not in await shown(dissection, repair)
    assert (await shown(dissection, {**repair, "status": status}))["suspect-aortic-emergency"] == "critical"


async def test_a_repair_that_perhaps_was_not_done_does_not_make_an_aneurysm_with_new_pain_a_warning():
    repair = {**procedure(("snomed", "444588006"), days_ago=700), "status": "unknown"}
    assert (await shown(BACK_PAIN, ANEURYSM, repair))["suspect-aortic-emergency"] == "critical"


async def test_imaging_of_the_spine_is_not_discouraged_and_not_called_fitting():
    seen = await found(BACK_PAIN, ANEURYSM, drafts=(MRI,))
    assert set(seen) == {"suspect-aortic-emergency"}
    assert "No spine imaging" in seen["suspect-aortic-emergency"]["summary"]


# Epidural haematoma


async def test_an_anticoagulant_with_a_new_foot_drop_is_critical_and_folds_the_deficit_in():
    assert await shown(BACK_PAIN, FOOT_DROP, prescription(APIXABAN)) == {
        "suspect-epidural-haematoma": "critical"
    }


async def test_two_antiplatelet_drugs_count_and_one_does_not():
    both = (prescription(CLOPIDOGREL), prescription(ASPIRIN))
    assert "suspect-epidural-haematoma" in await shown(BACK_PAIN, FOOT_DROP, *both)
    assert await shown(BACK_PAIN, FOOT_DROP, prescription(CLOPIDOGREL)) == {
        "severe-neurological-deficit": "critical"
    }


async def test_a_deficit_without_back_pain_is_left_to_others():
    assert await shown(FOOT_DROP, prescription(APIXABAN)) == {}


async def test_a_puncture_on_an_anticoagulant_with_new_pain_is_a_warning():
    puncture = procedure(("snomed", "277762005"), days_ago=5)
    assert await shown(BACK_PAIN, puncture, prescription(APIXABAN)) == {
        # A spinal procedure with new pain is a risk of infection too.
        "suspect-epidural-haematoma": "warning",
        "suspect-spinal-infection": "info",
    }


async def test_after_spine_surgery_pain_alone_is_no_haematoma():
    puncture = procedure(("snomed", "231249005"), days_ago=5)
    surgery = procedure(("snomed", "427752004"), days_ago=5)
    assert "suspect-epidural-haematoma" not in await shown(
        BACK_PAIN, puncture, surgery, prescription(APIXABAN)
    )


# After lumbar surgery, and inflammatory pain


async def test_an_mri_without_contrast_after_lumbar_surgery_is_changed_to_one_with():
    surgery = procedure(("snomed", "427752004"), days_ago=2000)
    card = (await found(BACK_PAIN, surgery, drafts=(MRI,)))["prior-spine-surgery"]
    assert card["indicator"] == "info"
    (action,) = actions(card)
    assert action["type"] == "update"
    assert action["resource"]["code"]["coding"][0]["code"] == CONTRAST_MRI


async def test_pain_after_surgery_as_a_diagnosis_alone_does_not_fire():
    assert "prior-spine-surgery" not in await shown(condition(("icd", "M96.1"), days_ago=10))


async def test_a_history_of_lumbar_surgery_on_the_problem_list_counts():
    assert "prior-spine-surgery" in await shown(BACK_PAIN, condition(("snomed", "429164009"), days_ago=900))


@pytest.mark.parametrize("code", [("icd", "M46.1"), ("icd", "M45.9")])
async def test_coded_inflammatory_disease_without_rheumatology_asks_for_it(code: tuple[str, str]):
    seen = await found(BACK_PAIN, condition(code, days_ago=100), patient=person(33))
    assert "306290009" in codes(seen["inflammatory-back-pain"])


async def test_a_referral_to_rheumatology_this_year_is_enough():
    referral = study("1", status="active", authoredOn=day(200), code={"text": "Referral to rheumatology"})
    coded = condition(("icd", "M45.9"), days_ago=100)
    assert "inflammatory-back-pain" not in await shown(BACK_PAIN, coded, referral, patient=person(33))


async def test_psoriasis_with_long_pain_at_33_is_suspected_and_at_66_is_not():
    long = condition(LOW_BACK_PAIN, id="lbp", days_ago=120)
    psoriasis = condition(("snomed", "9014002"), days_ago=900)
    assert "inflammatory-back-pain" in await shown(long, psoriasis, patient=person(33))
    assert "inflammatory-back-pain" not in await shown(long, psoriasis)


# What counts as surgery, and what as injury


async def test_a_knee_replacement_explains_retention_as_spine_surgery_does():
    retention = condition(("icd", "R33.9"), days_ago=2)
    knee = {**procedure(days_ago=3), "code": {"text": "Total knee replacement"}}
    assert (await shown(BACK_PAIN, retention))["suspect-cauda-equina"] == "critical"
    assert (await shown(BACK_PAIN, retention, knee))["suspect-cauda-equina"] == "warning"


async def test_after_a_hip_fracture_or_a_hip_replacement_an_opioid_is_not_discouraged():
    fracture = condition(("icd", "S72.001A"), days_ago=10)
    hip = {**procedure(days_ago=10), "code": {"text": "Total hip replacement"}}
    assert "avoid-first-line-opioid" in await shown(BACK_PAIN, drafts=(OXYCODONE,))
    for explained in (fracture, hip):
        assert "avoid-first-line-opioid" not in await shown(BACK_PAIN, explained, drafts=(OXYCODONE,))
