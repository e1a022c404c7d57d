"""Patients for whom imaging, an injection, an ablation or bed rest is ordered, from the body to the card."""

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
    person,
    post,
    prefetched,
    procedure,
    request,
    study,
    topics,
)

ACUTE = condition(LOW_BACK_PAIN, id="lbp", days_ago=10)
CHRONIC = condition(LOW_BACK_PAIN, id="lbp", days_ago=120)
MRI = study("72148", LOW_BACK_PAIN)
PLAIN_CT = study("72131", LOW_BACK_PAIN)
CT_WITHOUT_AND_WITH = study("72133", LOW_BACK_PAIN)
RADIOGRAPH = study("72100", LOW_BACK_PAIN)
PHYSICAL_THERAPY = procedure(("snomed", "91251008"), days_ago=30)
DETERRENTS = {
    "avoid-early-imaging",
    "avoid-emergency-imaging",
    "conservative-care-first",
    "imaging-if-candidate",
    "avoid-repeat-imaging",
    "prefer-mri-without-contrast",
}


async def found(
    *resources: Json, drafts: tuple[Json, ...], patient: Json | None = None, **more: Any
) -> dict[str, Json]:
    """The cards by topic when these orders are signed."""
    sent = prefetched(*resources, patient=patient)
    hook = more.pop("hook", "order-sign")
    shown = await cards(hook, *drafts, prefetch=sent, **more)
    return {card["source"]["topic"]["code"]: card for card in shown}


async def shown(*resources: Json, drafts: tuple[Json, ...], **more: Any) -> dict[str, str]:
    """Topic → indicator."""
    return topics(list((await found(*resources, drafts=drafts, **more)).values()))


def text(words: str, *reasons: tuple[str, str], id: str = "s1", **more: Any) -> Json:
    """A draft ServiceRequest that is only text, which costs a card one step."""
    reason = {"reasonCode": [concept(each) for each in reasons]} if reasons else {}
    return {**study("72148", id=id), "code": {"text": words}, **reason, **more}


def emergency() -> Json:
    """The encounter in progress, in an emergency department."""
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"system": system, "code": "EMER"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day(0)}T08:00:00Z"},
    }


def report(cpt: str, days_ago: int, status: str = "final") -> Json:
    """A report of an imaging study."""
    return {
        "resourceType": "DiagnosticReport",
        "id": f"r{cpt}",
        "status": status,
        "subject": {"reference": "Patient/p1"},
        "code": concept(("cpt", cpt)),
        "effectiveDateTime": day(days_ago),
    }


# Care first


async def test_an_mri_for_chronic_pain_without_any_care_is_told_to_treat_first():
    card = (await found(CHRONIC, drafts=(MRI,)))["conservative-care-first"]
    assert card["indicator"] == "warning"
    kinds = [(each["type"], each.get("resourceId")) for each in actions(card)]
    assert kinds == [("create", None), ("delete", "ServiceRequest/s1")]


async def test_after_physical_therapy_the_mri_is_only_asked_for_its_purpose():
    assert await shown(CHRONIC, PHYSICAL_THERAPY, drafts=(MRI,)) == {"imaging-if-candidate": "info"}


async def test_a_referral_to_therapy_is_not_care_but_is_mentioned_and_not_offered_again():
    referral = study(
        "97110", id="pt", status="active", code=concept(("snomed", "308447003")), authoredOn=day(40)
    )
    card = (await found(CHRONIC, referral, drafts=(MRI,)))["conservative-care-first"]
    assert "A referral to therapy is on record" in card["detail"]
    assert [each["type"] for each in actions(card)] == ["delete"]


async def test_therapy_of_long_ago_is_not_care_for_this_episode():
    old = procedure(("snomed", "91251008"), days_ago=300)
    assert "conservative-care-first" in await shown(CHRONIC, old, drafts=(MRI,))


def visit(status: str, **period: str) -> Json:
    """A visit to a physical therapist."""
    return {
        "resourceType": "Encounter",
        "id": "v1",
        "status": status,
        "class": {"code": "AMB"},
        "type": [concept(("snomed", "91251008"))],
        "subject": {"reference": "Patient/p1"},
        "period": period,
    }


async def test_a_visit_to_a_physical_therapist_is_care_and_a_planned_one_is_not():
    seen = visit("finished", start=day(40), end=day(40))
    assert await shown(CHRONIC, seen, drafts=(MRI,)) == {"imaging-if-candidate": "info"}
    planned = visit("planned", start="2026-12-24")
    assert await shown(CHRONIC, planned, drafts=(MRI,)) == {"conservative-care-first": "warning"}


async def test_procedures_that_were_not_sent_make_the_missing_care_a_question():
    sent = prefetched(CHRONIC, without=("procedures",))
    (card,) = [
        each
        for each in await cards("order-sign", MRI, prefetch=sent)
        if each["source"]["topic"]["code"] == "conservative-care-first"
    ]
    assert card["indicator"] == "info"
    assert "Not sent: procedures" in card["detail"]


# A red flag beats every deterrent


@pytest.mark.parametrize("draft", [MRI, PLAIN_CT, CT_WITHOUT_AND_WITH, RADIOGRAPH])
async def test_no_deterrent_speaks_beside_a_red_flag(draft: Json):
    retention = condition(("icd", "R33.9"), days_ago=2)
    seen = await shown(CHRONIC, retention, emergency(), report("72148", 90), drafts=(draft,))
    assert seen["suspect-cauda-equina"] == "critical"
    assert DETERRENTS.isdisjoint(seen)


async def test_a_history_of_cancer_silences_the_deterrents_also_when_the_pain_is_old():
    cancer = condition(("icd", "Z85.3"), days_ago=3000)
    old = condition(LOW_BACK_PAIN, id="lbp", days_ago=150)
    assert DETERRENTS.isdisjoint(await shown(old, cancer, drafts=(CT_WITHOUT_AND_WITH,)))


async def test_an_mri_for_another_reason_is_not_judged():
    assert await shown(CHRONIC, drafts=(study("72148", ("icd", "M41.9")),)) == {}


# The same study again


async def test_a_second_mri_of_the_episode_is_discouraged_with_date_and_link():
    seen = await found(CHRONIC, PHYSICAL_THERAPY, report("72148", 60), drafts=(MRI,), hook="order-sign")
    card = seen["avoid-repeat-imaging"]
    assert card["indicator"] == "warning"
    assert day(60) in card["detail"]


async def test_the_earlier_study_is_linked_where_the_fhir_server_is_named():
    body = request("order-sign", MRI, prefetch=prefetched(CHRONIC, PHYSICAL_THERAPY, report("72148", 60)))
    answered = await post({**body, "fhirServer": "https://ehr.example/fhir/"})
    shown = {card["source"]["topic"]["code"]: card for card in answered.json()["cards"]}
    card = shown["avoid-repeat-imaging"]
    assert card["links"][0]["url"] == "https://ehr.example/fhir/DiagnosticReport/r72148"
    assert day(60) in card["links"][0]["label"]


async def test_an_mri_after_a_radiograph_is_the_right_sequence():
    seen = await shown(CHRONIC, PHYSICAL_THERAPY, report("72100", 60), drafts=(MRI,))
    assert "avoid-repeat-imaging" not in seen


async def test_a_ct_counts_against_an_mri():
    seen = await shown(CHRONIC, PHYSICAL_THERAPY, report("72131", 60), drafts=(MRI,))
    assert seen["avoid-repeat-imaging"] == "warning"


async def test_a_study_half_a_year_before_the_episode_counts_and_an_older_one_does_not():
    assert "avoid-repeat-imaging" in await shown(ACUTE, report("72148", 190), drafts=(MRI,))
    assert "avoid-repeat-imaging" not in await shown(ACUTE, report("72148", 191), drafts=(MRI,))


async def test_after_a_year_a_study_may_be_repeated():
    long = condition(LOW_BACK_PAIN, id="lbp", days_ago=900)
    again = [condition(LOW_BACK_PAIN, id=f"c{days}", days_ago=days) for days in (800, 650, 500, 350, 200, 60)]
    assert "avoid-repeat-imaging" in await shown(long, *again, report("72148", 365), drafts=(MRI,))
    assert "avoid-repeat-imaging" not in await shown(long, *again, report("72148", 366), drafts=(MRI,))


async def test_a_new_deficit_after_the_study_makes_another_right():
    incontinence = condition(("icd", "R15.9"), days_ago=40)
    seen = await shown(CHRONIC, incontinence, report("72148", 60), drafts=(MRI,))
    assert "avoid-repeat-imaging" not in seen


async def test_a_deficit_that_the_earlier_study_knew_does_not():
    incontinence = condition(("icd", "R15.9"), days_ago=80)
    seen = await shown(CHRONIC, incontinence, report("72148", 60), drafts=(MRI,))
    assert seen["avoid-repeat-imaging"] == "warning"


async def test_a_study_that_was_only_asked_for_is_not_repeated():
    seen = await shown(CHRONIC, report("72148", 5, status="registered"), drafts=(MRI,))
    assert "avoid-repeat-imaging" not in seen


# In the emergency department


async def test_in_the_emergency_department_one_card_takes_the_place_of_the_other():
    seen = await shown(ACUTE, emergency(), drafts=(PLAIN_CT,))
    assert seen == {"avoid-emergency-imaging": "warning"}


async def test_in_the_clinic_the_other_speaks():
    assert await shown(ACUTE, drafts=(PLAIN_CT,)) == {"avoid-early-imaging": "warning"}


async def test_a_stat_order_in_the_emergency_department_is_asked_why_and_not_removed():
    card = (await found(ACUTE, emergency(), drafts=(study("72131", LOW_BACK_PAIN, priority="stat"),)))[
        "avoid-emergency-imaging"
    ]
    assert card["indicator"] == "info"
    assert "Suspected emergency?" in card["summary"]
    assert "delete" not in [each["type"] for each in actions(card)]


# The right study


async def test_a_ct_without_and_with_contrast_is_replaced_by_an_mri_and_all_else_in_the_order_stays():
    draft = study("72133", LOW_BACK_PAIN, note=[{"text": "please"}], priority="routine")
    card = (await found(CHRONIC, PHYSICAL_THERAPY, drafts=(draft,)))["prefer-mri-without-contrast"]
    assert card["indicator"] == "warning"
    (action,) = actions(card)
    assert action["type"] == "update"
    assert {**action["resource"], "code": None} == {**draft, "code": None}
    assert action["resource"]["code"]["coding"][0]["code"] == "394451000119106"


async def test_a_plain_ct_and_an_mri_without_and_with_contrast_are_left_alone():
    for draft in (PLAIN_CT, study("72158", LOW_BACK_PAIN)):
        assert "prefer-mri-without-contrast" not in await shown(CHRONIC, drafts=(draft,))


@pytest.mark.parametrize("cpt", ["72132", "72133", "72149", "78306"])
async def test_each_of_these_studies_is_less_fitting(cpt: str):
    seen = await shown(CHRONIC, drafts=(study(cpt, LOW_BACK_PAIN),))
    assert seen["prefer-mri-without-contrast"] == "warning"


@pytest.mark.parametrize("code", ["Z95.0", "F40.240"])
async def test_a_pacemaker_or_claustrophobia_makes_it_silent(code: str):
    against = condition(("icd", code), days_ago=900)
    assert "prefer-mri-without-contrast" not in await shown(CHRONIC, against, drafts=(CT_WITHOUT_AND_WITH,))


async def test_after_lumbar_surgery_the_replacement_is_with_contrast_too():
    surgery = procedure(("snomed", "427752004"), days_ago=2000)
    card = (await found(CHRONIC, surgery, drafts=(CT_WITHOUT_AND_WITH,)))["prefer-mri-without-contrast"]
    assert card["indicator"] == "info"
    (action,) = actions(card)
    assert action["resource"]["code"]["coding"][0]["code"] == "24967-2"


async def test_no_replacement_is_offered_while_the_problem_list_is_not_read():
    sent = prefetched(without=("conditions",))
    (card,) = [
        each
        for each in await cards("order-sign", CT_WITHOUT_AND_WITH, prefetch=sent)
        if each["source"]["topic"]["code"] == "prefer-mri-without-contrast"
    ]
    assert card["indicator"] == "info"
    assert actions(card) == []


# Pregnancy


async def test_a_radiograph_in_pregnancy_is_warned_of_and_an_mri_is_not():
    pregnancy = condition(("snomed", "77386006"), days_ago=100)
    seen = await shown(ACUTE, pregnancy, drafts=(RADIOGRAPH,))
    assert seen["avoid-radiation-in-pregnancy"] == "warning"
    assert "avoid-radiation-in-pregnancy" not in await shown(ACUTE, pregnancy, drafts=(MRI,))


async def test_a_red_flag_does_not_hide_the_pregnancy_and_turns_the_study_into_an_mri():
    pregnancy = condition(("snomed", "77386006"), days_ago=100)
    retention = condition(("icd", "R33.9"), days_ago=2)
    seen = await found(ACUTE, pregnancy, retention, drafts=(PLAIN_CT,))
    assert seen["suspect-cauda-equina"]["indicator"] == "critical"
    card = seen["avoid-radiation-in-pregnancy"]
    assert "without delay" in card["summary"]
    assert [each["type"] for each in actions(card)] == ["update"]


async def test_after_birth_there_is_no_pregnancy_to_protect():
    pregnancy = condition(("snomed", "77386006"), days_ago=200)
    birth = procedure(("snomed", "11466000"), days_ago=30)
    assert "avoid-radiation-in-pregnancy" not in await shown(ACUTE, pregnancy, birth, drafts=(RADIOGRAPH,))


async def test_an_earlier_birth_does_not_end_the_present_pregnancy():
    pregnancy = condition(("snomed", "77386006"), days_ago=20)
    birth = procedure(("snomed", "11466000"), days_ago=280)
    assert "avoid-radiation-in-pregnancy" in await shown(ACUTE, pregnancy, birth, drafts=(RADIOGRAPH,))


# Minors


async def test_a_minor_gets_the_limit_of_the_pathway_instead_of_its_advice():
    opioid = drug("1049621", LOW_BACK_PAIN)
    seen = await found(ACUTE, drafts=(MRI, opioid), patient=person(15))
    assert set(seen) == {"outside-adult-scope"}
    assert await shown(ACUTE, drafts=(MRI,), patient=person(15)) == {"outside-adult-scope": "info"}


async def test_a_red_flag_of_a_minor_fires_beside_it_and_first():
    retention = condition(("icd", "R33.9"), days_ago=2)
    seen = await shown(ACUTE, retention, drafts=(MRI,), patient=person(15))
    assert list(seen) == ["suspect-cauda-equina", "outside-adult-scope"]


# Procedures and activity


async def test_an_ablation_without_a_block_is_told_to_block_first():
    ablation = study("64635", LOW_BACK_PAIN)
    assert (await shown(CHRONIC, drafts=(ablation,)))["medial-branch-block-first"] == "warning"
    block = procedure(("cpt", "64493"), days_ago=60)
    assert "medial-branch-block-first" not in await shown(CHRONIC, block, drafts=(ablation,))


async def test_an_ablation_of_the_heart_is_not_judged():
    draft = text("radiofrequency ablation, cardiac", ("icd", "I48.0"))
    assert await shown(CHRONIC, drafts=(draft,)) == {}


async def test_an_ablation_ten_months_after_the_last_one_needs_no_new_block():
    before = procedure(("cpt", "64635"), days_ago=300)
    assert "medial-branch-block-first" not in await shown(
        CHRONIC, before, drafts=(study("64635", LOW_BACK_PAIN),)
    )


async def test_an_epidural_for_chronic_axial_pain_is_a_warning_and_for_sciatica_information():
    epidural = study("64483", LOW_BACK_PAIN)
    assert (await shown(CHRONIC, drafts=(epidural,)))["avoid-epidural-for-axial-pain"] == "warning"
    sciatica = condition(("icd", "M54.31"), days_ago=120)
    assert (await shown(CHRONIC, sciatica, drafts=(epidural,)))["avoid-epidural-for-axial-pain"] == "info"


async def test_an_epidural_for_acute_pain_is_not_judged():
    assert "avoid-epidural-for-axial-pain" not in await shown(ACUTE, drafts=(study("64483", LOW_BACK_PAIN),))


async def test_an_epidural_in_spinal_infection_is_left_to_the_red_flag():
    infection = condition(("snomed", "63627007"), days_ago=5)
    seen = await shown(CHRONIC, infection, drafts=(study("64483", LOW_BACK_PAIN),))
    assert "avoid-epidural-for-axial-pain" not in seen
    assert seen["treat-spinal-infection"] == "critical"


def steroid() -> Json:
    """A draft of injectable triamcinolone, by its words."""
    return {
        **drug("0", id="m1"),
        "medicationCodeableConcept": {"text": "triamcinolone acetonide 40 mg injection"},
    }


async def test_a_trigger_point_injection_with_a_steroid_gets_one_card_that_removes_the_steroid():
    seen = await found(CHRONIC, drafts=(study("20552", LOW_BACK_PAIN), steroid()))
    card = seen["no-steroid-in-trigger-point"]
    assert card["indicator"] == "info"
    assert [each["resourceId"] for each in actions(card)] == ["MedicationRequest/m1"]
    assert card["suggestions"][0]["label"] == "Remove triamcinolone acetonide 40 mg injection"


async def test_a_steroid_beside_an_epidural_is_not_for_the_trigger_point():
    drafts = (study("20552", LOW_BACK_PAIN), steroid(), study("64483", LOW_BACK_PAIN, id="s2"))
    assert "no-steroid-in-trigger-point" not in await shown(CHRONIC, drafts=drafts)


async def test_a_trigger_point_injection_alone_is_not_judged():
    assert await shown(ACUTE, drafts=(study("20552", LOW_BACK_PAIN),)) == {}


async def test_bed_rest_for_back_pain_is_discouraged_gently():
    assert await shown(ACUTE, drafts=(text("strict bed rest", LOW_BACK_PAIN),)) == {"avoid-bed-rest": "info"}


async def test_bed_rest_for_a_clot_is_not_judged():
    clot = condition(("icd", "I82.401"), days_ago=2)
    assert await shown(ACUTE, clot, drafts=(text("bed rest", LOW_BACK_PAIN),)) == {}
