"""What EHRs write where a code belongs: other forms of a system or state, codes that withhold what it is."""

from __future__ import annotations

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    cards,
    concept,
    condition,
    day,
    drug,
    observation,
    prefetched,
    prescription,
    procedure,
    study,
    topics,
)

BACK_PAIN = condition(LOW_BACK_PAIN, id="lbp", days_ago=10)
BREAST_CANCER = condition(("icd", "Z85.3"), id="cancer", days_ago=900)
FOOT_DROP = condition(("icd", "M21.371"), id="palsy", days_ago=3)
WARFARIN = prescription("11289", 5, id="warfarin")


async def chart(*resources: Json) -> list[Json]:
    """The cards when the chart is opened."""
    return await cards("patient-view", prefetch=prefetched(*resources))


def report(status: str | None, days_ago: int = 2) -> Json:
    """The report of an MRI of the lumbar spine."""
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "subject": {"reference": "Patient/p1"},
        "status": status,
        "code": concept(("cpt", "72158")),
        "effectiveDateTime": day(days_ago),
    }


WITHHELD = [
    {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "masked"},
        ],
        "text": "Masked",
    },
    {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "MSK"}]},
    {"coding": [{"code": "G83.4"}]},
]


def labels(shown: list[Json]) -> str:
    """What the cards offer, in a row."""
    return "; ".join(each["label"] for card in shown for each in card.get("suggestions", ()))


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("URN:OID:2.16.840.1.113883.6.90", "G83.4"),
        ("http://hl7.org/fhir/sid/ICD-10-CM", "G83.4"),
        ("http://snomed.info/sct/731000124108", "192970008"),
    ],
)
async def test_a_coded_cauda_equina_syndrome_is_heard_under_every_form_of_its_system(system: str, code: str):
    syndrome = condition(days_ago=3, code={"coding": [{"system": system, "code": code}]})
    assert topics(await chart(syndrome)) == {"suspect-cauda-equina": "critical"}


async def test_warfarin_whose_status_is_written_in_capitals_makes_foot_drop_a_suspected_haematoma():
    shown = await chart(BACK_PAIN, FOOT_DROP, {**WARFARIN, "status": "Active"})
    assert topics(shown) == {"suspect-epidural-haematoma": "critical"}


@pytest.mark.parametrize("status", ["Active", "taking", "unknown"])
async def test_no_nsaid_is_offered_beside_warfarin_that_is_or_may_be_taken(status: str):
    shown = await chart(BACK_PAIN, {**WARFARIN, "status": status})
    assert "stepped-care" in topics(shown)
    assert "naproxen" not in labels(shown)


@pytest.mark.parametrize("status", ["in-progress", "In-Progress", "triaged", "arrived"])
async def test_the_reason_of_a_visit_whose_patient_is_there_is_back_pain_of_today(status: str):
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day(0)}T08:00:00Z"},
        "reasonCode": [concept(LOW_BACK_PAIN)],
    }
    shown = await chart(visit, observation("8310-5", 39.0, "Cel"))
    assert topics(shown) == {"suspect-spinal-infection": "warning"}


@pytest.mark.parametrize("status", ["unknown", "ordered", None])
async def test_imaging_that_perhaps_was_not_done_does_not_end_the_concern_about_cancer(status: str | None):
    shown = await chart(BACK_PAIN, BREAST_CANCER, report(status))
    assert topics(shown) == {"new-pain-with-cancer-history": "warning"}
    assert "Status not recorded: reports" in shown[0]["detail"]
    assert topics(await chart(BACK_PAIN, BREAST_CANCER, report("final"))) != topics(shown)


async def test_imaging_that_perhaps_was_not_done_is_not_said_to_be_repeated():
    pain = condition(LOW_BACK_PAIN, id="lbp", days_ago=70)

    async def signed(status: str) -> dict[str, str]:
        earlier = prefetched(pain, report(status, days_ago=60))
        return topics(await cards("order-sign", study("72148", LOW_BACK_PAIN), prefetch=earlier))

    assert "avoid-repeat-imaging" in await signed("final")
    assert "avoid-repeat-imaging" not in await signed("unknown")


async def test_an_operation_that_perhaps_was_not_done_does_not_explain_a_sign_of_cauda_equina():
    retention = condition(("icd", "R33.9"), id="retention", days_ago=2)
    operation = procedure(("snomed", "52734007"), days_ago=3)
    assert topics(await chart(BACK_PAIN, retention)) == {"suspect-cauda-equina": "critical"}
    assert topics(await chart(BACK_PAIN, retention, operation)) == {"suspect-cauda-equina": "warning"}
    open_ = {**operation, "status": "unknown"}
    assert topics(await chart(BACK_PAIN, retention, open_)) == {"suspect-cauda-equina": "critical"}


@pytest.mark.parametrize("status", ["completed", "unknown", None])
async def test_a_spinal_procedure_that_perhaps_was_done_is_a_risk_of_infection(status: str | None):
    injection = {**procedure(("cpt", "62323"), days_ago=20), "status": status}
    raised = observation("1988-5", 60.0, "mg/L")
    assert topics(await chart(BACK_PAIN, injection, raised)) == {"suspect-spinal-infection": "warning"}


@pytest.mark.parametrize("code", WITHHELD)
async def test_beside_a_problem_that_is_withheld_no_image_is_removed_and_the_card_says_so(code: Json):
    masked = condition(id="masked", code=code)
    shown = await cards("order-sign", study("72148", LOW_BACK_PAIN), prefetch=prefetched(BACK_PAIN, masked))
    assert topics(shown) == {"avoid-early-imaging": "info"}
    assert "1 Condition could not be read" in shown[0]["detail"]
    assert "Remove" not in labels(shown)


async def test_a_result_that_is_withheld_leaves_red_flags_open_unless_it_is_too_old_to_matter():
    async def signed(days_ago: int) -> str:
        result = {**observation("8310-5", 37.0, "Cel", days_ago), "code": WITHHELD[0]}
        sent = prefetched(BACK_PAIN, result)
        return labels(await cards("order-sign", study("72148", LOW_BACK_PAIN), prefetch=sent))

    assert "Remove" not in await signed(2)
    assert "Remove" in await signed(2_000)


@pytest.mark.parametrize("code", WITHHELD)
async def test_beside_a_drug_or_an_allergy_that_is_withheld_no_nsaid_is_offered(code: Json):
    drug_taken = {**WARFARIN, "medicationCodeableConcept": code}
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": "Patient/p1"},
        "code": code,
    }
    assert "naproxen" in labels(await chart(BACK_PAIN))
    assert "naproxen" not in labels(await chart(BACK_PAIN, drug_taken))
    assert "naproxen" not in labels(await chart(BACK_PAIN, allergy))


@pytest.mark.parametrize("code", WITHHELD)
async def test_an_order_whose_reason_is_withheld_is_not_taken_for_one_without_a_reason(code: Json):
    sent = prefetched(condition(LOW_BACK_PAIN, id="lbp", days_ago=10))
    order = drug("1049621")
    assert "avoid-first-line-opioid" in topics(await cards("order-sign", order, prefetch=sent))
    withheld = {**order, "reasonCode": [code]}
    assert "avoid-first-line-opioid" not in topics(await cards("order-sign", withheld, prefetch=sent))
