"""What the service does when it must read the whole record itself, tokens and deadlines among it."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from tests.integration.fhir import draft_bundle
from tests.integration.servers import Running, service
from tests.integration.stories import mri, oxycodone
from tests.integration.wire import post_hook

pytestmark = pytest.mark.integration

ALL_FAULTS = (
    "slow-8000",
    "401",
    "403",
    "429",
    "500",
    "html",
    "wrong-type",
    "redirect",
    "endless",
    "cut",
    "hang-up",
)


def request(
    hook: str, who: str, fhir: str, draft: dict[str, Any] | None = None, token: str = ""
) -> dict[str, Any]:
    """A request without prefetch, as a client sends one that honours none of our queries."""
    context: dict[str, Any] = {"patientId": who, "userId": "Practitioner/doctor"}
    if draft is not None:
        context |= {"draftOrders": draft_bundle(draft)}
    body = {"hook": hook, "hookInstance": str(uuid.uuid4()), "fhirServer": fhir, "context": context}
    if not token:
        return body
    authorization = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/*.rs",
        "subject": "plumbline",
    }
    return body | {"fhirAuthorization": authorization}


def shown(response: dict[str, Any]) -> dict[str, str]:
    """Indicator by recommendation."""
    return {card["source"]["topic"]["code"]: card["indicator"] for card in response["cards"]}


def removals(response: dict[str, Any]) -> list[str]:
    """The orders that some suggestion offers to remove."""
    return [
        action["resourceId"]
        for card in response["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion["actions"]
        if action["type"] == "delete"
    ]


def test_the_token_of_the_request_opens_the_fhir_server(fhir: Running, cds: Running) -> None:
    guarded = f"{fhir.url}/faulty/token-let-me-in"
    status, response = post_hook(cds.url, request("patient-view", "retention", guarded, token="let-me-in"))
    assert (status, shown(response)) == (200, {"suspect-cauda-equina": "critical"})


def test_without_a_record_there_is_no_empty_answer_on_opening_a_chart(fhir: Running, cds: Running) -> None:
    status, response = post_hook(cds.url, request("patient-view", "retention", f"{fhir.url}/faulty/401"))
    assert (status, response["resourceType"]) == (412, "OperationOutcome")


@pytest.mark.parametrize("fault", ALL_FAULTS)
def test_an_unread_record_never_gives_a_full_deterrent_nor_a_removal(
    fhir: Running, cds: Running, fault: str
) -> None:
    body = request("order-sign", "retention", f"{fhir.url}/faulty/{fault}", mri("retention"))
    started = time.monotonic()
    status, response = post_hook(cds.url, body)
    assert status in (200, 412), response
    assert time.monotonic() - started < 7.5
    if status == 200:
        assert shown(response).get("avoid-early-imaging") in (None, "info")
        assert removals(response) == []


@pytest.mark.parametrize("fault", ["slow-8000", "drip"])
def test_an_answer_comes_within_the_deadline_however_slow_the_record_is(fhir: Running, fault: str) -> None:
    body = request("order-sign", "retention", f"{fhir.url}/faulty/{fault}", mri("retention"))
    with service(deadline_ms="1000") as cds:
        started = time.monotonic()
        status, response = post_hook(cds.url, body)
        took = time.monotonic() - started
    assert (status, shown(response)) == (200, {"avoid-early-imaging": "info"})
    assert took < 7.5  # a second, and room for a machine that does other things


def test_an_unread_medication_list_is_said_on_the_opioid_card(fhir: Running, cds: Running) -> None:
    body = request("order-sign", "acute", f"{fhir.url}/faulty/500:MedicationRequest", oxycodone("acute"))
    status, response = post_hook(cds.url, body)
    assert (status, shown(response)) == (200, {"avoid-first-line-opioid": "info"})
    assert "medication" in response["cards"][0]["detail"].lower()


def test_what_the_service_prints_names_no_patient_and_no_token(fhir: Running, cds: Running) -> None:
    guarded = f"{fhir.url}/faulty/token-let-me-in"
    status, _ = post_hook(cds.url, request("order-sign", "footdrop", guarded, mri("footdrop"), "let-me-in"))
    printed = cds.log.read_text()
    assert status == 200
    assert [word for word in ("footdrop", "Tanaka", "MRN-", "let-me-in") if word in printed] == []
