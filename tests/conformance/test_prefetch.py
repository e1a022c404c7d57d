"""Prefetch as clients send it: what each state of a key means for the card."""

from __future__ import annotations

from typing import Any

import pytest

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    cards,
    condition,
    person,
    post,
    prefetched,
    request,
    searchset,
    study,
)
from tests.conformance.statements import holds

MRI = study("72148", LOW_BACK_PAIN)
BACK_PAIN = condition(LOW_BACK_PAIN)
CAUDA_EQUINA = condition(("snomed", "192970008"), days_ago=1)


def outcome(severity: str) -> Json:
    """An OperationOutcome such as Epic puts beside an empty search."""
    issue = {"severity": severity, "code": "processing", "details": {"coding": [{"code": "4101"}]}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


async def early_imaging(conditions: Any, **more: Any) -> Json:
    """The card about an early MRI when the problem list comes like this."""
    sent = prefetched(**more)
    if conditions is ...:
        del sent["conditions"]
    else:
        sent["conditions"] = conditions
    found = await cards("order-sign", MRI, prefetch=sent)
    return next(each for each in found if each["source"]["topic"]["code"] == "avoid-early-imaging")


@holds("P-23")
async def test_an_absent_key_was_not_read_and_the_card_says_so() -> None:
    card = await early_imaging(...)
    assert card["indicator"] == "info"
    assert "Not sent: problem list" in card["detail"]


@holds("P-24", "P-25", "P-26", "Q-4", "Q-5", "V-4")
@pytest.mark.parametrize(
    "conditions",
    [
        None,
        {"resourceType": "Bundle", "type": "searchset", "total": 0},
        {"resourceType": "Bundle", "type": "searchset"},
        {"resourceType": "Bundle", "type": "searchset", "entry": []},
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 0,
            "entry": [{"resource": outcome("warning"), "search": {"mode": "outcome"}}],
        },
    ],
    ids=["null", "total 0", "nothing", "no entries", "Epic's warning 4101"],
)
async def test_what_says_no_data_was_read(conditions: Any) -> None:
    card = await early_imaging(conditions)
    assert card["indicator"] == "warning"
    assert "problem list: " not in card["detail"].lower().split("onset not recorded")[0]


@holds("P-26", "P-27", "P-30", "Q-5")
@pytest.mark.parametrize(
    "conditions",
    [
        outcome("error"),
        {"resourceType": "Bundle", "entry": [{"resource": outcome("fatal"), "search": {"mode": "outcome"}}]},
        {"response": {"status": "200 OK"}, "resource": searchset([])},
        "<html><body>Tomcat</body></html>",
        person(),
        [],
    ],
    ids=["error", "error in a Bundle", "shape before 1.0", "HTML", "another type", "a list"],
)
async def test_what_is_no_answer_was_not_read(conditions: Any) -> None:
    card = await early_imaging(conditions)
    assert card["indicator"] == "info"
    assert "problem list" in card["detail"].partition("Could not check")[2]


@holds("P-27")
async def test_what_came_beside_an_error_is_used() -> None:
    broken = {"resourceType": "Bundle", "entry": [{"resource": CAUDA_EQUINA}, {"resource": outcome("error")}]}
    found = await cards("patient-view", prefetch={**prefetched(), "conditions": broken})
    assert found[0]["source"]["topic"]["code"] == "suspect-cauda-equina"


@holds("P-28", "V-3")
async def test_a_cut_page_that_cannot_be_followed_is_said() -> None:
    page = {**searchset([]), "link": [{"relation": "next", "url": "http://ehr.example/fhir?page=2"}]}
    card = await early_imaging(page)
    assert card["indicator"] == "info"
    assert "problem list" in card["detail"].partition("Could not check")[2]


@holds("P-29", "P-32")
@pytest.mark.parametrize(
    "bundle",
    [
        {"resourceType": "Bundle", "entry": [{"resource": CAUDA_EQUINA}]},
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": CAUDA_EQUINA}]},
        searchset([{**CAUDA_EQUINA, "subject": {"reference": "http://ehr.example/fhir/Patient/p1"}}]),
        CAUDA_EQUINA,
    ],
    ids=["without type", "collection", "absolute reference", "bare resource"],
)
async def test_a_resource_is_found_in_whatever_it_comes(bundle: Json) -> None:
    found = await cards("patient-view", prefetch={**prefetched(), "conditions": bundle})
    assert found[0]["indicator"] == "critical"


@holds("P-31")
async def test_keys_that_nobody_asked_for_are_ignored() -> None:
    extra = {
        "user": {"resourceType": "Practitioner", "id": "1"},
        "x-user": None,
        "labs": searchset([CAUDA_EQUINA]),
    }
    plain = request("patient-view", prefetch=prefetched(BACK_PAIN))
    noisy = request("patient-view", prefetch={**prefetched(BACK_PAIN), **extra})
    assert (await post(noisy)).json() == (await post(plain)).json()


@holds("P-22", "S-4")
@pytest.mark.parametrize("prefetch", [{}, {"patient": outcome("error")}, {"conditions": outcome("fatal")}])
async def test_nothing_but_errors_is_412(prefetch: Json) -> None:
    answer = await post(request("patient-view", prefetch=prefetch))
    assert (answer.status_code, answer.json()["resourceType"]) == (412, "OperationOutcome")
