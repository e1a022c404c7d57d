"""Patients on the stepped pathway: one card when the chart is opened, the other steps as lines on it."""

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
    observation,
    person,
    prefetched,
    procedure,
    study,
)

PHYSICAL_THERAPY = procedure(("snomed", "91251008"), days_ago=30)
SCIATICA = condition(("icd", "M54.31"), days_ago=120)
DEPRESSION = condition(("icd", "F32.1"), days_ago=300)


def pain(days_ago: int) -> Json:
    """Low back pain for so many days."""
    return condition(LOW_BACK_PAIN, id="lbp", days_ago=days_ago)


def visit(*reasons: tuple[str, str], days_ago: int = 0, status: str = "finished", **more: Any) -> Json:
    """A visit to the clinic."""
    return {
        "resourceType": "Encounter",
        "id": f"v{days_ago}",
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day(days_ago)}T08:00:00Z"},
        **({"reasonCode": [concept(each) for each in reasons]} if reasons else {}),
        **more,
    }


def referral(code: str, days_ago: int = 60) -> Json:
    """A referral that was made."""
    return study("1", code=concept(("snomed", code)), status="active", authoredOn=day(days_ago))


PAIN_CLINIC = referral("306265007")


async def found(*resources: Json, **more: Any) -> dict[str, Json]:
    """The cards by topic when the chart is opened."""
    sent = prefetched(*resources, patient=more.pop("patient", None))
    shown = await cards("patient-view", prefetch=sent, **more)
    return {card["source"]["topic"]["code"]: card for card in shown}


async def only(*resources: Json, **more: Any) -> tuple[str, Json]:
    """The one card, with its topic."""
    (seen,) = (await found(*resources, **more)).items()
    return seen


async def test_the_first_days_are_stepped_care_alone():
    topic, card = await only(pain(5))
    assert (topic, card["indicator"]) == ("stepped-care", "info")
    assert "Also consider" not in card["detail"]


async def test_after_two_weeks_without_a_visit_the_patient_is_to_be_seen_again():
    topic, card = await only(pain(20))
    assert topic == "reassess-now"
    assert "Also consider: Take the next step of care" in card["detail"]


async def test_a_visit_for_the_pain_in_the_last_four_weeks_is_a_reassessment():
    for earlier in (
        visit(LOW_BACK_PAIN, days_ago=10),
        visit(days_ago=10, diagnosis=[{"condition": {"reference": "Condition/lbp"}}]),
    ):
        topic, _ = await only(pain(20), earlier, visit(LOW_BACK_PAIN, status="in-progress"))
        assert topic == "stepped-care"
    about_something_else = visit(("icd", "I10"), days_ago=10)
    today = visit(LOW_BACK_PAIN, status="in-progress")
    assert (await only(pain(20), about_something_else, today))[0] == "reassess-now"


async def test_after_four_weeks_the_risk_is_asked_for():
    today = visit(LOW_BACK_PAIN, status="in-progress")
    topic, card = await only(pain(30), visit(LOW_BACK_PAIN, days_ago=10), today)
    assert topic == "assess-psychosocial-risk"
    created = [each["resource"]["code"]["coding"][0]["code"] for each in actions(card)]
    assert created == ["91349-1", "228557008"]


async def test_a_questionnaire_of_this_quarter_is_enough_and_depression_brings_it_forward():
    assert (await only(pain(50), observation("91351-7", 3, "{score}", 30)))[0] == "stepped-care"
    assert (await only(pain(5), DEPRESSION))[0] == "assess-psychosocial-risk"
    assert (await only(pain(5), observation("44261-6", 14, "{score}", 120)))[0] == "assess-psychosocial-risk"


async def test_suicidal_thoughts_have_the_card_whatever_else_applies():
    thoughts = condition(("icd", "R45.851"), days_ago=3)
    topic, card = await only(pain(120), SCIATICA, PHYSICAL_THERAPY, thoughts)
    assert (topic, card["indicator"]) == ("assess-psychosocial-risk", "warning")
    assert "assess safety today" in card["summary"]
    assert "Also consider: Ask for a surgical opinion" in card["detail"]


async def test_an_answer_of_today_about_self_harm_counts_although_the_phq_was_done():
    answers = (observation("44261-6", 14, "{score}", 0), observation("44260-8", 1, "{score}", 0))
    topic, card = await only(pain(5), *answers)
    assert (topic, card["indicator"]) == ("assess-psychosocial-risk", "warning")


async def test_six_weeks_of_pain_in_spite_of_care_are_referred():
    topic, card = await only(pain(60), PHYSICAL_THERAPY)
    assert topic == "refer-persistent-pain"
    assert "Also consider: Assess psychosocial risk" in card["detail"]
    assert (await only(pain(60)))[0] == "assess-psychosocial-risk"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("M47.816", "Facet joints"),
        ("M79.18", "Muscle"),
        ("M54.16", "Nerve root"),
        ("M48.061", "Stenosis"),
        ("M96.1", "Pain after surgery"),
        ("M54.51", "Vertebral end plates"),
        ("G89.4", "Intractable pain"),
    ],
)
async def test_after_the_referral_the_options_of_each_cause_are_named(code: str, said: str):
    coded = condition(("icd", code), days_ago=200)
    topic, card = await only(pain(200), coded, PAIN_CLINIC)
    assert topic == "specialist-options"
    assert said in card["detail"]
    assert "BMJ 2025" in card["detail"]


async def test_lasting_sciatica_in_spite_of_care_is_worth_a_surgeons_opinion():
    assert (await only(pain(120), SCIATICA, PHYSICAL_THERAPY, PAIN_CLINIC))[0] == "consider-surgical-opinion"
    surgeon = referral("308482002", days_ago=30)
    topic, _ = await only(pain(120), SCIATICA, PHYSICAL_THERAPY, surgeon)
    assert topic == "specialist-options"


async def test_a_red_flag_silences_every_step():
    foot_drop = condition(("snomed", "6077001"), days_ago=3)
    seen = await found(pain(120), SCIATICA, PHYSICAL_THERAPY, DEPRESSION, foot_drop)
    assert set(seen) == {"severe-neurological-deficit"}


@pytest.mark.parametrize("code", [("icd", "Z51.5"), ("snomed", "385763009")])
async def test_palliative_and_hospice_care_silence_every_step(code: tuple[str, str]):
    assert await found(pain(120), SCIATICA, PHYSICAL_THERAPY, condition(code, days_ago=20)) == {}


async def test_a_visit_about_something_else_a_hospital_and_a_minor_see_no_step():
    patient = (pain(120), SCIATICA, PHYSICAL_THERAPY)
    assert await found(*patient, visit(("icd", "I10"), status="in-progress")) == {}
    ward = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    assert await found(*patient, visit(LOW_BACK_PAIN, status="in-progress", **{"class": ward})) == {}
    assert await found(*patient, patient=person(16)) == {}
