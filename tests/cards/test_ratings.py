"""Ratings of imaging orders with the real content, from the posted body to the update of the order."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.answering import answer
from app.clients import Client
from app.knowledge.load import Knowledge, load
from app.main import listing
from app.protocol.request import parse
from app.protocol.response import encode
from app.rate import CONSULTED, RATING, RatingProfile
from app.record.prefetch import material, sort
from tests.calls import LOW_BACK_PAIN, TODAY, Json, condition, prefetched, procedure, request, study
from tests.conformance.invariants import check_response

ARGONAUT = study("72133", LOW_BACK_PAIN)
CHRONIC = condition(LOW_BACK_PAIN, id="lbp", days_ago=120)
ACUTE = condition(LOW_BACK_PAIN, id="lbp", days_ago=10)
FOOT_DROP = condition(("icd", "M21.371"), days_ago=3)
PHYSICAL_THERAPY = procedure(("snomed", "91251008"), days_ago=30)
MRI = study("72148", LOW_BACK_PAIN)
RATED = RatingProfile()


@cache
def content() -> Knowledge:
    return load(Path(__file__).parents[2] / "cards")


def answered(*drafts: Json, prefetch: Json | None, profile: RatingProfile | None = RATED) -> Json:
    """The whole response to order-sign; a rating is asked for unless `profile` is None."""
    body = parse(json.dumps(request("order-sign", *drafts, prefetch=prefetch)).encode())
    client = Client("someone", rating=profile)
    endpoint = listing(content(), client).endpoints["low-back-pain-order-sign"]
    read = material(endpoint.queries, sort(body.prefetch, endpoint.queries))
    found: Json = json.loads(encode(answer(content(), client, endpoint.service, body, read, TODAY).response))
    check_response(found)
    return found


def extensions(action: Json) -> dict[str, Any]:
    return {
        each["url"]: next(v for k, v in each.items() if k != "url")
        for each in action["resource"]["extension"]
    }


def ratings(*drafts: Json, resources: tuple[Json, ...] = (), without: tuple[str, ...] = ()) -> dict[str, str]:
    """Order id → rating."""
    found = answered(*drafts, prefetch=prefetched(*resources, without=without))
    return {
        action["resource"]["id"]: extensions(action)[RATING]["coding"][0]["code"]
        for action in found.get("systemActions", [])
    }


def test_argonauts_case_is_rated_not_appropriate():
    (action,) = answered(ARGONAUT, prefetch=prefetched())["systemActions"]
    assert action["type"] == "update"
    assert {**action["resource"], "extension": None} == {**ARGONAUT, "extension": None}
    coding = extensions(action)[RATING]["coding"]
    assert coding == [
        {"system": "http://fhir.org/argonaut/CodeSystem/pama-rating", "code": "not-appropriate"}
    ]
    assert CONSULTED not in extensions(action)


def test_argonauts_case_needs_nothing_but_the_order():
    (action,) = answered(ARGONAUT, prefetch=None)["systemActions"]
    assert extensions(action)[RATING]["coding"][0]["code"] == "not-appropriate"


@pytest.mark.parametrize("reason", [("icd", "M54.5"), ("icd", "M54.50"), ("snomed", "279039007")])
def test_argonauts_detailed_case_is_rated_by_each_code_of_its_reason(reason: tuple[str, str]):
    assert ratings(study("72133", reason), resources=(CHRONIC,)) == {"s1": "not-appropriate"}


def test_nothing_is_rated_unless_somebody_asks_for_it():
    found = answered(ARGONAUT, prefetch=prefetched(), profile=None)
    assert set(found) == {"cards"}


def test_an_early_mri_is_not_appropriate():
    assert ratings(MRI, resources=(ACUTE,)) == {"s1": "not-appropriate"}


def test_an_mri_for_chronic_pain_before_any_care_is_not_appropriate():
    assert ratings(MRI, resources=(CHRONIC,)) == {"s1": "not-appropriate"}


def test_after_care_it_depends_on_what_nobody_records_so_there_is_no_rating():
    assert ratings(MRI, resources=(CHRONIC, PHYSICAL_THERAPY)) == {}


def test_an_mri_for_a_red_flag_is_appropriate():
    assert ratings(MRI, resources=(ACUTE, FOOT_DROP)) == {"s1": "appropriate"}


def test_an_mri_of_the_spine_beside_an_aortic_emergency_is_not_rated():
    aneurysm = condition(("icd", "I71.40"), days_ago=900)
    assert ratings(MRI, resources=(ACUTE, aneurysm)) == {}


def test_a_plain_ct_for_a_red_flag_is_not_rated():
    assert ratings(study("72131", LOW_BACK_PAIN), resources=(ACUTE, FOOT_DROP)) == {}


def test_an_mri_with_a_plan_that_it_serves_is_appropriate():
    injection = study("64483", LOW_BACK_PAIN, id="s2")
    assert ratings(MRI, injection, resources=(CHRONIC,)) == {"s1": "appropriate"}


def test_a_radiograph_for_a_suspected_fracture_is_appropriate():
    fracture = condition(("icd", "M80.08XA"), days_ago=5)
    assert ratings(study("72100", LOW_BACK_PAIN), resources=(ACUTE, fracture)) == {"s1": "appropriate"}


def test_an_order_for_another_classified_reason_has_no_criteria_here():
    assert ratings(study("72148", ("icd", "M41.9"))) == {"s1": "no-criteria-apply"}


def test_an_order_whose_reason_is_not_certain_is_not_rated():
    assert ratings(study("72148")) == {}
    assert ratings(study("72148", ("snomed", "64572001"))) == {}


def test_an_order_of_another_region_is_not_rated():
    assert ratings(study("70551", LOW_BACK_PAIN), resources=(ACUTE,)) == {}


def test_an_mri_is_not_rated_while_red_flags_were_not_fully_checked():
    assert ratings(MRI, resources=(ACUTE,), without=("observations",)) == {}
    assert ratings(MRI, without=("conditions",)) == {}


def test_a_gentler_card_is_no_rating():
    assert ratings(study("72148", LOW_BACK_PAIN, priority="urgent"), resources=(ACUTE,)) == {}
    assert ratings(study("72148"), resources=(ACUTE,)) == {}


def test_an_order_that_looks_for_something_is_not_called_inappropriate():
    looking = {**MRI, "reasonCode": [{**MRI["reasonCode"][0], "text": "Low back pain, r/o fx"}]}
    assert ratings(looking, resources=(ACUTE,)) == {}
    assert ratings(looking, resources=(CHRONIC,)) == {}


def test_an_order_whose_reason_could_not_be_read_is_not_rated():
    unread = {**study("72148"), "reasonReference": [{"reference": "Condition/nowhere"}]}
    assert ratings(unread, resources=(ACUTE,)) == {}
    assert (
        ratings(
            {**unread, "reasonCode": [{"coding": study("1", ("icd", "M41.9"))["reasonCode"][0]["coding"]}]}
        )
        == {}
    )


def test_without_medications_an_mri_is_not_rated_either():
    assert ratings(MRI, resources=(ACUTE,), without=("medications",)) == {}
    assert ratings(MRI, resources=(CHRONIC,), without=("medications",)) == {}


def test_ratings_stand_at_the_root_and_only_where_a_client_asks_for_them():
    sent = prefetched(ACUTE)
    assert answered(MRI, prefetch=sent)["systemActions"]
    assert "systemActions" not in answered(MRI, prefetch=sent, profile=None)


def test_nothing_claims_a_qualified_system_unless_a_site_says_which():
    (action,) = answered(MRI, prefetch=prefetched(ACUTE))["systemActions"]
    assert CONSULTED not in extensions(action)
    (action,) = answered(MRI, prefetch=prefetched(ACUTE), profile=RatingProfile(consulted="site-7"))[
        "systemActions"
    ]
    assert extensions(action)[CONSULTED] == "site-7"


def offered_change(found: Json) -> Json:
    """The changed order that a card offers."""
    actions = [
        action
        for each in found["cards"]
        for click in each.get("suggestions", [])
        for action in click["actions"]
    ]
    (resource,) = (action["resource"] for action in actions if action["type"] == "update")
    return dict(resource)


def test_an_order_that_a_card_offers_in_place_carries_its_own_rating():
    changed = offered_change(answered(ARGONAUT, prefetch=prefetched(ACUTE)))
    assert changed["code"]["coding"][0]["code"] != "72133"
    assert extensions({"resource": changed})[RATING]["coding"][0]["code"] == "not-appropriate"


def test_an_offered_order_that_cannot_be_rated_and_one_that_nobody_wants_rated_carry_none():
    undetermined = answered(ARGONAUT, prefetch=prefetched(CHRONIC, PHYSICAL_THERAPY))
    unasked = answered(ARGONAUT, prefetch=prefetched(ACUTE), profile=None)
    assert "extension" not in offered_change(undetermined) | offered_change(unasked)
