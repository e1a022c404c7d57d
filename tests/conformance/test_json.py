"""JSON of every body: nothing null, nothing empty, nothing unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.calls import LOW_BACK_PAIN, ask, condition, drug, person, post, prefetched, request, study
from tests.conformance.invariants import check_response
from tests.conformance.statements import holds

MRI = study("72148", LOW_BACK_PAIN, priority="routine")
OXYCODONE = drug("1049621", LOW_BACK_PAIN)
BACK_PAIN = condition(LOW_BACK_PAIN)
RETENTION = condition(("icd", "R33.9"), days_ago=2)
CALLS = {
    "imaging": request("order-sign", MRI, prefetch=prefetched(BACK_PAIN)),
    "opioid": request("order-select", OXYCODONE, prefetch=prefetched(BACK_PAIN)),
    "red flag": request("patient-view", prefetch=prefetched(BACK_PAIN, RETENTION)),
    "pathway": request("patient-view", prefetch=prefetched(BACK_PAIN)),
    "nothing to say": request("patient-view", prefetch=prefetched()),
    "little was read": request("order-sign", MRI, prefetch={"patient": person()}),
}
REFUSED = {
    "not JSON": b"{",
    "another hook": json.dumps(request("patient-view")).encode(),
    "withheld orders": json.dumps(
        {"hook": "order-sign", "hookInstance": "1", "context": {"patientId": "p1"}}
    ).encode(),
}


@holds("J-2", "J-3", "J-4", "J-6", "J-7")
@pytest.mark.parametrize("call", CALLS)
async def test_an_answer_holds_nothing_null_empty_blank_or_unknown(call: str) -> None:
    answer = await post(CALLS[call])
    assert answer.status_code == 200
    check_response(answer.json())


@holds("J-2", "J-3")
@pytest.mark.parametrize("refused", REFUSED)
async def test_a_refusal_holds_nothing_null_or_empty(refused: str) -> None:
    answer = await ask("POST", "/cds-services/low-back-pain-order-sign", content=REFUSED[refused])
    assert answer.status_code in (400, 412)
    assert empty(answer.json()) == []


@holds("J-2", "J-3")
async def test_discovery_holds_nothing_null_or_empty() -> None:
    assert empty((await ask("GET", "/cds-services")).json()) == []


@holds("J-1", "J-5", "Q-2")
@pytest.mark.parametrize("call", CALLS)
async def test_a_body_is_strict_json_and_says_so(call: str) -> None:
    answer = await post(CALLS[call])
    assert answer.headers["content-type"] == "application/json"
    json.loads(answer.content, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@holds("Q-2", "S-5")
@pytest.mark.parametrize("refused", REFUSED)
async def test_a_refusal_is_an_operation_outcome_in_json(refused: str) -> None:
    answer = await ask("POST", "/cds-services/low-back-pain-order-sign", content=REFUSED[refused])
    assert answer.headers["content-type"] == "application/json"
    issue = answer.json()["issue"][0]
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert issue["severity"] == "error"
    assert issue["details"]["text"]


def empty(value: Any, where: str = "") -> list[str]:
    """Where something is null or empty."""
    if value in (None, "", [], {}):
        return [where]
    within = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [each for name, inner in within for each in empty(inner, f"{where}.{name}")]
