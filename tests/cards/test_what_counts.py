"""Which findings, reasons and settings count, from the body to the card: states, references, words."""

from __future__ import annotations

from typing import Any

import pytest

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
    person,
    post,
    prefetched,
    prescription,
    procedure,
    request,
    study,
    topics,
)
from tests.cards.drug_orders import DIAZEPAM_5, OXYCODONE_5, ordered, taken

ACUTE = condition(LOW_BACK_PAIN, id="lbp", days_ago=10)
CHRONIC = condition(LOW_BACK_PAIN, id="lbp", days_ago=120)
RETENTION = condition(("icd", "R33.9"), id="retention", days_ago=3)
MRI, MRI_WITHOUT_REASON = study("72148", LOW_BACK_PAIN), study("72148")
RADIOGRAPH = study("72100", LOW_BACK_PAIN)
OPIOID = ordered(OXYCODONE_5, **taken(1, 4, days=3))
BREAST_CANCER = condition(("icd", "Z85.3"), days_ago=3000)
Drafts = tuple[Json, ...]


async def found(*resources: Json, drafts: Drafts = (), **more: Any) -> dict[str, Json]:
    """The cards by topic, when the chart is opened or these orders are signed."""
    sent = prefetched(*resources, patient=more.pop("patient", None), without=more.pop("without", ()))
    hook = more.pop("hook", "order-sign" if drafts else "patient-view")
    shown = await cards(hook, *drafts, prefetch=sent, **more)
    return {card["source"]["topic"]["code"]: card for card in shown}


async def shown(*resources: Json, drafts: Drafts = (), **more: Any) -> dict[str, str]:
    """Topic → indicator."""
    return topics(list((await found(*resources, drafts=drafts, **more)).values()))


def offered(card: Json) -> list[str]:
    """The kinds of actions of a card."""
    return [each["type"] for each in actions(card)]


def encounter(**more: Any) -> Json:
    """The encounter in progress."""
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day(0)}T08:00:00Z"},
        **more,
    }


# Status: a word that nobody knows must not end a red flag


@pytest.mark.parametrize(
    "status",
    [
        {"coding": [{"code": "unknown"}]},
        {"coding": [{"system": "http://snomed.info/sct", "code": "55561003", "display": "Active"}]},
        {"coding": [{"system": "urn:local", "code": "A"}, {"code": "active"}]},
        {"text": "Active"},
        "active",
    ],
)
async def test_a_status_that_says_active_or_nothing_keeps_a_red_flag(status: Any):
    assert (await shown(ACUTE, {**RETENTION, "clinicalStatus": status}))["suspect-cauda-equina"] == "critical"


@pytest.mark.parametrize("word", ["inactive", "resolved", "remission", "Resolved"])
async def test_a_status_that_says_over_ends_it(word: str):
    over = {**RETENTION, "clinicalStatus": {"coding": [{"code": word}]}}
    assert "suspect-cauda-equina" not in await shown(ACUTE, over)


@pytest.mark.parametrize("word", ["entered-in-error", "refuted", "Entered in Error"])
async def test_an_error_and_what_was_refuted_never_count(word: str):
    refuted = {"verificationStatus": {"coding": [{"display": word, "code": word}]}}
    assert "suspect-cauda-equina" not in await shown(ACUTE, {**RETENTION, **refuted})
    assert await shown({**ACUTE, **refuted}, drafts=(MRI_WITHOUT_REASON,)) == {}


# Reasons that are references


def because_of(name: str) -> Json:
    """An MRI whose reason is a Condition by its reference."""
    return {**MRI_WITHOUT_REASON, "reasonReference": [{"reference": f"Condition/{name}"}]}


async def test_a_reference_to_an_error_or_a_refuted_condition_is_no_reason():
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    cauda = {**condition(("icd", "G83.4"), id="ces", days_ago=3), **refuted}
    seen = await shown(ACUTE, cauda, drafts=(because_of("ces"),))
    assert seen == {"avoid-early-imaging": "info"}
    assert await shown({**ACUTE, **refuted}, drafts=(because_of("lbp"),)) == {}


async def test_a_provisional_condition_that_a_reason_refers_to_is_suspected():
    provisional = {"verificationStatus": {"coding": [{"code": "provisional"}]}}
    cauda = {**condition(("icd", "G83.4"), id="ces", days_ago=None, status="active"), **provisional}
    card = (await found(ACUTE, cauda, drafts=(because_of("ces"),)))["suspect-cauda-equina"]
    assert (card["indicator"], "suspected" in card["detail"]) == ("critical", True)


async def test_an_order_whose_reason_could_not_be_read_is_not_taken_for_one_without_a_reason():
    assert await shown(ACUTE, drafts=(because_of("nowhere"),)) == {}
    other = [{"reference": "Condition/nowhere", "display": "Right hip pain"}]
    assert await shown(ACUTE, drafts=({**MRI_WITHOUT_REASON, "reasonReference": other},)) == {}
    named = [{"reference": "Condition/nowhere", "display": "Low back pain"}]
    assert await shown(ACUTE, drafts=({**MRI_WITHOUT_REASON, "reasonReference": named},)) == {
        "avoid-early-imaging": "info"
    }


async def test_beside_a_reason_that_could_not_be_read_no_removal_of_another_order_is_offered():
    drafts = (MRI, {**because_of("nowhere"), "id": "s2"})
    card = (await found(ACUTE, drafts=drafts))["avoid-early-imaging"]
    assert "Red flags not fully checked" in card["summary"]
    assert "delete" not in offered(card)


async def test_the_reason_of_the_encounter_may_be_a_reference():
    spondylosis = condition(("icd", "M47.816"), id="spondylosis", days_ago=10)
    here = encounter(reasonReference=[{"reference": "Condition/spondylosis"}])
    assert await shown(spondylosis, here, drafts=(MRI_WITHOUT_REASON,)) == {"avoid-early-imaging": "warning"}
    assert await shown(spondylosis, encounter(), drafts=(MRI_WITHOUT_REASON,)) == {}


async def test_the_words_of_a_reason_count_where_the_condition_has_only_a_local_code():
    local = {
        **condition(id="ces"),
        "code": {"coding": [{"system": "urn:oid:1.2.840.114350.1", "code": "77"}]},
    }
    named = [{"reference": "Condition/ces", "display": "Cauda equina syndrome"}]
    seen = await shown(local, drafts=({**MRI_WITHOUT_REASON, "reasonReference": named},))
    assert seen == {"suspect-cauda-equina": "warning"}


@pytest.mark.parametrize(
    "system", ["urn:oid:1.2.840.114350.1.13.0.1.7.2.698288", "http://hl7.org/fhir/sid/ndc"]
)
async def test_an_anticoagulant_that_only_the_words_of_a_reference_name_is_seen(system: str):
    sent = {"resourceType": "Medication", "id": "m9", "code": {"coding": [{"system": system, "code": "9"}]}}
    warfarin = prescription("", 5, id="w", contained=[sent])
    del warfarin["medicationCodeableConcept"]
    warfarin["medicationReference"] = {"reference": "#m9", "display": "warfarin 5 mg tablet"}
    foot_drop = condition(("icd", "M21.371"), id="drop", days_ago=3)
    assert "suspect-epidural-haematoma" in await shown(ACUTE, foot_drop, warfarin)
    labels = [each["label"] for each in (await found(ACUTE, warfarin))["stepped-care"]["suggestions"]]
    assert not [each for each in labels if "naproxen" in each]
    assert [each for each in labels if "acetaminophen" in each]


# Reasons in words


@pytest.mark.parametrize(
    "words", ["r/o fx", "eval for infection", "r/o mets", "?CES", "after trauma", "new urinary incontinence"]
)
async def test_imaging_that_looks_for_something_is_not_discouraged(words: str):
    coded = {"coding": concept(("icd", "M54.50"))["coding"], "text": f"Low back pain, {words}"}
    for reason in (coded, {"text": f"Low back pain, {words}"}):
        draft = {**MRI_WITHOUT_REASON, "reasonCode": [reason]}
        assert (
            not {"avoid-early-imaging", "conservative-care-first"}
            & (await shown(ACUTE, drafts=(draft,))).keys()
        )
        assert (
            not {"avoid-early-imaging", "conservative-care-first"}
            & (await shown(CHRONIC, drafts=(draft,))).keys()
        )


async def test_a_doubt_in_a_note_keeps_imaging_from_being_discouraged_too():
    draft = {**MRI, "note": [{"text": "please rule out fracture"}]}
    assert "avoid-early-imaging" not in await shown(ACUTE, drafts=(draft,))
    assert "avoid-early-imaging" in await shown(ACUTE, drafts=({**MRI, "note": [{"text": "no fracture"}]},))


# Back pain of a region that nobody named


async def test_dorsalgia_counts_for_a_lumbar_order_without_a_reason_and_for_no_other():
    dorsalgia = condition(("icd", "M54.9"), days_ago=10)
    assert await shown(dorsalgia, drafts=(MRI_WITHOUT_REASON,)) == {"avoid-early-imaging": "info"}
    assert await shown(dorsalgia, drafts=({**OPIOID, "reasonCode": []},)) == {}


# Unread sources: said in the summary, and no removal (a site that sends none still sees the warning)


@pytest.mark.parametrize("missing", ["medications", "observations"])
@pytest.mark.parametrize("pain", [ACUTE, CHRONIC], ids=["acute", "chronic"])
async def test_without_medications_or_observations_imaging_is_a_warning_without_removal(
    missing: str, pain: Json
):
    (card,) = (await found(pain, drafts=(MRI,), without=(missing,))).values()
    assert card["indicator"] == "warning"
    assert "Red flags not fully checked" in card["summary"]
    assert "delete" not in offered(card)


async def test_without_the_problem_list_it_is_one_step_gentler():
    (card,) = (await found(drafts=(MRI,), without=("conditions",))).values()
    assert (card["indicator"], "delete" in offered(card)) == ("info", False)


async def test_an_empty_card_list_says_what_was_not_read():
    sent = prefetched(without=("conditions",))
    answer = (await post(request("order-sign", MRI_WITHOUT_REASON, prefetch=sent))).json()
    assert answer["cards"] == []
    assert answer["extension"] == {"example.plumbline.undecided": {"Condition": ["not sent"]}}
    assert (
        "extension"
        not in (await post(request("order-sign", MRI_WITHOUT_REASON, prefetch=prefetched()))).json()
    )


async def test_nothing_read_and_nothing_found_is_an_error_and_never_an_empty_list():
    assert (await post(request("order-sign", MRI_WITHOUT_REASON, prefetch={}))).status_code == 412
    assert (await post(request("patient-view"))).status_code == 412


# Pregnancy by an answer


PREGNANT = {
    **{key: value for key, value in observation("82810-3", 0, "1", 30).items() if key != "valueQuantity"},
    "valueCodeableConcept": concept(("snomed", "77386006")),
}


async def test_an_answer_that_says_pregnant_protects_from_radiation_until_birth():
    assert (await shown(ACUTE, PREGNANT, drafts=(RADIOGRAPH,)))["avoid-radiation-in-pregnancy"] == "warning"
    birth = procedure(("snomed", "11466000"), days_ago=20)
    assert "avoid-radiation-in-pregnancy" not in await shown(ACUTE, PREGNANT, birth, drafts=(RADIOGRAPH,))


async def test_nothing_ionising_and_no_gadolinium_is_offered_in_pregnancy():
    fracture = condition(("icd", "M80.08XA"), days_ago=10)
    discitis = condition(("icd", "M46.46"), days_ago=5)
    for flag in (fracture, discitis, BREAST_CANCER):
        for pregnancy in (PREGNANT, condition(("icd", "Z33.1"), days_ago=60)):
            for card in (await found(ACUTE, flag, pregnancy)).values():
                made = str([each["resource"] for each in actions(card) if each["type"] == "create"]).lower()
                assert "radiograph" not in made
                assert "with contrast" not in made


async def test_from_60_on_an_unread_answer_about_pregnancy_keeps_no_radiograph_from_being_offered():
    fracture = condition(("icd", "M80.08XA"), days_ago=10)
    old = await found(ACUTE, fracture, patient=person(75), without=("observations",))
    young = await found(ACUTE, fracture, patient=person(35), without=("observations",))
    assert "create" in offered(old["suspect-vertebral-fracture"])
    assert "create" not in offered(young["suspect-vertebral-fracture"])


async def test_a_use_disorder_that_is_still_active_is_a_risk_of_infection_however_old():
    dependence = condition(("icd", "F11.20"), days_ago=900)
    assert (await shown(ACUTE, dependence))["suspect-spinal-infection"] == "info"
    over = condition(("icd", "F11.20"), days_ago=900, status="resolved")
    assert "suspect-spinal-infection" not in await shown(ACUTE, over)
    assert await shown(CHRONIC, dependence, drafts=(MRI,)) == {}


# Settings


INPATIENT = {"category": [{"coding": [{"code": "inpatient"}]}]}


async def test_an_order_for_a_hospital_stay_gets_no_drug_card():
    assert await shown(ACUTE, drafts=({**OPIOID, **INPATIENT},)) == {}
    outpatient = {"category": [{"coding": [{"code": "outpatient"}]}]}
    assert await shown(ACUTE, drafts=({**OPIOID, **outpatient},)) == {"avoid-first-line-opioid": "warning"}


async def test_an_inpatient_order_hides_no_safety_card_of_an_outpatient_one_beside_it():
    strong = {**ordered(OXYCODONE_5, **taken(3, 4, days=3)), "id": "m2"}
    seen = await shown(ACUTE, drafts=({**OPIOID, **INPATIENT}, strong))
    assert seen["reassess-high-dose"] == "warning"


# An opioid and a benzodiazepine


async def test_of_a_pair_of_which_only_the_benzodiazepine_was_picked_the_card_is_about_that():
    pair = (ordered(DIAZEPAM_5, id="m2"), OPIOID)
    picked = await found(CHRONIC, drafts=pair, hook="order-select", selections=["MedicationRequest/m2"])
    assert picked["avoid-opioid-with-benzodiazepine"]["indicator"] == "warning"
    both = await cards("order-sign", *pair, prefetch=prefetched(CHRONIC))
    named = [card["summary"] for card in both if "benzodiazepine together" in card["summary"]]
    assert [each.partition(":")[0] for each in named] == ["oxycodone"]


# Red flags beside drafts that have to do with the back


@pytest.mark.parametrize("words", ["diclofenac 1 % gel", "ibuprofen 400 mg tablet"])
async def test_any_analgesic_brings_the_red_flag(words: str):
    draft = {**ordered("0"), "medicationCodeableConcept": {"text": words}}
    assert "new-pain-with-cancer-history" in await shown(ACUTE, BREAST_CANCER, drafts=(draft,))


@pytest.mark.parametrize("words", ["strict bed rest", "referral to chiropractor", "trigger point injection"])
async def test_any_treatment_of_the_back_brings_the_red_flag(words: str):
    draft = {**MRI, "code": {"text": words}}
    assert "new-pain-with-cancer-history" in await shown(ACUTE, BREAST_CANCER, drafts=(draft,))


async def test_a_draft_in_words_or_one_that_cannot_be_read_neither_weakens_nor_hides_a_red_flag():
    worded = {**MRI, "code": {"text": "MRI lumbar spine"}}
    unread = {**OPIOID, "medicationReference": {"reference": "Medication/nowhere"}}
    del unread["medicationCodeableConcept"]
    for draft in (worded, unread):
        assert (await shown(ACUTE, BREAST_CANCER, drafts=(draft,)))[
            "new-pain-with-cancer-history"
        ] == "warning"


async def test_a_statin_brings_no_red_flag_below_critical():
    statin = prescription("617310", status="draft", id="m1")
    assert await shown(ACUTE, BREAST_CANCER, drafts=(statin,)) == {}


# Later encounters for an injury are not new, and still make imaging right


@pytest.mark.parametrize("code", ["V43.52XD", "S32.010D"])
async def test_a_later_encounter_for_an_injury_silences_the_deterrents_and_is_no_red_flag(code: str):
    later = condition(("icd", code), days_ago=60)
    assert await shown(CHRONIC, later, drafts=(MRI,)) == {}


async def test_a_fracture_counts_as_imaged_only_by_a_picture_of_its_own_time():
    fracture = condition(("icd", "M80.08XA"), days_ago=20)
    man = person(50, gender="male")
    for taken_days_ago, indicator in ((10, "info"), (34, "info"), (35, "warning")):
        picture = procedure(("cpt", "72100"), days_ago=taken_days_ago)
        seen = await shown(CHRONIC, fracture, picture, patient=man)
        assert seen["suspect-vertebral-fracture"] == indicator, taken_days_ago


@pytest.mark.parametrize("loinc", ["8310-5", "8331-1", "8332-9", "8333-7", "8328-7"])
async def test_a_fever_counts_wherever_it_was_measured(loinc: str) -> None:
    assert "suspect-spinal-infection" in await shown(ACUTE, observation(loinc, 39, "Cel"))


@pytest.mark.parametrize(
    "draft",
    [
        drug("103968", LOW_BACK_PAIN),
        drug("596926"),
        {**study("1", LOW_BACK_PAIN), "code": {"text": "Referral to spine surgery"}},
    ],
    ids=["a drug for the pain that is in no list", "duloxetine", "a referral for the spine"],
)
async def test_a_history_of_cancer_is_said_beside_every_draft_for_the_pain(draft: Json) -> None:
    assert "new-pain-with-cancer-history" in await shown(ACUTE, BREAST_CANCER, drafts=(draft,))


async def test_beside_a_draft_for_something_else_it_waits_for_its_moment() -> None:
    assert "new-pain-with-cancer-history" not in await shown(ACUTE, BREAST_CANCER, drafts=(drug("314076"),))


async def test_a_new_neurogenic_bladder_with_back_pain_is_a_sign_of_cauda_equina() -> None:
    bladder = condition(("icd", "N31.9"), id="bladder", days_ago=3)
    old = condition(("icd", "N31.9"), id="bladder", days_ago=300)
    assert (await shown(ACUTE, bladder))["suspect-cauda-equina"] == "critical"
    assert "suspect-cauda-equina" not in await shown(ACUTE, old)
