"""Patients of the first content, from the posted body to the card."""

from __future__ import annotations

from tests.calls import (
    LOW_BACK_PAIN,
    actions,
    cards,
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

BACK_PAIN = condition(LOW_BACK_PAIN, id="lbp")
CT = study("72133", LOW_BACK_PAIN)
MRI = study("72148", LOW_BACK_PAIN)
OXYCODONE = drug("1049621", LOW_BACK_PAIN)
ALPRAZOLAM = "197321"


async def shown(hook: str, *resources: dict, drafts: tuple = (), **more: object) -> dict[str, str]:
    patient = more.pop("patient", None)
    return topics(await cards(hook, *drafts, prefetch=prefetched(*resources, patient=patient), **more))


async def test_argonauts_case_with_everything_read_and_nothing_found_is_warned_and_may_be_removed():
    found = await cards("order-sign", CT, prefetch=prefetched())
    card = next(each for each in found if each["source"]["topic"]["code"] == "avoid-early-imaging")
    assert card["indicator"] == "warning"
    assert {"type": "delete", "resourceId": "ServiceRequest/s1"}.items() <= actions(card)[0].items()
    assert "Red flags not fully checked" not in card["summary"]


async def test_argonauts_case_with_nothing_else_sent_is_told_gently_and_offers_no_removal():
    found = await cards("order-select", CT)
    card = next(each for each in found if each["source"]["topic"]["code"] == "avoid-early-imaging")
    assert card["indicator"] == "info"
    assert "Red flags not fully checked" in card["summary"]
    assert all(action["type"] != "delete" for action in actions(card))
    assert "Could not check" in card["detail"]


async def test_a_chart_with_acute_back_pain_shows_the_stepped_pathway():
    assert await shown("patient-view", BACK_PAIN) == {"stepped-care": "info"}


async def test_a_chart_without_back_pain_shows_nothing():
    assert await shown("patient-view", condition(("icd", "E11.9"))) == {}


async def test_new_retention_with_back_pain_is_an_emergency_on_every_hook():
    retention = condition(("icd", "R33.9"), days_ago=2)
    for hook, drafts in (("patient-view", ()), ("order-select", (MRI,)), ("order-sign", (OXYCODONE,))):
        assert (await shown(hook, BACK_PAIN, retention, drafts=drafts))["suspect-cauda-equina"] == "critical"


async def test_no_deterrent_stands_beside_cauda_equina_syndrome():
    coded = condition(("snomed", "192970008"), days_ago=1)
    assert "avoid-early-imaging" not in await shown("order-sign", BACK_PAIN, coded, drafts=(CT,))


async def test_retention_with_prostate_enlargement_is_a_warning_and_never_silent():
    found = await shown(
        "patient-view",
        BACK_PAIN,
        condition(("icd", "R33.9"), days_ago=2),
        condition(("icd", "N40.1"), days_ago=900),
    )
    assert found["suspect-cauda-equina"] == "warning"


async def test_old_retention_is_no_flag():
    assert "suspect-cauda-equina" not in await shown(
        "patient-view", BACK_PAIN, condition(("icd", "R33.9"), days_ago=40)
    )


async def test_saddle_numbness_needs_no_back_pain():
    found = await shown("patient-view", condition(("snomed", "449813001"), days_ago=3))
    assert found == {"suspect-cauda-equina": "critical"}


async def test_a_new_foot_drop_asks_for_an_mri_today():
    found = await shown("patient-view", BACK_PAIN, condition(("snomed", "6077001"), days_ago=3))
    assert found == {"severe-neurological-deficit": "critical"}


async def test_an_active_spinal_infection_is_treated_without_delay():
    found = await shown("patient-view", condition(("snomed", "203241002"), days_ago=20))
    assert found == {"treat-spinal-infection": "critical"}


async def test_a_resolved_spinal_infection_is_not_an_emergency():
    old = condition(("snomed", "203241002"), days_ago=20, status="resolved")
    assert "treat-spinal-infection" not in await shown("patient-view", old)


async def test_fever_in_celsius_and_in_fahrenheit_with_new_pain_is_suspected_infection():
    for value, unit in ((38.0, "Cel"), (100.4, "[degF]")):
        found = await shown("patient-view", BACK_PAIN, observation("8310-5", value, unit))
        assert found == {"suspect-spinal-infection": "warning"}, unit


async def test_no_fever_below_the_limit():
    for value, unit in ((37.9, "Cel"), (100.3, "[degF]")):
        assert "suspect-spinal-infection" not in await shown(
            "patient-view", BACK_PAIN, observation("8310-5", value, unit)
        )


async def test_a_normal_crp_in_a_patient_at_risk_is_no_sign_of_infection():
    crp = observation("1988-5", 4, "mg/L")
    dialysis = condition(("icd", "Z99.2"), days_ago=400)
    assert (await shown("patient-view", BACK_PAIN, crp, dialysis))["suspect-spinal-infection"] == "info"


async def test_a_raised_crp_in_a_patient_at_risk_is_a_sign_of_infection():
    crp = observation("1988-5", 40, "mg/L")
    dialysis = condition(("icd", "Z99.2"), days_ago=400)
    assert (await shown("patient-view", BACK_PAIN, crp, dialysis))["suspect-spinal-infection"] == "warning"


async def test_breast_cancer_in_snomed_with_new_pain_is_flagged():
    cancer = condition(("snomed", "254837009"), days_ago=3000, status="resolved")
    assert await shown("patient-view", BACK_PAIN, cancer) == {"new-pain-with-cancer-history": "warning"}


async def test_non_melanoma_skin_cancer_is_no_flag():
    skin = condition(("icd", "C44.311"), days_ago=3000)
    assert "new-pain-with-cancer-history" not in await shown("patient-view", BACK_PAIN, skin)


async def test_an_unrelated_order_of_a_cancer_survivor_shows_no_warning():
    cancer = condition(("icd", "Z85.3"), days_ago=3000)
    statin = drug("617310")
    assert "new-pain-with-cancer-history" not in await shown(
        "order-sign", BACK_PAIN, cancer, drafts=(statin,)
    )


async def test_a_fall_in_an_old_woman_with_osteoporosis_points_to_a_fracture():
    found = await shown(
        "patient-view",
        BACK_PAIN,
        condition(("icd", "M81.0"), days_ago=2000),
        condition(("icd", "W01.0XXA"), days_ago=5),
        patient=person(age=78),
    )
    assert found == {"suspect-vertebral-fracture": "warning"}


async def test_age_and_sex_alone_are_no_flag():
    assert await shown("patient-view", BACK_PAIN, patient=person(age=85)) == {"stepped-care": "info"}


async def test_an_opioid_for_back_pain_is_not_a_first_choice():
    assert (await shown("order-sign", BACK_PAIN, drafts=(OXYCODONE,)))["avoid-first-line-opioid"] == "warning"


async def test_an_opioid_in_cancer_is_judged_by_other_rules():
    cancer = condition(("icd", "C50.911"), days_ago=100)
    assert "avoid-first-line-opioid" not in await shown("order-sign", BACK_PAIN, cancer, drafts=(OXYCODONE,))


async def test_an_opioid_that_continues_a_supply_is_no_first_choice():
    earlier = prescription("1049621", days_ago=20)
    assert "avoid-first-line-opioid" not in await shown("order-sign", BACK_PAIN, earlier, drafts=(OXYCODONE,))


async def test_an_opioid_beside_a_benzodiazepine_warns_also_in_cancer():
    found = await shown(
        "order-sign",
        BACK_PAIN,
        prescription(ALPRAZOLAM),
        condition(("icd", "C50.911"), days_ago=100),
        drafts=(OXYCODONE,),
    )
    assert found["avoid-opioid-with-benzodiazepine"] == "warning"


async def test_a_drafted_pair_gets_one_card_about_the_opioid():
    pair = (OXYCODONE, drug(ALPRAZOLAM, LOW_BACK_PAIN, id="m2"))
    found = await cards("order-sign", *pair, prefetch=prefetched(BACK_PAIN))
    about = [each for each in found if each["source"]["topic"]["code"] == "avoid-opioid-with-benzodiazepine"]
    assert len(about) == 1
    assert {"type": "delete", "resourceId": "MedicationRequest/m1"}.items() <= actions(about[0])[0].items()


async def test_order_select_judges_the_selected_order_with_the_others_as_context():
    alprazolam = drug(ALPRAZOLAM, LOW_BACK_PAIN, id="m2")
    body = request("order-select", CT, alprazolam, prefetch=prefetched(BACK_PAIN))
    body["context"]["selections"] = ["MedicationRequest/m2"]
    found = topics((await post(body)).json()["cards"])
    assert "avoid-early-imaging" not in found


async def test_an_mri_after_six_weeks_is_not_early():
    older = condition(LOW_BACK_PAIN, days_ago=42)
    assert "avoid-early-imaging" not in await shown("order-sign", older, drafts=(MRI,))


async def test_a_flare_after_a_quiet_half_year_is_new_pain():
    old = condition(LOW_BACK_PAIN, days_ago=4000, status="resolved")
    now = condition(LOW_BACK_PAIN, days_ago=7)
    assert (await shown("order-sign", old, now, drafts=(MRI,)))["avoid-early-imaging"] == "warning"


async def test_a_draft_without_reason_is_taken_for_back_pain_one_step_gentler():
    assert (await shown("order-sign", BACK_PAIN, drafts=(study("72148"),)))["avoid-early-imaging"] == "info"


async def test_lumbar_surgery_of_last_month_makes_imaging_right():
    surgery = procedure(("snomed", "387731002"), days_ago=30)
    assert "avoid-early-imaging" not in await shown("order-sign", BACK_PAIN, surgery, drafts=(MRI,))


async def test_refused_conditions_make_a_deterrent_gentler_and_say_so():
    found = await cards("order-sign", CT, prefetch=prefetched(without=("conditions",)))
    card = next(each for each in found if each["source"]["topic"]["code"] == "avoid-early-imaging")
    assert card["indicator"] == "info"
    assert "Not sent: problem list" in card["detail"]


async def test_a_patient_who_died_gets_no_card():
    gone = person(deceasedDateTime=day(3))
    assert await shown("patient-view", BACK_PAIN, patient=gone) == {}


async def test_nothing_sent_and_nothing_reachable_is_412_when_nothing_applies():
    answer = await post(request("patient-view"))
    assert answer.status_code == 412
    assert answer.json()["resourceType"] == "OperationOutcome"


async def test_the_same_call_twice_yields_the_same_uuids():
    first, second = [await cards("order-sign", CT, prefetch=prefetched(BACK_PAIN)) for _ in range(2)]
    assert first == second
