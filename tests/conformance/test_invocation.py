"""Calling a service: what is required, what is tolerated, and how the FHIR server is used."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.calls import (
    LOW_BACK_PAIN,
    TODAY,
    Json,
    ask,
    condition,
    content,
    post,
    prefetched,
    request,
    searchset,
    study,
    topics,
)
from tests.conformance.statements import holds

MRI = study("72148", LOW_BACK_PAIN)
BACK_PAIN = condition(LOW_BACK_PAIN)
SERVER = "http://ehr.example/fhir"
TOKEN = "Marker8731"
AUTHORIZATION = {
    "access_token": TOKEN,
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "Patient.Read (R4)",
    "subject": "client",
}


class Ehr:
    """A FHIR server that answers every search with the same resources, and remembers who asked."""

    def __init__(self, *resources: Json, status: int = 200) -> None:
        self.resources = resources
        self.status = status
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        kind = request.url.path.rpartition("/")[2]
        if request.url.path.endswith("/Patient/p1"):
            return httpx.Response(self.status, json={"resourceType": "Patient", "id": "p1"})
        return httpx.Response(
            self.status, json=searchset([each for each in self.resources if each["resourceType"] == kind])
        )

    async def call(self, body: Json, log: io.BytesIO | None = None) -> httpx.Response:
        """A call to a service that can reach this server."""
        app = create_app(
            Settings(today=TODAY),
            content(),
            transport=httpx.MockTransport(self),
            log_file=log or io.BytesIO(),
        )
        return await ask("POST", f"/cds-services/low-back-pain-{body['hook']}", app, json=body)


def with_server(body: Json, authorization: Any = AUTHORIZATION) -> Json:
    """The call with a FHIR server and its authorization."""
    return {**body, "fhirServer": SERVER, "fhirAuthorization": authorization}


@holds("R-1")
async def test_a_service_is_called_by_a_post_of_json() -> None:
    assert (await post(request("order-sign", MRI, prefetch=prefetched()))).status_code == 200
    assert (await ask("GET", "/cds-services/low-back-pain-order-sign")).status_code == 405


@holds("R-2")
async def test_a_hook_that_the_service_does_not_advertise_is_refused() -> None:
    answer = await post(request("order-select", MRI, prefetch=prefetched()), "order-sign")
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, ["hook"])


@holds("R-3")
@pytest.mark.parametrize(
    "instance", ["f399c67c-c703-11ea-af16-0242ac130003", "D1577C69-DFBE-44AD-BA6D-3E05E953B2EA", "no-uuid"]
)
async def test_any_hook_instance_is_taken(instance: str) -> None:
    body = request("order-sign", MRI, prefetch=prefetched())
    assert (await post({**body, "hookInstance": instance})).status_code == 200


@holds("R-2", "R-3", "R-6")
@pytest.mark.parametrize("element", ["hook", "hookInstance", "context"])
async def test_a_required_element_that_is_missing_is_400_and_named(element: str) -> None:
    body = request("order-sign", MRI, prefetch=prefetched())
    del body[element]
    answer = await post(body, "order-sign")
    assert (answer.status_code, answer.json()["issue"][0]["expression"][0]) == (400, element)


@holds("R-7", "P-20", "P-22", "S-4")
async def test_without_prefetch_and_without_a_server_it_is_412() -> None:
    answer = await post(request("patient-view"))
    assert (answer.status_code, answer.json()["resourceType"]) == (412, "OperationOutcome")


@holds("R-8", "X-3", "X-4")
async def test_unknown_keys_and_extensions_at_every_level_change_nothing() -> None:
    plain = request("order-sign", MRI, prefetch=prefetched(BACK_PAIN))
    noisy = json.loads(json.dumps(plain))
    extension = {"com.epic.cdshooks.request.bpa-trigger-action": "23", "odd": [1, None, {"a": []}]}
    for place in (noisy, noisy["context"], noisy["context"]["draftOrders"], noisy["prefetch"]):
        place["extension"] = extension
        place["colour"] = None
    assert (await post(noisy)).json() == (await post(plain)).json()


@holds("R-10", "S-6", "Q-11")
async def test_each_call_stands_alone_and_says_everything_again() -> None:
    body = request("order-sign", MRI, prefetch=prefetched(BACK_PAIN))
    first = (await post(body)).json()
    await post(request("patient-view", prefetch=prefetched()))
    assert (await post(body)).json() == first


@holds("R-11")
async def test_a_user_from_before_1_0_is_tolerated() -> None:
    body = request("order-sign", MRI, prefetch=prefetched())
    assert (await post({**body, "user": "Practitioner/1"})).status_code == 200


@holds("R-4", "R-5", "F-1", "F-2", "F-3", "P-21")
async def test_what_prefetch_lacks_is_fetched_with_the_token() -> None:
    ehr = Ehr(BACK_PAIN)
    answer = await ehr.call(
        with_server(request("order-sign", MRI, prefetch=prefetched(without=("conditions",))))
    )
    assert [each.url.path for each in ehr.asked] == ["/fhir/Condition"]
    assert {each.headers["authorization"] for each in ehr.asked} == {f"Bearer {TOKEN}"}
    assert topics(answer.json()["cards"])["avoid-early-imaging"] == "warning"


@holds("F-3", "P-20")
async def test_complete_prefetch_needs_no_server() -> None:
    ehr = Ehr()
    await ehr.call(with_server(request("order-sign", MRI, prefetch=prefetched(BACK_PAIN))))
    assert ehr.asked == []


@holds("F-5")
async def test_an_open_server_is_asked_without_a_token() -> None:
    ehr = Ehr(BACK_PAIN)
    await ehr.call(with_server(request("patient-view", prefetch={}), None))
    assert ehr.asked
    assert not any("authorization" in each.headers for each in ehr.asked)


@holds("F-6")
@pytest.mark.parametrize("status", [401, 403])
async def test_a_server_that_refuses_leaves_what_was_sent_and_the_card_says_so(status: int) -> None:
    body = request("order-sign", MRI, prefetch=prefetched(without=("conditions",)))
    answer = await Ehr(status=status).call(with_server(body))
    card = answer.json()["cards"][0]
    assert (answer.status_code, card["indicator"]) == (200, "info")
    assert f"({status})" in card["detail"]


@holds("F-7")
async def test_scopes_are_tried_rather_than_read() -> None:
    ehr = Ehr(BACK_PAIN)
    answer = await ehr.call(
        with_server(request("patient-view", prefetch={}), {**AUTHORIZATION, "scope": "none"})
    )
    assert (answer.status_code, bool(ehr.asked)) == (200, True)


@holds("F-4", "SEC-12")
async def test_the_fhir_token_is_in_no_answer_and_no_log() -> None:
    log = io.BytesIO()
    answer = await Ehr(status=500).call(with_server(request("order-sign", MRI, prefetch={})), log)
    assert TOKEN not in answer.text
    assert TOKEN.encode() not in log.getvalue()


@holds("cds-r-1", "R-4")
async def test_an_authorization_without_a_server_leads_nowhere_and_is_no_reason_to_refuse() -> None:
    ehr = Ehr()
    body = request("order-sign", MRI, prefetch=prefetched(BACK_PAIN))
    assert (await ehr.call({**body, "fhirAuthorization": AUTHORIZATION})).status_code == 200
    assert ehr.asked == []


@holds("R-12")
async def test_one_resource_of_another_fhir_version_does_not_spoil_the_rest() -> None:
    dstu2 = {"resourceType": "Condition", "patient": {"reference": "Patient/p1"}, "code": "x", "severity": []}
    answer = await post(request("order-sign", MRI, prefetch=prefetched(BACK_PAIN, dstu2)))
    assert "avoid-early-imaging" in topics(answer.json()["cards"])


@holds("R-9")
async def test_a_server_that_never_answers_does_not_keep_the_clinician() -> None:
    class Silent(Ehr):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("never", request=request)

    body = request("order-sign", MRI, prefetch=prefetched(without=("conditions",)))
    answer = await Silent().call(with_server(body))
    assert answer.status_code == 200
    assert "Timed out" in answer.json()["cards"][0]["detail"]


@holds("V-5")
@pytest.mark.parametrize("user", ["PractitionerRole/1", "Practitioner/1", "Patient/p1", "RelatedPerson/2"])
async def test_every_kind_of_user_may_open_a_chart(user: str) -> None:
    answer = await post(request("patient-view", prefetch=prefetched(BACK_PAIN), userId=user))
    assert answer.status_code == 200


@holds("Q-6", "ord-1")
async def test_a_user_without_a_type_is_accepted() -> None:
    answer = await post(request("patient-view", prefetch=prefetched(BACK_PAIN), userId="1"))
    assert answer.status_code == 200
