"""The requests that the CDS Hooks sandbox really sends, odd shapes and all, get valid answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.servers import ROOT, Running
from tests.integration.wire import post_hook, preflight

pytestmark = pytest.mark.integration

CAPTURED = ROOT / "tests" / "requests" / "sandbox"
EXPECTED: dict[str, dict[str, str]] = {
    "sandbox-patient-view": {"stepped-care": "info"},
    "sandbox-order-select-ServiceRequest-empty": {},
    "sandbox-order-select-ServiceRequest-no-reason": {"avoid-early-imaging": "info"},
    "sandbox-order-select-ServiceRequest-with-reason": {"avoid-early-imaging": "warning"},
    "sandbox-order-select-MedicationRequest-empty": {},
    "sandbox-order-select-MedicationRequest-with-med": {},
    "sandbox-order-sign-MedicationRequest-with-med": {},
}


def body_of(name: str, fhir: str) -> dict[str, Any]:
    """The captured body, pointed at the running FHIR server."""
    body: dict[str, Any] = json.loads((CAPTURED / f"{name}.json").read_text())["body"]
    return body | {"fhirServer": fhir}


def test_every_captured_hook_request_is_replayed() -> None:
    captured = {path.stem for path in CAPTURED.glob("*.json") if "feedback" not in path.stem}
    assert captured == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_captured_request_gives_its_cards(fhir: Running, cds: Running, name: str) -> None:
    status, response = post_hook(cds.url, body_of(name, fhir.url))
    assert status == 200, response
    shown = {card["source"]["topic"]["code"]: card["indicator"] for card in response["cards"]}
    assert shown == EXPECTED[name]


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/cds-services", "GET", "authorization"),
        ("/cds-services/low-back-pain-patient-view", "POST", "authorization,content-type"),
    ],
)
def test_the_browser_may_call(cds: Running, path: str, method: str, headers: str) -> None:
    answered = preflight(cds.url + path, "http://127.0.0.1:18083", method, headers)
    assert answered["access-control-allow-origin"] in ("*", "http://127.0.0.1:18083")
    assert method in answered["access-control-allow-methods"]
    assert "authorization" in answered["access-control-allow-headers"].lower()
