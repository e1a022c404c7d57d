"""Requests as EHRs really send them, over the whole service: odd, old and long, each with a sane answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    ask,
    condition,
    drug,
    post,
    prefetched,
    request,
    study,
    topics,
)

FOLDER = Path(__file__).parent / "requests" / "ehr"
BACK_PAIN = condition(LOW_BACK_PAIN, id="lbp")
MRI = study("72148", LOW_BACK_PAIN)
ADVICE = {"avoid-early-imaging": "warning"}
OID = "urn:oid:2.16.840.1.113883.6."
ROOTS = {"rxnorm": "88", "icd": "90", "ndc": "69", "cpt": "12", "loinc": "1", "snomed": "96"}


def sent(name: str) -> Json:
    """A request of real shape."""
    body: Json = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return body


async def found(body: Json) -> list[Json]:
    """The cards of a call that must succeed."""
    answer = await post(body)
    assert answer.status_code == 200, answer.text
    cards: list[Json] = answer.json()["cards"]
    return cards


async def shown(body: Json) -> dict[str, str]:
    """Recommendation → indicator."""
    return topics(await found(body))


def signed(*drafts: Json, **context: Any) -> Json:
    """Orders that are signed, with all else read."""
    return request("order-sign", *drafts, prefetch=prefetched(BACK_PAIN), **context)


def with_drafts(drafts: Any) -> Json:
    """A signing with these `draftOrders`."""
    body = signed()
    body["context"]["draftOrders"] = drafts
    return body


def removed(cards: list[Json]) -> set[str]:
    """The orders that may be removed with a click."""
    return {action["resourceId"] for card in cards for action in actions(card) if action["type"] == "delete"}


def oid(*codes: tuple[str, str]) -> Json:
    """A concept under OIDs."""
    return {"coding": [{"system": OID + ROOTS[system], "code": code} for system, code in codes]}


# Whole requests of one EHR


async def test_epic_sends_long_ids_oids_its_own_extensions_and_the_medication_as_an_entry() -> None:
    body = sent("epic-order-select")
    cards = await found(body)
    assert topics(cards) == {"avoid-first-line-opioid": "warning", "limit-acute-supply": "warning"}
    (selected,) = body["context"]["selections"]
    assert len(selected) == len("MedicationRequest/") + 194
    assert removed(cards) == {selected}


async def test_epics_dose_in_three_ways_is_one_dose() -> None:
    body = sent("epic-order-sign")
    request_of_drug = body["context"]["draftOrders"]["entry"][1]["resource"]
    assert len(request_of_drug["dosageInstruction"][0]["doseAndRate"]) == 3
    assert "reassess-high-dose" not in await shown(body)
    for each in request_of_drug["dosageInstruction"][0]["doseAndRate"]:
        each["doseQuantity"]["value"] *= 2
    (card,) = [each for each in await found(body) if "MME a day" in each["summary"]]
    assert "come to 60 MME" in card["summary"]


async def test_epic_signs_all_orders_at_once() -> None:
    body = sent("epic-order-sign")
    assert await shown(body) == {
        "limit-acute-supply": "warning",
        "avoid-early-imaging": "warning",
        "avoid-first-line-opioid": "warning",
    }


async def test_what_epic_says_of_an_empty_search_is_that_there_is_nothing() -> None:
    body = sent("epic-order-sign")
    imaging = next(each for each in await found(body) if "MRI" in each["summary"])
    assert "Could not check" not in imaging["detail"]
    assert "No red flag recorded in the data read" in imaging["detail"]


@pytest.mark.parametrize("scope", ["with", "without"])
async def test_an_epic_client_without_the_scope_of_unsigned_orders_is_told_so(scope: str) -> None:
    body = sent("epic-order-sign")
    if scope == "without":
        del body["context"]["draftOrders"]
    answer = await post(body)
    assert answer.status_code == (200 if scope == "with" else 412)
    if scope == "without":
        assert answer.json()["issue"][0]["expression"] == ["context.draftOrders"]


async def test_orders_of_stu3_are_judged_as_those_of_r4() -> None:
    cards = await found(sent("stu3-order-sign"))
    assert topics(cards) == {
        "limit-acute-supply": "warning",
        "avoid-early-imaging": "warning",
        "avoid-first-line-opioid": "warning",
    }
    assert removed(cards) == {"ProcedureRequest/pr1", "MedicationRequest/mr1"}


async def test_orders_of_dstu2_are_judged_as_those_of_r4() -> None:
    cards = await found(sent("dstu2-order-sign"))
    about = [(each["source"]["topic"]["code"], each["indicator"]) for each in cards]
    assert about == [
        ("limit-acute-supply", "warning"),
        ("avoid-early-imaging", "warning"),
        ("avoid-first-line-opioid", "warning"),
        ("avoid-early-imaging", "warning"),
    ]
    assert removed(cards) == {"ProcedureRequest/pr1", "MedicationOrder/mo1", "DiagnosticOrder/do1"}


@pytest.mark.parametrize("name", ["stu3-order-sign", "dstu2-order-sign"])
async def test_a_client_of_an_earlier_release_is_offered_no_order_that_it_could_not_read(name: str) -> None:
    cards = await found(sent(name))
    assert {action["type"] for card in cards for action in actions(card)} == {"delete"}
    assert any(
        "**Not offered as a click here:** Refer to physical therapy" in each["detail"] for each in cards
    )


# One oddity at a time


@pytest.mark.parametrize("patient", ["p1", "Patient/p1", "https://ehr.example/r4/Patient/p1"])
async def test_the_patient_may_be_named_by_id_or_reference(patient: str) -> None:
    assert await shown(signed(MRI, patientId=patient)) == ADVICE


@pytest.mark.parametrize("status", ["draft", "active", "on-hold", "unknown", None])
async def test_an_order_that_is_signed_again_is_judged_whatever_its_status(status: str | None) -> None:
    again = {key: each for key, each in {**MRI, "status": status}.items() if each is not None}
    assert await shown(signed(again)) == ADVICE


async def test_a_renewed_prescription_is_not_counted_beside_the_one_that_it_renews() -> None:
    daily = [{"timing": {"repeat": {"frequency": 4, "period": 1, "periodUnit": "d"}},
              "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}]}]  # fmt: skip
    same = drug("1049621", LOW_BACK_PAIN, id="m1", status="active", dosageInstruction=daily)
    body = request("order-sign", same, prefetch=prefetched(BACK_PAIN, {**same, "authoredOn": "2026-10-25"}))
    assert "reassess-high-dose" not in await shown(body)


@pytest.mark.parametrize(
    "drafts",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "type": "collection", "entry": []},
        {"resourceType": "Bundle", "entry": None},
        {"entry": []},
        {},
    ],
)
async def test_no_drafts_yet_are_no_advice_about_orders(drafts: Json) -> None:
    assert await found(with_drafts(drafts)) == []


@pytest.mark.parametrize(
    "drafts",
    [
        {"resourceType": "Bundle", "entry": [{"resource": MRI}]},
        {"entry": [{"resource": MRI}]},
        {"resourceType": "Bundle", "entry": {"resource": MRI}},
        {"resourceType": "Bundle", "entry": [MRI]},
        {"resourceType": "Bundle", "type": "batch", "entry": [{"fullUrl": "urn:uuid:1", "resource": MRI}]},
    ],
)
async def test_a_bundle_is_read_whatever_its_type_and_form(drafts: Json) -> None:
    assert await shown(with_drafts(drafts)) == ADVICE


@pytest.mark.parametrize("drafts", [MRI, [MRI], [{"resource": MRI}], "Bundle", {"resourceType": "Patient"}])
async def test_a_bare_resource_or_a_list_is_refused_by_name_rather_than_passed_over(drafts: Any) -> None:
    answer = await post(with_drafts(drafts))
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["context.draftOrders"]


async def test_other_resources_among_the_drafts_are_passed_over() -> None:
    others = [{"resourceType": each, "id": "x"} for each in ("Appointment", "Practitioner")]
    assert await shown(with_drafts({"entry": [{"resource": each} for each in (*others, MRI)]})) == ADVICE


@pytest.mark.parametrize("kind", ["OperationOutcome", "SomethingNew"])
async def test_what_may_stand_for_an_order_that_was_not_read_is_said(kind: str) -> None:
    sent = with_drafts({"entry": [{"resource": {"resourceType": kind, "id": "x"}}, {"resource": MRI}]})
    assert await shown(sent) == {"avoid-early-imaging": "info"}


@pytest.mark.parametrize(
    "selections",
    [
        ["ServiceRequest/gone"],
        ["ServiceRequest/gone", "ServiceRequest/s1"],
        ["s1"],
        ["https://ehr.example/r4/ServiceRequest/s1"],
        [],
        None,
    ],
)
async def test_selections_that_match_nothing_are_ignored(selections: list[str] | None) -> None:
    body = request("order-select", MRI, prefetch=prefetched(BACK_PAIN))
    body["context"]["selections"] = selections
    assert await shown(body) == ADVICE


async def test_unknown_keys_at_any_depth_and_undeclared_prefetch_change_nothing() -> None:
    body = signed({**MRI, "com.vendor": {"a": [None]}, "code": {**MRI["code"], "com.vendor": [1]}})
    body |= {"com.vendor": 1, "extension": {"x": [None]}, "user": "Practitioner/1"}
    body["context"] |= {"com.vendor": {"b": None}, "extension": "text"}
    body["prefetch"] |= {"-user": {"resourceType": "Practitioner"}, "other": "text", "more": None}
    plain, odd = await found(signed(MRI)), await found(body)
    assert odd == plain


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        {},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": "", "token_type": "Bearer", "expires_in": None, "scope": None, "subject": None},
    ],
)
async def test_no_authorization_in_any_form_is_none(authorization: Any) -> None:
    assert await shown({**signed(MRI), "fhirAuthorization": authorization, "fhirServer": None}) == ADVICE


async def test_null_as_the_authorization_header_is_no_reason_to_fail() -> None:
    path, headers = "/cds-services/low-back-pain-order-sign", {"authorization": "null"}
    answer = await ask("POST", path, json=signed(MRI), headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (oid(("cpt", "72148")), oid(("icd", "M54.50"))),
        (oid(("loinc", "30679-5")), oid(("snomed", "279039007"))),
        (oid(("snomed", "394451000119106")), oid(("icd", "M54.5"))),
    ],
)
async def test_code_systems_may_be_named_by_their_oids(code: Json, reason: Json) -> None:
    assert await shown(signed({**MRI, "code": code, "reasonCode": [reason]})) == ADVICE


async def test_several_term_types_of_one_drug_are_one_drug() -> None:
    several = oid(("rxnorm", "7804"), ("rxnorm", "1049620"), ("rxnorm", "1049621"), ("ndc", "00406055262"))
    one = signed(drug("1049621", LOW_BACK_PAIN))
    many = signed({**drug("1049621", LOW_BACK_PAIN), "medicationCodeableConcept": several})
    assert await shown(many) == await shown(one) == {"avoid-first-line-opioid": "warning"}


async def test_a_drug_known_by_its_package_code_only_is_found_by_its_words_and_said_more_gently() -> None:
    worded = {**oid(("ndc", "00406055262")), "text": "OXYCODONE HCL 5 MG PO TABS"}
    (card,) = await found(signed({**drug("1049621", LOW_BACK_PAIN), "medicationCodeableConcept": worded}))
    assert (card["source"]["topic"]["code"], card["indicator"]) == ("avoid-first-line-opioid", "info")
