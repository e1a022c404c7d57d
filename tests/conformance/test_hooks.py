"""The contexts of the three hooks, as the library defines them and as clients send them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.calls import LOW_BACK_PAIN, Json, condition, drug, post, prefetched, request, study, topics
from tests.conformance.statements import holds

BACK_PAIN = condition(LOW_BACK_PAIN)
MRI = study("72148", LOW_BACK_PAIN)
OXYCODONE = drug("1049621", LOW_BACK_PAIN)
SANDBOX = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))["body"]
    for path in sorted((Path(__file__).parents[1] / "requests" / "sandbox").glob("*.json"))
    if "feedback" not in path.stem
}


async def about(body: Json) -> dict[str, str]:
    """Recommendation → indicator of a call that must succeed."""
    answer = await post(body)
    assert answer.status_code == 200, answer.text
    return topics(answer.json()["cards"])


@holds("H-1")
async def test_patient_view_needs_a_patient_and_no_encounter() -> None:
    body = request("patient-view", prefetch=prefetched(BACK_PAIN))
    assert await about(body) == {"stepped-care": "info"}
    del body["context"]["patientId"]
    answer = await post(body)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, ["context.patientId"])


@holds("H-1")
async def test_a_user_who_is_not_named_is_no_reason_to_refuse() -> None:
    body = request("patient-view", prefetch=prefetched(BACK_PAIN))
    del body["context"]["userId"]
    assert await about(body) == {"stepped-care": "info"}


@holds("H-2", "H-3")
async def test_order_select_judges_what_is_selected_with_the_rest_as_context() -> None:
    body = request("order-select", MRI, OXYCODONE, prefetch=prefetched(BACK_PAIN))
    body["context"]["selections"] = ["ServiceRequest/s1"]
    found = await about(body)
    assert "avoid-early-imaging" in found
    assert "avoid-first-line-opioid" not in found


@holds("H-4", "ord-1")
@pytest.mark.parametrize(
    "selections",
    [["ServiceRequest/other"], ["s1"], ["ServiceRequest/s1", "ServiceRequest/s1"], []],
    ids=["matches nothing", "bare id", "twice", "none"],
)
async def test_odd_selections_are_answered(selections: list[str]) -> None:
    body = request("order-select", MRI, prefetch=prefetched(BACK_PAIN))
    body["context"]["selections"] = selections
    await about(body)


@holds("H-4")
async def test_missing_selections_mean_every_draft() -> None:
    body = request("order-select", MRI, prefetch=prefetched(BACK_PAIN))
    del body["context"]["selections"]
    assert "avoid-early-imaging" in await about(body)


@holds("H-4", "H-5")
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
async def test_no_order_yet_is_no_fault(hook: str) -> None:
    assert "avoid-early-imaging" not in await about(request(hook, prefetch=prefetched(BACK_PAIN)))


@holds("H-6")
async def test_order_sign_looks_at_every_order() -> None:
    found = await about(request("order-sign", MRI, OXYCODONE, prefetch=prefetched(BACK_PAIN)))
    assert {"avoid-early-imaging", "avoid-first-line-opioid"} <= found.keys()


@holds("H-6")
async def test_orders_that_were_withheld_are_412() -> None:
    body = request("order-sign", prefetch=prefetched(BACK_PAIN))
    del body["context"]["draftOrders"]
    answer = await post(body)
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (412, ["context.draftOrders"])


@holds("H-7")
@pytest.mark.parametrize("status", ["draft", "active", "on-hold", None])
async def test_an_order_that_is_signed_again_is_judged(status: str | None) -> None:
    order = {key: value for key, value in {**MRI, "status": status}.items() if value is not None}
    assert "avoid-early-imaging" in await about(request("order-sign", order, prefetch=prefetched(BACK_PAIN)))


@holds("H-8")
async def test_drafts_without_bundle_type_or_with_a_full_url_are_read() -> None:
    body = request("order-sign", prefetch=prefetched(BACK_PAIN))
    body["context"]["draftOrders"] = {
        "resourceType": "Bundle",
        "entry": [{"fullUrl": "urn:uuid:0d6b4a3c-8b5e-5f7a-9b0e-0a8a3f1f3b11", "resource": MRI}],
    }
    assert "avoid-early-imaging" in await about(body)


@holds("H-9")
@pytest.mark.parametrize(
    "kind", ["NutritionOrder", "VisionPrescription", "DeviceRequest", "Medication", "Nonsense"]
)
async def test_other_resources_among_the_drafts_do_no_harm(kind: str) -> None:
    other = {"resourceType": kind, "id": "x", "status": "draft", "subject": {"reference": "Patient/p1"}}
    assert "avoid-early-imaging" in await about(
        request("order-sign", other, MRI, prefetch=prefetched(BACK_PAIN))
    )


@holds("H-9")
async def test_a_procedure_request_of_stu3_is_an_order() -> None:
    order = {
        "resourceType": "ProcedureRequest",
        "id": "s1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": MRI["code"],
        "reasonCode": MRI["reasonCode"],
    }
    assert "avoid-early-imaging" in await about(request("order-sign", order, prefetch=prefetched(BACK_PAIN)))


@holds("H-5", "V-2")
@pytest.mark.parametrize("name", SANDBOX)
async def test_what_the_public_sandbox_sends_is_answered(name: str) -> None:
    body = SANDBOX[name]
    body["prefetch"] = {"patient": {"resourceType": "Patient", "id": body["context"]["patientId"]}}
    assert (await post(body)).status_code == 200
